"""One group of steps as a loop nest in C. Next: `c_products.py`.

Every operand that comes from memory and every value that goes there has strides over the axes of
the nest; axes over which all of them run on are joined. The innermost loop is declared free of
dependences, with its sums as reductions, so that the compiler may vectorise it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .c_expressions import cast, literal, memory_type, text, variable_type
from .c_groups import FULL, ROW, SUM, Group, Reduction
from .program import Step

if TYPE_CHECKING:
    from .c_emit import Emitter

# sums over more entries are added up in blocks, which loses fewer digits
BLOCK = 2048
Strides = tuple[int, ...]


class Kernel:
    """The pointers that a piece of C takes, by what they point to."""

    def __init__(self, emitter: Emitter) -> None:
        self.emitter = emitter
        self.pointers: dict[tuple[str, int, str], str] = {}

    def pointer(self, step: Step) -> str:
        """Return the name of a pointer to the first entry of a step."""
        ref = self.emitter.ref(step)
        key = ref.base, ref.offset, memory_type(step.dtype)
        return self.pointers.setdefault(key, f"a{len(self.pointers)}")

    def scratch(self, size: int, dtype: Any) -> str:
        """Return the name of a pointer to memory that only this piece uses."""
        base = self.emitter.scratch(size * np.dtype(dtype).itemsize)
        key = base, 0, memory_type(dtype)
        return self.pointers.setdefault(key, f"a{len(self.pointers)}")

    def parameters(self) -> str:
        """Return the text of the parameters."""
        found = [f"{kind} *restrict {name}" for (_, _, kind), name in self.pointers.items()]
        return ", ".join(found) or "void"

    def arguments(self) -> str:
        """Return the text of the arguments."""
        return ", ".join(
            f"({kind} *)({base})" + (f" + {offset}" if offset else "")
            for base, offset, kind in self.pointers
        )


class Nest(Kernel):
    """Writes the loop nest of a group."""

    def __init__(self, emitter: Emitter, group: Group) -> None:
        super().__init__(emitter)
        self.group = group
        # without inner axes the whole nest is one phase of full values
        self.outer, self.inner = (group.outer, group.inner) if group.inner else ((), group.outer)
        self.width = len(self.outer)
        self.steps = [s for s in group.steps if s.kind != "view" or emitter.root[s] is s]
        self.last = self._last_phases()
        self.names: dict[Step, str] = {}
        self.aliases = {s: s.arguments[0] for s in group.steps if s not in self.steps}
        self.loads: dict[Any, str] = {}
        count = max(self.group.phase.values()) + 1
        self.rows: list[list[str]] = [[] for _ in range(count)]
        self.bodies: list[list[str]] = [[] for _ in range(count)]
        self.sums: list[list[Sum]] = [[] for _ in range(count)]
        self.before: list[str] = []
        self.kept: dict[Step, str] = {}
        self.known_in: dict[Step, int] = {}
        self._axes()

    def level(self, step: Step) -> int:
        """Return whether a step is a full, row or summed value."""
        found = self.group.level[step]
        if step in self.emitter.scattered:
            return FULL
        return FULL if found == ROW and not self.group.inner else found

    def source(self, a: Step) -> Step:
        """Return the step in whose variable an operand is."""
        while a in self.aliases:
            a = self.aliases[a]
        return a

    def _operands(self, step: Step) -> tuple[Step, ...]:
        r = self.group.reductions.get(step)
        return step.arguments if r is None else r.operands

    def _last_phases(self) -> dict[Step, int]:
        last: dict[Step, int] = {}
        for step in self.group.steps:
            for a in self._operands(step):
                last[a] = max(last.get(a, 0), self.group.phase[step])
        return last

    # ---------------------------------------------------------------------------------------------
    # Axes and indices

    def strides(self, step: Step, shape: tuple[int, ...]) -> Strides:
        """Return the strides of a step in memory, broadcast to the shape of a user."""
        own = self.emitter.ref(step).strides
        if step.size == 1:
            return (0,) * len(shape)
        pad = len(shape) - len(own)
        return (0,) * pad + tuple(0 if n == 1 else s for s, n in zip(own, step.shape, strict=True))

    def summed_strides(self, step: Step, r: Reduction) -> Strides:
        """Return the strides of a sum over the axes of its operands."""
        own = list(self.emitter.ref(step).strides)
        keep = len(own) == len(r.shape)
        found = []
        for axis in range(len(r.shape)):
            stride = own.pop(0) if keep or axis not in r.axes else 0
            found.append(0 if axis in r.axes else stride)
        return tuple(found)

    def stored(self, step: Step) -> Strides:
        """Return the strides with which a value is written."""
        if step in self.emitter.scattered:
            return self.emitter.scattered[step][1]
        if step.kind == "view":
            return _contiguous(self.group.space)
        return self.strides(step, step.shape)

    def _accesses(self) -> tuple[list[Strides], list[Strides]]:
        full: list[Strides] = []
        row: list[Strides] = []
        for step in self.steps:
            r = self.group.reductions.get(step)
            shape = r.shape if r else step.shape
            if self._moves(step):
                shape = self.group.space
            level = FULL if len(shape) > self.width and shape == self.group.space else ROW
            target = full if level == FULL else row
            for a in self._operands(step):
                if a not in self.group.level and self.emitter.splat(a) is None:
                    target.append(self.strides(a, shape))
            if self.group.level[step] == SUM and r:
                target.append(self.summed_strides(step, r))
            elif self.emitter.in_memory(step):
                stored = self.stored(step)
                (full if self.level(step) == FULL else row).append(stored)
        return full, row

    def _axes(self) -> None:
        full, row = self._accesses()
        space = self.outer + self.inner
        w = self.width
        self.joined = [
            *_join(space, range(w), [s[:w] for s in full] + [s[:w] for s in row]),
            *_join(space, range(w, len(space)), full),
        ]
        self.cut = sum(axis < w for axis, _ in self.joined)

    def index(self, strides: Strides, level: int) -> str:
        """Return the index of an entry, as text over the loop variables."""
        terms = []
        axes = self.joined if level == FULL else self.joined[: self.cut]
        for n, (axis, _) in enumerate(axes):
            stride = strides[axis] if axis < len(strides) else 0
            if stride:
                terms.append(f"i{n}" if stride == 1 else f"i{n}*{stride}")
        return " + ".join(terms) or "0"

    # ---------------------------------------------------------------------------------------------
    # Statements

    def put(self, line: str, level: int, phase: int) -> None:
        """Add a statement to the loop over full values, or to what comes before it in a row."""
        (self.bodies if level == FULL else self.rows)[phase].append(line)

    def operand(self, a: Step, shape: tuple[int, ...], level: int, phase: int) -> str:
        """Return the variable or literal of an operand."""
        if a in self.group.level:
            return self._own(self.source(a), level, phase)
        constant = self.emitter.splat(a)
        if constant is not None:
            return literal(constant.value, a.dtype)
        strides = self.strides(a, shape)
        pointer = self.pointer(a)
        kind = variable_type(a.dtype)
        if not any(strides):
            level, phase, target = -1, 0, self.before
        else:
            target = (self.bodies if level == FULL else self.rows)[phase]
        key = pointer, strides, level, phase
        if key not in self.loads:
            name = self.loads[key] = f"l{len(self.loads)}"
            target.append(f"const {kind} {name} = {pointer}[{self.index(strides, level)}];")
        return self.loads[key]

    def _own(self, a: Step, level: int, phase: int) -> str:
        if self.level(a) != FULL or self.group.phase[a] == phase:
            return self.names[a]
        key = a, phase
        if key not in self.loads:
            name = self.loads[key] = f"l{len(self.loads)}"
            kind = variable_type(a.dtype)
            self.bodies[phase].append(f"const {kind} {name} = {self.kept[a]};")
        return self.loads[key]

    def _statement(self, n: int, step: Step) -> None:
        level, phase = self.level(step), self.group.phase[step]
        r = self.group.reductions.get(step)
        if r is not None:
            self._reduction(n, step, r, phase)
            return
        shape = self.group.space if self._moves(step) else step.shape
        refs = [self.operand(a, shape, level, phase) for a in step.arguments]
        found = refs[0] if self._moves(step) else text(step, refs)
        name = self.names[step] = f"v{n}"
        self.put(f"const {variable_type(step.dtype)} {name} = {found};", level, phase)
        if self.emitter.in_memory(step):
            place = f"{self._start(step)}[{self.index(self.stored(step), level)}]"
            self.put(f"{place} = {name};", level, phase)
        elif level == FULL and self.last.get(step, phase) > phase:
            size = int(np.prod(self.inner))
            within = (0,) * self.width + _contiguous(self.inner)
            place = f"{self.scratch(size, step.dtype)}[{self.index(within, FULL)}]"
            self.put(f"{place} = {name};", level, phase)
        else:
            return
        self.kept[step] = place

    def _moves(self, step: Step) -> bool:
        """Whether a step puts the entries of its argument elsewhere."""
        return step.kind == "view" or step in self.emitter.scattered

    def _start(self, step: Step) -> str:
        """Return the pointer at which a value is written; a scattered one is 0 elsewhere."""
        pointer = self.pointer(step)
        if step not in self.emitter.scattered:
            return pointer
        self.before.append(f"for (i64 i = 0; i < {step.size}; i++) {pointer}[i] = 0;")
        return f"({pointer} + {self.emitter.scattered[step][0]})"

    def _reduction(self, n: int, step: Step, r: Reduction, phase: int) -> None:
        level = FULL if r.shape == self.group.space else ROW
        refs = [self.operand(a, r.shape, level, phase) for a in r.operands]
        refs = [cast(x, a.dtype, step.dtype) for x, a in zip(refs, r.operands, strict=True)]
        value = " * ".join(refs)
        found = Sum(f"s{n}", r.name, step.dtype)
        if self.group.level[step] == SUM:
            strides = self.summed_strides(step, r)
            cell = f"{self.pointer(step)}[{self.index(strides, level)}]"
            self.before.append(
                f"for (i64 i = 0; i < {step.size}; i++) {self.pointer(step)}[i] = {found.start};"
            )
            if not self.joined or level == ROW or strides[self.joined[-1][0]]:
                self.put(found.joined(cell, value), level, phase)
                return
            found.flush(cell)
        else:
            name = self.names[step] = f"v{n}"
            self.rows[phase].append(f"{variable_type(step.dtype)} {name} = {found.start};")
            found.flush(name)
            if self.emitter.in_memory(step):
                place = f"{self.pointer(step)}[{self.index(self._row_strides(step), ROW)}]"
                found.after.append(f"{place} = {name};")
        self.sums[phase].append(found)
        self.bodies[phase].append(found.step(value))

    def _row_strides(self, step: Step) -> Strides:
        return self.strides(step, step.shape)[: self.width]

    # ---------------------------------------------------------------------------------------------
    # The text

    def emit(self) -> str:
        """Return the body of the C function."""
        for n, step in enumerate(self.steps):
            self._statement(n, step)
        lines = list(self.before)
        for n, (_, size) in enumerate(self.joined[: self.cut]):
            lines.append(f"for (i64 i{n} = 0; i{n} < {size}; i{n}++) {{")
        for phase, row in enumerate(self.rows):
            lines += row
            lines += self._phase(phase)
        lines.append("}" * self.cut)
        return "\n".join(lines)

    def _phase(self, phase: int) -> list[str]:
        """Return the loops over the full values of one phase."""
        body, sums = self.bodies[phase], self.sums[phase]
        if not body:
            return []
        axes = list(enumerate(self.joined))[self.cut :]
        lines = [f"for (i64 i{n} = 0; i{n} < {size}; i{n}++) {{" for n, (_, size) in axes[:-1]]
        depth = len(lines)
        if not axes:
            lines += ["{", *[s.declared for s in sums], *body, *[s.flushed for s in sums], "}"]
        else:
            n, (_, size) = axes[-1]
            first, stop = "0", str(size)
            blocked = size > 2 * BLOCK and bool(sums)
            if blocked:
                lines.append(
                    f"for (i64 b = 0; b < {size}; b += {BLOCK}) {{ "
                    f"const i64 e = b + {BLOCK} < {size} ? b + {BLOCK} : {size};"
                )
                first, stop = "b", "e"
            lines.append("{")
            lines += [s.declared for s in sums]
            if size > 1:
                lines.append("\n#pragma omp simd " + " ".join(s.clause for s in sums))
            lines.append(f"for (i64 i{n} = {first}; i{n} < {stop}; i{n}++) {{")
            lines += body
            lines.append("}")
            lines += [s.flushed for s in sums]
            lines.append("}" + "}" * blocked)
        lines.append("}" * depth)
        lines += [line for s in sums for line in s.after]
        return lines


class Sum:
    """A reduction in a variable, which the compiler may split into lanes."""

    def __init__(self, name: str, ufunc: str, dtype: Any) -> None:
        self.name = name
        self.ufunc = ufunc
        self.dtype = np.dtype(dtype)
        self.after: list[str] = []
        self.kind = "int" if self.dtype.kind == "b" else variable_type(dtype)
        self.start = _identity(ufunc, self.dtype)
        self.extreme = ufunc in ("maximum", "minimum") and self.dtype.kind != "b"
        self.nan = self.extreme and self.dtype.kind == "f"
        self.sign = _signs(ufunc, self.dtype)
        self.flushed = ""

    @property
    def declared(self) -> str:
        """The declaration of the variables."""
        more = f" {self.kind} n{self.name} = 0;" if self.nan else ""
        return f"{self.kind} {self.name} = {self.start};{more}"

    @property
    def clause(self) -> str:
        """What the loop is told about them."""
        name = {">": "max", "<": "min"}.get(self.sign, self.sign)
        more = f" reduction(+:n{self.name})" if self.nan else ""
        return f"reduction({name}:{self.name}){more}"

    def step(self, value: str) -> str:
        """Return the statement that takes in one value."""
        s = self.name
        if not self.extreme:
            return f"{s} = {s} {self.sign} ({value});"
        more = f" n{s} += (x != x);" if self.nan else ""
        return f"{{ const {self.kind} x = {value}; {s} = x {self.sign} {s} ? x : {s};{more} }}"

    def joined(self, cell: str, value: str) -> str:
        """Return the statement that takes a value into a place in memory, nan included."""
        if not self.extreme:
            return f"{cell} = {cell} {self.sign} ({value});"
        nan = " || x != x" if self.nan else ""
        return (
            f"{{ const {self.kind} x = {value}, y = {cell}; "
            f"{cell} = (x {self.sign} y{nan}) ? x : y; }}"
        )

    def flush(self, cell: str) -> None:
        """Set where the variable goes after the innermost loop."""
        value = f'n{self.name} ? __builtin_nan("") : {self.name}' if self.nan else self.name
        self.flushed = self.joined(cell, value)


def _signs(ufunc: str, dtype: Any) -> str:
    if dtype.kind == "b":
        return {"add": "|", "maximum": "|", "logical_or": "|"}.get(ufunc, "&")
    return {"add": "+", "multiply": "*", "maximum": ">", "minimum": "<"}[ufunc]


def _identity(ufunc: str, dtype: Any) -> str:
    if dtype.kind == "b":
        return "0" if _signs(ufunc, dtype) == "|" else "1"
    if ufunc in ("maximum", "minimum"):
        if dtype.kind == "f":
            return literal(-np.inf if ufunc == "maximum" else np.inf, dtype)
        limits = np.iinfo(dtype)
        return literal(limits.min if ufunc == "maximum" else limits.max, dtype)
    return literal(0 if ufunc == "add" else 1, dtype)


def _contiguous(shape: tuple[int, ...]) -> Strides:
    found, stride = [], 1
    for n in reversed(shape):
        found.append(stride)
        stride *= n
    return tuple(reversed(found))


def _join(space: tuple[int, ...], axes: range, accesses: list[Strides]) -> list[tuple[int, int]]:
    """Return (axis, size) of the loops: axes of length 1 left out, those that run on joined."""
    found: list[tuple[int, int]] = []
    for axis in axes:
        size = space[axis]
        if size == 1:
            continue
        if found:
            before, length = found[-1]
            if all(s[before] == s[axis] * size for s in accesses):
                found[-1] = axis, length * size
                continue
        found.append((axis, size))
    return found
