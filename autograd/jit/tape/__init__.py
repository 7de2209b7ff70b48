"""Functions of Values: every number of the function is one line of a tape, which is replayed.

Reading order:

* Recording: `tape.py`, `number.py`, `record.py`, `backward.py`, `attributes.py`
* The program: `graph.py`, `lines.py`, `tasks.py`, `trace.py`, `keys.py`, `groups.py`, `lanes.py`,
  `schedule.py`, `interpreter.py`, `native.py`, `slots.py`, `replay.py`
* The calls: `watched.py`, `guard.py`, `call.py`, `recording.py`, `compiled.py`

Next: `../call/`.
"""
