"""A graph read for people: its nodes in order, with their operands, names and numbers.

Reading order: `naming.py`, `graph.py`, `listing.py`. Next: `../layout/`.
"""
