"""Drawings of a network in layers, with its numbers, and of several initialisations side by side.

Reading order: `layers.py`, `tensors.py`, `values.py`, `matrices.py`, `positions.py`, `layout.py`,
`network.py`, `compare_picture.py`, `compare.py`. Next: `../recordings/`.
"""
