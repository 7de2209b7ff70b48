"""The backward pass move by move: `stepper` as text, `step_through` as a page.

Reading order:

* As text: `recording.py`, `stepper.py`
* As a page: `moves.py`, `wording.py`, `orders.py`, `page_store.py`, `page_orders.py`,
  `page_data.py`, `page.py`, `step_through.py`

Next: `../expansion/`.
"""
