"""The commands of `python -m autograd`, which `../__main__.py` reads.

Reading order: `expression.py`, `demo.py`, `doctor.py`. Next: `../notebooks.py`.
"""
