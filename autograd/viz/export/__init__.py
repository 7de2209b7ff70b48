"""A graph and its gradients as a program in NumPy or PyTorch.

Reading order: `spelling.py`, `numpy_words.py`, `torch_words.py`, `code.py`, `loop.py`,
`source.py`. Next: `../stepping/`.
"""
