"""Values, the nodes with one number: their side of the graph, and their side as numbers.

Reading order: `sweep.py`, `node.py`, `number.py`, `operands.py`. Next: `../value.py`.
"""
