"""The tape of a recorded function of Values: one line a number, in the order computed.

Next: `tape_record.py`, which writes it; `tape_levels.py`, which makes a program of it.

A line is a number, its index is its name. Its ``kind`` is an operation of the table, or

============  ======================================================================================
"constant"    ``extra`` is the number
"argument"    ``extra`` is the position among the float arguments of the call
"read"        ``extra`` is (value, "data" or "grad"): read from that object at each call
"copy"        the same number, of a value with a gradient of its own
"gradient"    ``extra`` is a sweep, the operand a line: what the sweep found for that line
============  ======================================================================================

Operands are indices of earlier lines; a negative one, ``~i``, is entry i of ``literals``, an
integer that stays a Python number in NumPy's calls (an exponent, a shift). ``tracked`` tells
through which operands gradients flow. A *sweep* is a pair (root line, seed line). A *stage* ends
where the function calls something that changes leaves by their numbers, such as the step of an
optimizer: what was written so far is then stored, the call made, and leaves are read again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..op import Op

Kind = Op | str
Write = tuple[Any, str, int]


class Tape:
    """The lines of a recording, as parallel lists.

    Attributes
    ----------
    kinds, operands, extras, tracked, logical, stages, wheres : list
        One entry a line; an operation's ``extra`` is its parameters. ``logical`` marks truths,
        which are kept as 0.0 and 1.0. ``wheres`` is (file, line) of the user's code.
    sweeps : list of (int, int)
        Root and seed of every backward pass.
    writes : list of list
        For each stage (value, "data" or "grad", line): what is stored at its end.
    calls : list of callable
        What is called at the end of each stage but the last.
    """

    def __init__(self) -> None:
        self.kinds: list[Kind] = []
        self.operands: list[tuple[int, ...]] = []
        self.extras: list[Any] = []
        self.tracked: list[tuple[bool, ...]] = []
        self.logical: list[bool] = []
        self.stages: list[int] = []
        self.wheres: list[Any] = []
        self.literals: list[Any] = []
        self.sweeps: list[tuple[int, int]] = []
        self.writes: list[list[Write]] = [[]]
        self.calls: list[Any] = []
        self._literal: dict[Any, int] = {}
        self._constant: dict[Any, int] = {}

    def __len__(self) -> int:
        return len(self.kinds)

    def line(
        self,
        kind: Kind,
        operands: tuple[int, ...] = (),
        extra: Any = None,
        tracked: tuple[bool, ...] = (),
        logical: bool = False,
        where: Any = None,
    ) -> int:
        """Append a line and return its index."""
        self.kinds.append(kind)
        self.operands.append(operands)
        self.extras.append(extra)
        self.tracked.append(tracked)
        self.logical.append(logical)
        self.stages.append(len(self.calls))
        self.wheres.append(where)
        return len(self.kinds) - 1

    def number(self, x: Any) -> int:
        """Return the operand for a plain number: a literal for an integer, else a constant."""
        if type(x) is int and abs(x) < 2**53:
            found = self._literal.get(x)
            if found is None:
                found = self._literal[x] = ~len(self.literals)
                self.literals.append(x)
            return found
        key = (isinstance(x, bool), float(x).hex())
        found = self._constant.get(key)
        if found is None:
            found = self.line("constant", extra=float(x), logical=isinstance(x, bool))
            self._constant[key] = found
        return found

    def as_line(self, operand: int) -> int:
        """Return a line for an operand that may be a literal."""
        return operand if operand >= 0 else self.number(float(self.literals[~operand]))

    def show(self, limit: int = 200) -> str:
        """Return the tape as text, one line a number with the user's line beside it.

        Parameters
        ----------
        limit : int
            The most lines to show.
        """
        rows = [self._describe(i) for i in range(min(len(self), limit))]
        for k, (root, seed) in enumerate(self.sweeps):
            rows.append((f"sweep {k}", f"backward from {self._name(root)}, {self._name(seed)}", ""))
        for stage, writes in enumerate(self.writes):
            rows += [(f"{_leaf(v)}.{what}", f"<- {self._name(i)}", "") for v, what, i in writes]
            if stage < len(self.calls):
                rows.append(("call", _called(self.calls[stage]), ""))
        left = max((len(r[0]) for r in rows), default=0)
        middle = max((len(r[1]) for r in rows), default=0)
        text = [f"{a:<{left}}  {b:<{middle}}  {c}".rstrip() for a, b, c in rows]
        if len(self) > limit:
            text.insert(limit, f"... {len(self) - limit} more lines")
        return "\n".join(text)

    def _name(self, operand: int) -> str:
        if operand < 0:
            return repr(self.literals[~operand])
        return repr(self.extras[operand]) if self.kinds[operand] == "constant" else f"v{operand}"

    def _describe(self, i: int) -> tuple[str, str, str]:
        kind, extra, operands = self.kinds[i], self.extras[i], map(self._name, self.operands[i])
        where = _place(self.wheres[i])
        if isinstance(kind, Op):
            options = [f"{k}={v!r}" for k, v in (extra or {}).items()]
            return f"v{i}", f"= {kind.name}({', '.join([*operands, *options])})", where
        text = {
            "constant": lambda: f"= {extra!r}",
            "argument": lambda: f"= argument {extra}",
            "read": lambda: f"= {_leaf(extra[0])}.{extra[1]}",
            "copy": lambda: f"= copy({', '.join(operands)})",
            "gradient": lambda: f"= gradient of {', '.join(operands)} in sweep {extra}",
        }[kind]()
        return f"v{i}", text, where


def _place(where: Any) -> str:
    return f"{Path(where[0]).name}:{where[1]}" if where else ""


def _leaf(value: Any) -> str:
    return value.label or "a leaf"


def _called(call: Any) -> str:
    method = getattr(call, "func", call)
    return getattr(method, "__qualname__", repr(method))
