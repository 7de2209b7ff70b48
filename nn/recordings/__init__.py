"""Recordings of a training: what is kept of each step, and the page that plays it.

Reading order: `parts.py`, `surface.py`, `snapshots.py`, `recorder.py`, `player_network.py`,
`player.py`, `recording.py`.
"""
