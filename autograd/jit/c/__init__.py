"""Programs in C: loops that steps share, products in tiles, and calls without Python in between.

Reading order:

* The compiler: `build.py`
* The steps of a loop: `expressions.py`, `groups.py`, `kernel.py`, `pool.py`, `axes.py`, `sums.py`,
  `layout.py`, `loops.py`
* The other steps: `tiles.py`, `products.py`, `memory.py`, `joins.py`
* The source: `emit.py`, `elementary.py`, `source.py`
* The calls: `address.py`, `caller.py`, `gate.py`, `gate_call.py`, `gate_type.py`, `backend.py`,
  `background.py`

Next: `../scan/`.
"""
