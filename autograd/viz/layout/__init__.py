"""Boxes and links laid out: in columns, and frames in frames. Nothing here knows of graphs.

Reading order: `columns.py`, `net.py`, `rows.py`, `layered.py`, `layout.py`. Next: `../scene/`.
"""
