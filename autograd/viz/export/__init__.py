"""A graph and its gradients as a program in NumPy or PyTorch.

Reading order: `spelling.py`, `code.py`, `loop.py`, `source.py`. Next: `../stepping/`.
"""
