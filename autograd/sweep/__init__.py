"""Parts of the backward sweep: sums of gradients, ways through the graph that are common, storing.

Reading order: `higher_order.py`, `checksums.py`, `accumulation.py`, `repeated.py`, `trunk.py`,
`storing.py`. Next: `../dispatch.py`.
"""
