"""One group of steps as a loop nest in C. Next: `tiles.py`.

Every operand that comes from memory and every value that goes there has strides over the axes of
the nest. The innermost loop is declared free of dependences, with its sums as reductions, so that
the compiler may vectorise it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..program import Step
from .axes import Strides, contiguous
from .expressions import cast, is_slow, literal, text, variable_type
from .groups import FULL, ROW, SUM, Group
from .layout import BLOCK, Layout
from .sums import Reduction, Sum
from .tiles import registers

if TYPE_CHECKING:
    from .emit import Emitter

# the least iterations over vectors for which these are the longest
TURNS = 4


class Nest(Layout):
    """Writes the loop nest of a group."""

    def __init__(self, emitter: Emitter, group: Group) -> None:
        super().__init__(emitter, group)
        self.names: dict[Step, str] = {}
        self.loads: dict[tuple[str, Strides, int, int], str] = {}
        self.again: dict[tuple[Step, int], str] = {}
        self.repeated: dict[tuple[str, Strides], str] = {}
        self.kept: dict[Step, str] = {}
        # statements done once, at the start and end of each piece, and for the sums of the pieces
        self.once: list[str] = []
        self.before: list[str] = []
        self.end: list[str] = []
        self.parts: list[tuple[Sum, str, int, str]] = []
        self.rows: list[list[str]] = [[] for _ in range(self.phases)]
        self.bodies: list[list[str]] = [[] for _ in range(self.phases)]
        self.sums: list[list[Sum]] = [[] for _ in range(self.phases)]

    def index(self, strides: Strides, level: int) -> str:
        """Return the index of an entry, as text over the loop variables."""
        return self.axes.index(strides, len(self.axes.loops) if level == FULL else self.axes.cut)

    def _innermost(self) -> str:
        """Return the index of an entry in memory that is kept for the innermost loop."""
        if not self.axes.loops:
            return "0"
        return f"i{len(self.axes.loops) - 1}" + (" - b" if self.strip else "")

    # ---------------------------------------------------------------------------------------------
    # Statements

    def put(self, line: str, level: int, phase: int) -> None:
        """Add a statement to the loop over full values, or before it in a row."""
        (self.bodies if level == FULL else self.rows)[phase].append(line)

    def operand(self, a: Step, shape: tuple[int, ...], level: int, phase: int) -> str:
        """Return the variable or literal of an operand."""
        if a in self.group.level:
            return self._own_value(self.source(a), phase)
        constant = self.emitter.splat(a)
        if constant is not None:
            return literal(constant.value, a.dtype)
        strides = self.strides(a, shape)
        pointer, index = self.pointer(a), self.index(strides, level)
        kind = variable_type(a.dtype)
        if not any(strides):
            level, phase, target = -1, 0, self.before
        else:
            target = (self.bodies if level == FULL else self.rows)[phase]
        key = pointer, strides, level, phase
        if key not in self.loads:
            name = self.loads[key] = f"l{len(self.loads)}"
            if level == FULL and self.axes.is_repeated(strides):
                pointer, index = self._repeat(a, pointer, strides), self._innermost()
            target.append(f"const {kind} {name} = {pointer}[{index}];")
        return self.loads[key]

    def _repeat(self, a: Step, pointer: str, strides: Strides) -> str:
        """Return a pointer to copies of a short row."""
        key = pointer, strides
        if key not in self.repeated:
            row, times = self.axes.loops[-1], self.axes.times
            n = row.size // times
            copy = self.repeated[key] = self.scratch(row.size, a.dtype)
            self.before.append(
                f"for (i64 p = 0; p < {times}; p++) for (i64 i = 0; i < {n}; i++) "
                f"{copy}[p*{n} + i] = {pointer}[i*{strides[row.axis]}];"
            )
        return self.repeated[key]

    def _own_value(self, a: Step, phase: int) -> str:
        if self.level(a) != FULL or self.phase[a] == phase:
            return self.names[a]
        key = a, phase
        if key not in self.again:
            found = self.kept.get(a)
            if found is None:
                refs = [self.operand(b, a.shape, FULL, phase) for b in a.arguments]
                found = text(a, refs)
            name = self.again[key] = f"w{len(self.again)}"
            self.bodies[phase].append(f"const {variable_type(a.dtype)} {name} = {found};")
        return self.again[key]

    def _statement(self, n: int, step: Step) -> None:
        level, phase = self.level(step), self.phase[step]
        r = self.group.reductions.get(step)
        if r is not None:
            self._reduction(n, step, r, phase)
            return
        shape = self.group.space if self.moves(step) else step.shape
        refs = [self.operand(a, shape, level, phase) for a in self.operands(step)]
        found = self._value(step, refs, level)
        name = self.names[step] = f"v{n}"
        self.put(f"const {variable_type(step.dtype)} {name} = {found};", level, phase)
        if step in self.entries and self.moves(step):
            sign = "+=" if self.entries[step].adds else "="
            self.put(f"{self._entry(step, refs[1:], level)} {sign} {name};", level, phase)
            return
        if self.emitter.in_memory(step):
            place = f"{self.pointer(step)}[{self.index(self.stored(step), level)}]"
        elif self.keeps(step):
            place = f"{self._row_of(step)}[{self._kept_at()}]"
        else:
            return
        self.put(f"{place} = {name};", level, phase)
        self.kept[step] = place

    def _row_of(self, step: Step) -> str:
        row = int(np.prod(self.inner, dtype=np.int64)) if self.width else self.axes.last
        return self.scratch(self.strip or row, step.dtype)

    def _kept_at(self) -> str:
        if self.width:
            return self.index((0,) * self.width + contiguous(self.inner), FULL)
        return self._innermost()

    def _value(self, step: Step, refs: Sequence[str], level: int) -> str | None:
        """Return the value of a step that is not a reduction."""
        if step in self.entries and not self.moves(step):
            return self._entry(step, refs, level)
        if self.moves(step):
            return cast(refs[0], self.operands(step)[0].dtype, step.dtype)
        return text(step, refs)

    def _entry(self, step: Step, positions: Sequence[str], level: int) -> str:
        """Return the entry that a step reads, or writes to zeros, at positions."""
        found, (offset, strides) = self.entries[step], self.positions[step]
        array, pointer = self.emitter.layout[found.array], self.pointer(found.array)
        if found.moved is not None and found.start is None:
            self.once.append(f"for (i64 i = 0; i < {step.size}; i++) {pointer}[i] = 0;")
        terms = [str(offset), self.index(strides, level)]
        for ref, (position, axis, n) in zip(positions, found.indices, strict=True):
            inside = ref if position.kind == "constant" else f"inside({ref}, {n})"
            terms.append(f"{inside}*{array.strides[axis] // array.itemsize}")
        return f"{pointer}[{' + '.join(t for t in terms if t != '0') or '0'}]"

    def _in_order(self) -> bool:
        """Whether iterations of the innermost loop may write the same entry."""
        axis = self.axes.loops[-1].axis
        for step, found in self.entries.items():
            if found.repeats and (
                not self.positions[step][1][axis]
                or any(self.strides(i.step, found.space)[axis] for i in found.indices)
            ):
                return True
        return False

    # ---------------------------------------------------------------------------------------------
    # Reductions

    def _reduction(self, n: int, step: Step, r: Reduction, phase: int) -> None:
        level = FULL if r.shape == self.group.space else ROW
        refs = [self.operand(a, r.shape, level, phase) for a in r.operands]
        refs = [cast(x, a.dtype, step.dtype) for x, a in zip(refs, r.operands, strict=True)]
        value = " * ".join(refs)
        found = Sum(f"s{n}", r.name, step.dtype)
        if self.group.level[step] == SUM:
            strides = self.summed_strides(step, r)
            cell = self._cell(step, found, strides, level)
            if not self.axes.loops or level == ROW or strides[self.axes.loops[-1].axis]:
                self.put(found.joined(cell, value), level, phase)
                return
            found.flush(cell)
        else:
            name = self.names[step] = f"v{n}"
            self.rows[phase].append(f"{variable_type(step.dtype)} {name} = {found.start};")
            found.flush(name)
            if self.emitter.in_memory(step):
                strides = self.strides(step, step.shape)[: self.width]
                found.after.append(f"{self.pointer(step)}[{self.index(strides, ROW)}] = {name};")
        self.sums[phase].append(found)
        self.bodies[phase].append(found.step(value))

    def _cell(self, step: Step, found: Sum, strides: Strides, level: int) -> str:
        """Return the variable of a sum: its own, that of a piece, or that of several rows."""
        pointer, size = self.pointer(step), step.size
        if self.pieces > 1:
            whole, pointer = pointer, self.scratch(size, step.dtype)
            self.once.append(found.cleared(whole, size))
            self.parts.append((found, whole, size, pointer))
        self.before.append(found.cleared(pointer, size))
        if level == FULL and self.axes.is_repeated(strides):
            row, times = self.axes.loops[-1], self.axes.times
            n = row.size // times
            several = self.scratch(row.size, step.dtype)
            self.before.append(found.cleared(several, row.size))
            place = f"i*{strides[row.axis]}"
            self.end.append(found.folded(pointer, place, n, several, times, n))
            return f"{several}[{self._innermost()}]"
        return f"{pointer}[{self.index(strides, level)}]"

    # ---------------------------------------------------------------------------------------------
    # The text

    def emit(self) -> tuple[str, str]:
        """Return the function of a piece, if there are several, and the body of the kernel."""
        for n, step in enumerate(self.steps):
            self._statement(n, step)
        loops = self.axes.loops
        lines = list(self.before)
        lines += [self._loop(n) for n in range(self.axes.cut)]
        if self.strip:
            lines.append(self._blocks(len(loops) - 1, self.strip))
        for phase, row in enumerate(self.rows):
            lines += row
            lines += self._phase(phase)
        lines.append("}" * (self.axes.cut + bool(self.strip)))
        lines += self.end
        body = "\n".join(lines)
        if self.pieces == 1:
            return "", "\n".join([*self.once, body])
        joins = [
            found.folded(whole, "i", size, part, self.pieces, self.apart(part))
            for found, whole, size, part in self.parts
        ]
        piece = self.piece(body, loops[0].size)
        return piece, "\n".join([*self.once, self.in_pieces(), *joins])

    def _turns(self, n: int) -> tuple[str, str]:
        """Return the start and the end of a loop."""
        if n == 0 and self.pieces > 1:
            return "first", "stop"
        return "0", str(self.axes.loops[n].size)

    def _loop(self, n: int) -> str:
        first, stop = self._turns(n)
        return f"for (i64 i{n} = {first}; i{n} < {stop}; i{n}++) {{"

    def _blocks(self, n: int, size: int) -> str:
        """Return the loop over blocks of iterations of another."""
        first, stop = self._turns(n)
        return (
            f"for (i64 b = {first}; b < {stop}; b += {size}) {{ "
            f"const i64 e = b + {size} < {stop} ? b + {size} : {stop};"
        )

    def _wide(self, phase: int, size: int) -> list[str]:
        """Return the clause that asks for the longest vectors, for slow functions in long loops.

        By themselves compilers take shorter ones on some processors, as those suit fast loops.
        """
        longest, _ = registers()
        steps = [s for s in self.steps if self.phase[s] == phase and self.level(s) == FULL]
        sizes = {s.dtype.itemsize for s in steps if is_slow(s)}
        if longest < 64 or len(sizes) != 1:
            return []
        lanes = longest // sizes.pop()
        return [f"simdlen({lanes})"] if size >= TURNS * lanes else []

    def _phase(self, phase: int) -> list[str]:
        """Return the loops over the full values of one phase."""
        body, sums = self.bodies[phase], self.sums[phase]
        if not body:
            return []
        loops = list(enumerate(self.axes.loops))[self.axes.cut :]
        lines = [self._loop(n) for n, _ in loops[:-1]]
        declared, flushed = [s.declared for s in sums], [s.flushed for s in sums]
        if not loops:
            lines += ["{", *declared, *body, *flushed, "}"]
        else:
            n, loop = loops[-1]
            blocked = not self.strip and bool(sums) and loop.size > 2 * BLOCK
            if blocked:
                lines.append(self._blocks(n, BLOCK))
            lines += ["{", *declared]
            if loop.size > 1 and not self._in_order():
                clauses = [*self._wide(phase, loop.size), *(s.clause for s in sums)]
                lines.append("\n#pragma omp simd " + " ".join(clauses))
            short = f"for (i64 i{n} = b; i{n} < e; i{n}++) {{"
            lines.append(short if blocked or self.strip else self._loop(n))
            lines += [*body, "}", *flushed, "}" + "}" * blocked]
        lines.append("}" * (len(loops) - 1))
        lines += [line for s in sums for line in s.after]
        return lines
