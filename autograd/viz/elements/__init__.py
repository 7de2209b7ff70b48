"""What all pictures are made of: numbers as text, indices, colours, pieces of SVG.

Reading order: `figures.py`, `subscripts.py`, `theme.py`, `markup.py`. Next: `../graph/`.
"""
