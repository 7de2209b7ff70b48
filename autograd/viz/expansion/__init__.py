"""Operations on arrays opened into operations on numbers: `zoom`.

Reading order: `expansions.py`, `zoom.py`.
"""
