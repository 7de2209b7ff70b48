"""Record a function once, replay it as a flat program. Reading order: `program.py`, `array.py`."""
