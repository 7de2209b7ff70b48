"""The backward pass move by move: `stepper` as text, `step_through` as a page.

Reading order: `recording.py`, `stepper.py`, `moves.py`, `wording.py`, `orders.py`, `page_data.py`,
`page.py`, `step_through.py`. Next: `../expansion/`.
"""
