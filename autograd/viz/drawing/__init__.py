"""A scene drawn, as SVG or by Graphviz, and shown and saved: `draw`.

Reading order: `cards.py`, `svg.py`, `dot.py`, `engines.py`, `drawing.py`, `picture.py`, `draw.py`.
Next: `../paper/`.
"""
