"""What a picture shows: a graph divided into cards, and these as plain data.

Reading order: `sums.py`, `terms.py`, `places.py`, `folding.py`, `scene.py`. Next: `../drawing/`.
"""
