"""The table of edges in `table.py`, what peers give at them in JSON, and the page made of both."""
