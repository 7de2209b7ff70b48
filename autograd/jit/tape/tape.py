"""The tape of a recorded function of Values: one line per number, in the order computed.

Next: `number.py` and on, which write it; `graph.py` and on, which make a program of it.

A line is a number, its index is its name. What is alike in many lines is a `Sort`. Its ``kind`` is
an operation of the table, or

============  ======================================================================================
"constant"    its extra is the number
"argument"    its extra is the position among the float arguments of the call
"read"        its extra is (value, "data" or "grad"): read from that object at each call
"copy"        the same number, of a value with a gradient of its own
"gradient"    its extra is a sweep, the operand a line: what the sweep found for that line
============  ======================================================================================

Operands are indices of earlier lines; a negative one, ``~i``, is entry i of ``literals``, an
integer: an exponent or a shift stays a Python number in NumPy's calls. A *sweep* is a pair (root
line, seed line). A *stage* ends where the function calls something that changes leaves by their
numbers, such as the step of an optimizer: what was written so far is then stored, the call made,
and leaves are read again.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from ...op import Op
from ...ops import choices, piecewise
from ...ops import elementwise as ops

Kind = Op | str
Write = tuple[Any, str, int]

# The operations for which integers are like other numbers
ARITHMETIC = (ops.add, ops.subtract, ops.multiply, ops.divide, ops.add_n, ops.sumprod)
# The operations that distinguish truth values from numbers
BITWISE = (piecewise.bitwise_and, piecewise.bitwise_or, piecewise.bitwise_xor)
# Those with truth values as results for truth values; others treat them as numbers, as Python does
OF_TRUTHS = (*BITWISE, choices.maximum, choices.minimum, choices.where)


class Sort:
    """The common properties of lines that are computed in the same way.

    Attributes
    ----------
    kind : Op or str
    tracked : tuple of bool
        The operands that gradients flow through.
    pattern : tuple of (bool, Any)
        For each operand whether it is a truth value, and its value if it is a literal.
    parameters : dict
        The keyword arguments of the operation.
    """

    __slots__ = ("kind", "parameters", "pattern", "tracked")

    def __init__(
        self,
        kind: Kind,
        tracked: tuple[bool, ...],
        pattern: tuple[tuple[bool, Any], ...],
        parameters: dict[str, Any],
    ) -> None:
        self.kind = kind
        self.tracked = tracked
        self.pattern = pattern
        self.parameters = parameters


class Tape:
    """The lines of a recording, as parallel lists.

    Attributes
    ----------
    sorts, ends : array of int
        One entry per line: an index of ``table``, and where its operands end in ``flat``.
    flat : array of int
        The operands of all lines.
    codes, instructions : list
        The user's code object that made a line, or None, and the instruction in it.
    extras : dict
        By line, for kinds that are not operations.
    truths : set of int
        Lines that are truth values, stored as 0.0 and 1.0.
    sweeps : list of (int, int)
        Root and seed of every backward pass.
    writes : list of list
        For each stage (value, "data" or "grad", line): the assignments at its end.
    calls : list of (callable, list of Value)
        The function called at the end of each stage but the last, and its values.
    starts : list of int
        The first line of each stage.
    turn : context manager
        The context of a replay: a lock, if calls take and return numbers.
    end : int or None
        The number of lines of the function; constants that its program needs follow.
    """

    def __init__(self) -> None:
        self.table: list[Sort] = []
        # arrays, as the garbage collector walks through long lists again and again
        self.sorts = array("q")
        self.flat = array("q")
        self.ends = array("q")
        self.codes: list[Any] = []
        self.instructions = array("q")
        self.extras: dict[int, Any] = {}
        self.truths: set[int] = set()
        self.literals: list[Any] = []
        self.sweeps: list[tuple[int, int]] = []
        self.writes: list[list[Write]] = [[]]
        self.calls: list[tuple[Any, list[Any]]] = []
        self.starts = [0]
        self.turn: Any = nullcontext()
        self.end: int | None = None
        self._sort: dict[Any, int] = {}
        self._literal: dict[Any, int] = {}
        self._constant: dict[Any, int] = {}

    def __len__(self) -> int:
        return len(self.sorts)

    def line(
        self,
        kind: Kind,
        operands: Sequence[int] = (),
        extra: Any = None,
        tracked: tuple[bool, ...] = (),
        logical: bool = False,
        frame: Any = None,
    ) -> int:
        """Append a line and return its index; the extra of an operation is its parameters."""
        i = len(self.sorts)
        if type(kind) is str:
            sort = self._sort.get(kind)
            if sort is None:
                sort = self._sort[kind] = self.sort(kind, (), {}, ())
            self.sorts.append(sort)
            self.extras[i] = extra
        else:
            self.sorts.append(self.sort(kind, operands, extra or {}, tracked))
        self.flat.extend(operands)
        self.ends.append(len(self.flat))
        if logical:
            self.truths.add(i)
        self.codes.append(frame and frame.f_code)
        self.instructions.append(frame.f_lasti if frame else 0)
        return i

    def sort(
        self,
        kind: Kind,
        operands: Sequence[int],
        parameters: dict[str, Any],
        tracked: tuple[bool, ...],
    ) -> int:
        """Return the index of a sort in the table; a new one is added."""
        pattern: Any = None
        if kind in BITWISE:
            pattern = tuple([(i in self.truths, None) for i in operands])
        elif operands and min(operands) < 0 and kind not in ARITHMETIC:
            pattern = tuple([(False, self.literals[~i] if i < 0 else None) for i in operands])
        key = kind, pattern, tracked, frozen(parameters)
        found = self._sort.get(key)
        if found is None:
            found = self._sort[key] = len(self.table)
            pattern = pattern or ((False, None),) * len(operands)
            self.table.append(Sort(kind, tracked, pattern, parameters))
        return found

    def number(self, x: Any) -> int:
        """Return the operand for a plain number: a literal for an integer, else a constant."""
        if type(x) is int and abs(x) < 2**53:
            found = self._literal.get(x)
            if found is None:
                found = self._literal[x] = ~len(self.literals)
                self.literals.append(x)
            return found
        # zeros have signs, and nan is not equal to itself
        key = x if type(x) is float and x and x == x else (isinstance(x, bool), float(x).hex())
        found = self._constant.get(key)
        if found is None:
            found = self.line("constant", extra=float(x), logical=isinstance(x, bool))
            self._constant[key] = found
        return found

    def as_line(self, operand: int) -> int:
        """Return a line for an operand that may be a literal."""
        return operand if operand >= 0 else self.number(float(self.literals[~operand]))

    def kind(self, i: int) -> Kind:
        """Return the kind of a line."""
        return self.table[self.sorts[i]].kind

    def operands(self, i: int) -> list[int]:
        """Return the operands of a line."""
        return self.flat[self.ends[i - 1] if i else 0 : self.ends[i]].tolist()

    def call(self, function: Any, values: Sequence[Any] = (), alone: bool = False) -> None:
        """End a stage with a call, on these values; ``alone`` if it must not run concurrently."""
        if alone:
            self.turn = threading.RLock()
        self.calls.append((function, list(values)))
        self.writes.append([])
        self.starts.append(len(self))

    # ---------------------------------------------------------------------------------------------
    # Text

    def show(self, limit: int = 200) -> str:
        """Return the tape as text, one line per number with the user's line beside it.

        Parameters
        ----------
        limit : int
            The most lines to show.
        """
        end = len(self) if self.end is None else self.end
        rows = [self._describe(i) for i in range(min(end, limit))]
        for k, (root, seed) in enumerate(self.sweeps):
            rows.append((f"sweep {k}", f"backward from {self._name(root)}, {self._name(seed)}", ""))
        for stage, writes in enumerate(self.writes):
            rows += [(f"{_leaf(v)}.{what}", f"<- {self._name(i)}", "") for v, what, i in writes]
            if stage < len(self.calls):
                rows.append(("call", _called(self.calls[stage][0]), ""))
        left = max((len(r[0]) for r in rows), default=0)
        middle = max((len(r[1]) for r in rows), default=0)
        text = [f"{a:<{left}}  {b:<{middle}}  {c}".rstrip() for a, b, c in rows]
        if end > limit:
            text.insert(limit, f"... {end - limit} more lines")
        return "\n".join(text)

    def _name(self, operand: int) -> str:
        if operand < 0:
            return repr(self.literals[~operand])
        return repr(self.extras[operand]) if self.kind(operand) == "constant" else f"v{operand}"

    def _describe(self, i: int) -> tuple[str, str, str]:
        sort, operands = self.table[self.sorts[i]], self.operands(i)
        extra: Any = self.extras.get(i)
        names, where = list(map(self._name, operands)), _place(self.codes[i], self.instructions[i])
        if isinstance(sort.kind, Op):
            options = [f"{k}={v!r}" for k, v in sort.parameters.items()]
            return f"v{i}", f"= {sort.kind.name}({', '.join([*names, *options])})", where
        text = {
            "constant": lambda: f"= {extra!r}",
            "argument": lambda: f"= argument {extra}",
            "read": lambda: f"= {_leaf(extra[0])}.{extra[1]}",
            "copy": lambda: f"= copy({', '.join(names)})",
            "gradient": lambda: f"= gradient of {', '.join(names)} in sweep {extra}",
        }[sort.kind]()
        return f"v{i}", text, where


class _Parameters:
    """Parameters of an operation as part of a key: equal where all of them are."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        self._key = tuple(sorted((k, repr(v)) for k, v in parameters.items()))

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Parameters) and self._key == other._key


def frozen(parameters: dict[str, Any]) -> Any:
    """Return the parameters as part of a key."""
    return _Parameters(parameters) if parameters else ()


def _place(code: Any, instruction: int) -> str:
    if code is None:
        return ""
    for start, end, line in code.co_lines():
        if start <= instruction < end:
            return f"{Path(code.co_filename).name}:{line}"
    return Path(code.co_filename).name


def _leaf(value: Any) -> str:
    return value.label or "a leaf"


def _called(call: Any) -> str:
    method = getattr(call, "func", call)
    return getattr(method, "__qualname__", repr(method))
