"""Saving and loading: models, optimizers and random generators in files of plain data.

Reading order: `generators.py`, `archive.py`, `matching.py`, `io.py`.
"""
