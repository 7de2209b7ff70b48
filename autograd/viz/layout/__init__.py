"""Boxes and links laid out: in columns, and frames in frames. Nothing here knows of graphs.

Reading order: `columns.py`, `rows.py`, `net.py`, `layered.py`, `layout.py`. Next: `../scene/`.
"""
