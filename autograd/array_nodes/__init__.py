"""Tensors, the nodes with an array: operators, assignment, and how an operation makes a node.

Reading order: `axes.py`, `methods.py`, `shapes.py`, `operators.py`, `assignment.py`, `views.py`,
`node.py`, `facts.py`, `handle.py`, `operands.py`, `standard_array.py`, `applying.py`. Next:
`../tensor.py`.
"""
