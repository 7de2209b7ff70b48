"""Layers: the modules that models are put together from.

Reading order: `linear.py`, `activations.py`, `chains.py`, `regularisation.py`, `normalisation.py`,
`embedding.py`, `attention.py`.
"""
