"""Modules: the parts of a model, their tree, and what belongs to their state.

Reading order: `operands.py`, `tree.py`, `buffers.py`, `parameter.py`, `printing.py`, `states.py`,
`module.py`.
"""
