"""Regions: runs of row-wise steps over large arrays, computed a block of rows at a time.

Between the steps of a region a block stays in the cache: one pass over memory instead of several.
Sums over all rows are added up from block to block. Next: `../c/`.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from ..cache import BLOCK, LINE, aligned
from ..program import Step
from .places import APART, EXTREMA

if TYPE_CHECKING:
    from .numpy import Emitter

# Smaller arrays stay in the cache anyhow
LEAST = 1 << 16
# The most steps of other kinds between those of a run
PATIENCE = 32
# Blocks of multiples of this many rows consist of whole cache lines
_LINES = 1 << 10


def row_count(step: Step) -> int:
    """Return the length of the first axis; 0 for a number."""
    return step.shape[0] if step.shape else 0


def is_total(step: Step, n: int) -> bool:
    """Whether a step is a sum over all rows."""
    if step.kind == "product" and step.name == "inner":
        return all(row_count(a) == n for a in step.arguments)
    if step.kind == "reduce" and step.name == "add" and not step.parameters["keepdims"]:
        return row_count(step.arguments[0]) == n and step.parameters["axis"][0] == 0
    if step.kind == "product" and step.name == "matmul":
        ones, x = step.arguments
        return is_ones(ones, n) and row_count(x) == n and len(x.shape) == 2
    return False


def is_ones(step: Step, n: int) -> bool:
    """Whether a step is a vector of ones, the product with which is a sum over rows."""
    value = step.value
    return step.kind == "constant" and step.shape == (n,) and bool((np.asarray(value) == 1).all())


def is_rowwise(step: Step, n: int) -> bool:
    """Whether each row of a step depends only on the same row of its arguments."""
    if row_count(step) != n or not step.size:
        return False
    if step.kind == "elementwise":
        return all(_fits(a, step, n) for a in step.arguments)
    first = step.arguments[0] if step.arguments else step
    if step.kind == "reduce":
        return row_count(first) == n and 0 not in step.parameters["axis"]
    if step.kind == "view" and step.name == "reshape":
        return row_count(first) == n
    if step.kind == "product":
        second = step.arguments[1]
        if step.name == "vecdot":
            return row_count(first) == n == row_count(second)
        if step.name == "matmul":
            whole = len(second.shape) == 1 and second.kind == "constant"
            return whole and row_count(first) == n and len(first.shape) == 2
    return False


def _fits(a: Step, step: Step, n: int) -> bool:
    if len(a.shape) < len(step.shape):
        return True
    return row_count(a) == n or (row_count(a) == 1 and n > 1)


def find(order: list[Step], start: int, stop: int) -> dict[int, tuple[int, int]]:
    """Return {first: (end, rows)} for the runs worth blocking between two positions."""
    counts = {
        row_count(s) for s in order[start:stop] if s.kind == "elementwise" and s.size >= LEAST
    }
    found: dict[int, tuple[int, int]] = {}
    i = start
    while counts and i < stop:
        best = max(((_end(order, i, stop, n), n) for n in counts if n > 1), default=(i, 0))
        if best[0] > i:
            found[i] = best
            i = best[0]
        else:
            i += 1
    return found


def _end(order: list[Step], i: int, stop: int, n: int) -> int:
    """Return the end of the run over n rows that begins at i; i if blocking does not pay."""
    if not is_rowwise(order[i], n) and not is_total(order[i], n):
        return i
    late: set[Step] = set()
    large, end = 0, i
    for k in range(i, stop):
        step = order[k]
        if step.kind == "constant":
            continue
        if step.kind == "random" or len(late) > PATIENCE:
            break
        waiting = any(a in late for a in step.arguments)
        if not waiting and is_rowwise(step, n):
            if step.kind == "elementwise" and step.size >= LEAST:
                large += 1
                end = k + 1
        else:
            late.add(step)
            end = k + 1 if not waiting and large and is_total(step, n) else end
    return end if large >= 2 else i


class Region:
    """Emits one run as a loop over blocks of rows."""

    def __init__(self, emitter: Emitter, first: int, end: int, n: int) -> None:
        self.emitter = emitter
        self.first, self.end, self.n = first, end, n
        self.steps = [s for s in emitter.order[first:end] if s.kind != "constant"]
        self.inside: set[Step] = set()
        self.totals: list[Step] = []
        self.early: list[Step] = []
        self.late: list[Step] = []
        self._sort()
        self._look()
        self._share()
        self.cuts = self._cut()
        self.columns: dict[str, list[Any]] = {}
        self.before: list[str] = []
        self.body: list[str] = []
        self.rows: dict[Any, Any] = {}
        self._free: dict[Any, list[Any]] = {}
        self._own: dict[Step, Any] = {}

    def _sort(self) -> None:
        """Divide the steps into rows of the loop, sums over it, and steps before and after it."""
        after: set[Step] = set()
        for step in self.steps:
            arguments = set(step.arguments)
            if arguments & after:
                self.late.append(step)
            elif is_rowwise(step, self.n):
                self.inside.add(step)
                continue
            elif is_total(step, self.n):
                self.totals.append(step)
            elif not step.shape and step.kind == "elementwise" and not arguments & self.inside:
                self.early.append(step)
                continue
            else:
                self.late.append(step)
            after.add(step)

    def _look(self) -> None:
        """Find the storage of every row, and its last use."""
        self.last: dict[Step, int] = {}
        self.base = {s: s for s in self.inside}
        for k, step in enumerate(self.steps):
            if step.kind == "view" and step in self.inside:
                self.base[step] = self.base.get(step.arguments[0], step.arguments[0])
            for a in step.arguments:
                self.last[self.base.get(a, a)] = k

    def _share(self) -> None:
        """Have steps that lead to an output only, such as sums of a gradient, computed in place."""
        e = self.emitter
        self.leaving = {root for s, root in self.base.items() if self._leaves(s)}
        # for each step that is computed in an output: the output, and the position of the first one
        self.home: dict[Step, Step] = {}
        self.begins: dict[Step, int] = {}
        number = {s: k for k, s in enumerate(self.steps)}
        for output in self.leaving & self.inside:
            step: Step | None = output
            while step is not None and output not in e.into and self._in_place(step):
                step = next((a for a in step.arguments if self._dies(a, step, number[step])), None)
                if step is not None:
                    self.home[step] = output
                    self.begins[output] = number[step]

    def _dies(self, a: Step, step: Step, k: int) -> bool:
        """Whether a step of the loop has the form of another, which is its last user."""
        own = a in self.inside and self.base[a] is a and a not in self.leaving
        alike = a.shape == step.shape and a.dtype == step.dtype
        return own and alike and self.last.get(a) == k and a not in self.home

    @staticmethod
    def _in_place(step: Step) -> bool:
        """Whether a step may be computed in place of an operand."""
        return step.kind == "elementwise" and step.name not in APART

    def _cut(self) -> list[tuple[int, int]]:
        rows = max(1, min(self.n, BLOCK // max(1, self._width())))
        count = -(-self.n // rows)
        rows = -(-self.n // count)
        rows = rows if rows < _LINES else -(-rows // LINE) * LINE
        return [(s, min(s + rows, self.n)) for s in range(0, self.n, rows)]

    def _width(self) -> int:
        """Return the bytes of one row of everything that is live at one time."""
        held = {a for s in self.inside for a in s.arguments if row_count(a) == self.n}
        first = {self.base.get(a, a): 0 for a in held - self.inside}
        for k, step in enumerate(self.steps):
            if step in self.inside and self.base[step] is step and step not in self.home:
                first[step] = self.begins.get(step, k)
        change = [0] * (len(self.steps) + 1)
        for step, k in first.items():
            width = step.size // self.n * step.dtype.itemsize
            change[k] += width
            change[max(self.last.get(step, k), k) + 1] -= width
        return max(itertools.accumulate(change))

    def emit(self) -> None:
        """Write the loop."""
        e = self.emitter
        for k, step in enumerate(self.steps):
            if step in self.inside:
                self._row_step(k, step)
            elif step in self.totals:
                self._total(step)
            elif step in self.early:
                e._step(e.index[step], step)
        for line in self.before:
            e.put(line)
        names = ["s", "t", *self.columns]
        table = list(
            zip(*[[c[i] for c in self.cuts] for i in (0, 1)], *self.columns.values(), strict=True)
        )
        e.put(f"for {', '.join(names)} in {e.name(table, 'rows')}:")
        for line in self.body:
            e.put("    " + line)
        for step in self.steps:
            if step in self.late or (step.kind == "view" and self._leaves(step)):
                e._step(e.index[step], step)
        for k in range(self.first, self.end):
            e.release(k, e.order[k])

    def _leaves(self, step: Step) -> bool:
        """Whether a value is needed outside of the run."""
        e = self.emitter
        wanted = step in e.outside or step in e.into
        return wanted or any(
            u in self.late or e.index[u] >= self.end for u in e.users.get(step, ())
        )

    def row(self, a: Step, whole: bool = False) -> str:
        """Return the text of an operand for one block."""
        e = self.emitter
        if whole or not a.shape or row_count(a) != self.n:
            return e.ref(a)
        if a not in self.rows:
            array = e.static(a)
            if array is None:
                name = f"r{len(self.rows)}_{self.first}"
                self.body.append(f"{name} = {e.ref(a)}[s:t]")
                self.rows[a] = name
            else:
                self.rows[a] = [array[s:t] for s, t in self.cuts]
        return self._column(a)

    def _column(self, a: Any) -> str:
        found = self.rows[a]
        if isinstance(found, str):
            return found
        name = f"{self.emitter.name(found, 'r')}_"
        self.columns[name] = found
        return name

    def _flat(self, a: Step) -> str:
        """Return the text of the rows of an operand as a vector."""
        ref = self.row(a)
        found, key = self.rows[a], ("flat", a)
        if len(a.shape) == 1:
            return ref
        if isinstance(found, str) or not all(x.flags.c_contiguous for x in found):
            return f"{ref}.ravel()"
        if key not in self.rows:
            self.rows[key] = [x.reshape(-1) for x in found]
        return self._column(key)

    def _operands(self, step: Step) -> list[str]:
        e = self.emitter
        dtypes = step.combined
        beside = dtypes[0] if dtypes and all(d == dtypes[0] for d in dtypes) else None
        refs = []
        for a in step.arguments:
            if row_count(a) == self.n and len(a.shape) == len(step.shape):
                refs.append(self.row(a))
            else:
                refs.append(self._number(a, step, beside) or e.like(a, step) or e.ref(a, beside))
        return refs

    def _number(self, a: Step, step: Step, beside: Any) -> str | None:
        """Return an array in place of a constant number, the same for all blocks, if faster."""
        if step.name not in EXTREMA:
            return None
        key = a, step.shape
        if key not in self.rows:
            array = self.emitter.spread(a, (self.cuts[0][1], *step.shape[1:]), beside)
            if array is None:
                return None
            self.rows[key] = [array[: t - s] for s, t in self.cuts]
        return self._column(key)

    def _row_step(self, k: int, step: Step) -> None:
        e = self.emitter
        if step.kind == "view":
            self.row(step.arguments[0])
            found = self.rows[step.arguments[0]]
            if isinstance(found, str):
                name = f"w{len(self.rows)}_{self.first}"
                self.body.append(f"{name} = {found}.reshape((t - s, *{step.shape[1:]!r}))")
                self.rows[step] = name
            else:
                self.rows[step] = [x.reshape((len(x), *step.shape[1:])) for x in found]
            return
        if step.kind == "elementwise":
            refs = self._operands(step)
        elif step.name == "matmul":
            refs = [self.row(step.arguments[0]), e.ref(step.arguments[1])]
        else:
            refs = [self.row(a) for a in step.arguments]
        out = self._target(k, step)
        self.body.append(self._call(step, refs, out))
        for a in set(step.arguments):
            root = self.base.get(a)
            if root is not None and self.last.get(root) == k and root in self._own:
                buffer = self._own.pop(root)
                self._free.setdefault((buffer.dtype, buffer.shape), []).append(buffer)

    def _call(self, step: Step, refs: list[str], out: str) -> str:
        e = self.emitter
        if step.kind == "reduce":
            axes, keep = step.parameters["axis"], step.parameters["keepdims"]
            f = e.name(getattr(np, step.name).reduce, f"{step.name}_reduce_")
            return f"{f}({refs[0]}, {axes[0] if len(axes) == 1 else axes}, None, {out}, {keep})"
        if step.name == "matmul":
            return f"{refs[0]}.dot({refs[1]}, {out})"
        if step.name == "astype":
            return f"{out}[...] = {refs[0]}"
        if step.name == "where":
            return f"{out}[...] = {e.name(np.where, 'f')}({', '.join(refs)})"
        sign = "out=" if step.name in ("maximum", "minimum") else ""
        return f"{e.name(step.function)}({', '.join(refs)}, {sign}{out})"

    def _target(self, k: int, step: Step) -> str:
        """Return the storage of the rows of a step."""
        e = self.emitter
        output = self.home.get(step, step)
        if output in self.leaving:
            if output not in e.place and e.target(self.first, output) is None:
                name = e.local(output)
                shape, dtype = step.shape, e.name(step.dtype)
                self.before.append(f"{name} = {e.name(aligned, 'f')}({shape!r}, {dtype})")
            self.row(output)
            self.rows[step] = self.rows[output]
            return self._column(step)
        for a in step.arguments:
            if a in self._own and self._in_place(step) and self._dies(a, step, k):
                self._own[step] = self._own.pop(a)
                self.rows[step] = self.rows[a]
                return self._column(step)
        rows = self.cuts[0][1]
        shape = (rows, *step.shape[1:])
        free = self._free.get((step.dtype, shape))
        buffer = free.pop() if free else aligned(shape, step.dtype)
        self._own[step] = buffer
        self.rows[step] = [buffer[: t - s] for s, t in self.cuts]
        return self._column(step)

    def _total(self, step: Step) -> None:
        e = self.emitter
        if step.name == "inner":
            text = "{}.dot({})".format(*[self._flat(a) for a in step.arguments])
        elif step.kind == "reduce":
            axes = step.parameters["axis"]
            axis = None if len(axes) == len(step.arguments[0].shape) else axes
            f = e.name(np.add.reduce, "add_reduce_")
            text = f"{f}({self.row(step.arguments[0])}, {axis})"
        else:
            text = "{}.dot({})".format(*[self.row(a) for a in step.arguments])
        name = e.local(step)
        if step.shape:
            dtype = e.name(step.dtype)
            self.before.append(f"{name} = {e.name(np.zeros, 'f')}({step.shape!r}, {dtype})")
        else:
            self.before.append(f"{name} = {e.name(step.dtype.type(0), 'c')}")
        self.body.append(f"{name} += {text}")
