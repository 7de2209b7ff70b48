"""Calls of a recorded function: is the recording still valid, what goes in, what comes out.

Reading order: `signature.py`, `guards.py`, `swaps.py`, `surroundings.py`, `lent.py`, `aliases.py`,
`plans.py`, `gate.py`, `backends.py`, `recording.py`, `compiled.py`, `check.py`.
"""
