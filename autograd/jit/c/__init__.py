"""Programs in C: loops that steps share, products in tiles, and calls without Python in between.

Reading order:

* The compiler: `build.py`
* The steps of a loop: `expressions.py`, `sums.py`, `groups.py`, `kernel.py`, `pool.py`, `axes.py`,
  `layout.py`, `loops.py`
* The other steps: `tiles.py`, `products.py`, `calls.py`, `along.py`, `memory.py`, `entries.py`,
  `joins.py`
* The source: `values.py`, `emit.py`, `elementary.py`, `source.py`
* The calls: `address.py`, `caller.py`, `gate.py`, `gate_call.py`, `gate_type.py`, `backend.py`,
  `background.py`

Next: `../scan/`.
"""
