"""A program as Python source: NumPy calls one after another, writing into buffers made once.

Numbers stay in local variables, arrays in buffers that are reused once their contents are no longer
needed. An operation writes into the buffer of an operand that nothing else reads. Outputs are
allocated afresh. The steps that only updates need come last, after all checks, and write into the
arrays they update. Next: `regions.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from ..cache import aligned
from ..optimize import flat
from ..optimize.flat import Group
from ..program import Program, Step
from ..step_functions import scattered
from .extrema import Extrema
from .places import CHEAP, SIGNS
from .python_code import code_of
from .regions import LEAST, Region, find

Array = np.ndarray[Any, Any]


class Emitter(Extrema):
    """Turns a program into a Python function.

    Parameters
    ----------
    program : Program
    bound : mapping of Step to array
        Inputs that are the same arrays at every call; the others become arguments.
    numbers : sequence of Step
        The updated inputs that are numbers, whose new values are returned after the outputs.
    blocked : bool
        Whether long runs over large arrays are computed a block of rows at a time.
    groups : sequence of Group
        Updates that are joined, of arrays that are the same at every call.
    kept : collection of int
        Outputs that may be such arrays, and be overwritten by the next call.
    """

    def __init__(
        self,
        program: Program,
        bound: Mapping[Step, Array],
        numbers: Sequence[Step] = (),
        blocked: bool = True,
        groups: Sequence[Group] = (),
        kept: Collection[int] = (),
    ) -> None:
        super().__init__(program, bound, groups)
        self.kept = kept
        self.numbers = list(numbers)
        self.large = any(step.size >= LEAST for step in self.order)
        self.blocked = blocked and self.large
        self._keep()
        self.filled = {
            step: whole for step in self.order if (whole := self._fill(step)) is not None
        }

    # ---------------------------------------------------------------------------------------------
    # Steps

    def emit(self) -> None:
        """Write the lines of all steps, the checks and the updates."""
        if not self.large:
            self.join()
        self.arguments = []
        for i, step in enumerate(self.program.inputs):
            if step not in self.bound:
                self.place[step] = f"in{i}"
                self.arguments.append(f"in{i}")
        self._run(0, self.head)
        self._checks()
        self._before_writing()
        self._run(self.head, len(self.order))
        self._updates()
        self._return()

    def _run(self, start: int, stop: int) -> None:
        """Write the steps between two positions, long runs over large arrays in blocks."""
        regions = find(self.order, start, stop) if self.blocked else {}
        k = start
        while k < stop:
            if k in regions:
                end, rows = regions[k]
                Region(self, k, end, rows).emit()
                done = self.order[k:end]
            else:
                step, end = self.order[k], k + 1
                for group in self.batches.get(step, ()):
                    self.write_group(group)
                self._step(k, step)
                self.release(k, step)
                done = [step]
            for step in done:
                if step in self.slices:
                    self._settle(step, self.slices[step])
            k = end

    def _settle(self, step: Step, slot: Array) -> None:
        """Copy the leaves of a group into its slices, if they were computed elsewhere."""
        if not self._lies_in(step, slot):
            self.put(f"{self.name(slot, 'b')}[...] = {self.ref(step)}")
            self.place[step] = slot

    def _lies_in(self, step: Step, slot: Array) -> bool:
        place = self.place.get(step)
        return place is slot or (isinstance(place, np.ndarray) and np.shares_memory(place, slot))

    def _step(self, k: int, step: Step) -> None:
        if step.kind == "constant" or step in self.joined:
            return
        if step in self.affine:
            self.write_layer(k, step)
            return
        getattr(self, f"_{step.kind}")(k, step)

    def _elementwise(self, k: int, step: Step) -> None:
        name, arguments = step.name, step.arguments
        if step.weak or not step.shape:
            refs = [self.ref(a) for a in arguments]
            # an operator on Python numbers only would give a Python number, which takes any dtype
            cheap = name in CHEAP and not all(a.weak for a in arguments)
            sign = SIGNS.get(name) if step.weak or cheap else None
            if name == "item":
                text = f"{refs[0]}.item()"
            elif name == "isfinite" and arguments[0].dtype.kind == "f" and not arguments[0].weak:
                text = f"{refs[0]} - {refs[0]} == 0.0"
            elif sign is not None:
                text = sign.format(*refs)
            else:
                text = self._called(step, refs)
            self.put(f"{self.local(step)} = {text}")
            return
        dtypes = step.combined
        alike = name != "ldexp" and all(d == dtypes[0] for d in dtypes)  # which takes integers
        beside = dtypes[0] if dtypes and alike else None
        refs = [self.like(a, step) or self._beside(a, step, beside) for a in arguments]
        if name == "where":
            self.put(f"{self.local(step)} = {self.name(np.where, 'f')}({', '.join(refs)})")
            return
        out = self.target(k, step)
        if name == "astype":
            if out is None:
                dtype = self.name(step.dtype)
                self.put(f"{self.local(step)} = {refs[0]}.astype({dtype})")
            else:
                self.put(f"{out}[...] = {refs[0]}")
            return
        f = self.name(step.function)
        if out is None:
            self.put(f"{self.local(step)} = {f}({', '.join(refs)})")
        elif name in ("maximum", "minimum"):
            self.put(f"{f}({', '.join(refs)}, out={out})")
        else:
            self.put(f"{f}({', '.join([*refs, out])})")

    def _called(self, step: Step, refs: list[str]) -> str:
        extra = [
            f"{k}={self.name(v) if not _plain(v) else repr(v)}" for k, v in step.parameters.items()
        ]
        return f"{self.name(step.function, 'f')}({', '.join([*refs, *extra])})"

    def _reduce(self, k: int, step: Step) -> None:
        (x,) = step.arguments
        axes, keep = step.parameters["axis"], step.parameters["keepdims"]
        f = self.name(getattr(np, step.name).reduce, f"{step.name}_reduce_")
        axis = axes[0] if len(axes) == 1 else None if len(axes) == len(x.shape) else axes
        if not step.shape:
            found = self._extremum(step) or f"{f}({self.ref(x)}, {axis})"
            self.put(f"{self.local(step)} = {found}")
            return
        out = self.target(k, step)
        if out is not None and (found := self._extremum(step)):
            self.put(f"{out}[...] = {found}")
            return
        if self._has_short_rows(step):
            columns, found = np.empty(x.shape[::-1], x.dtype), self.place[step].reshape(-1)
            self.put(f"{self.name(columns.T, 'b')}[...] = {self.ref(x)}")
            self.put(f"{f}({self.name(columns, 'b')}, 0, None, {self.name(found, 'b')})")
        elif out is None:
            self.put(f"{self.local(step)} = {f}({self.ref(x)}, {axis}, None, None, {keep})")
        else:
            self.put(f"{f}({self.ref(x)}, {axis}, None, {out}, {keep})")

    def _product(self, k: int, step: Step) -> None:
        x, y = step.arguments
        a = self.ref(x)
        b = self.ref(y) if step not in self.weights else self.name(self.weights[step], "p")
        if step.name == "inner":
            self.put(f"{self.local(step)} = {self.flat(x)}.dot({self.flat(y)})")
            return
        plain = (
            len(x.shape) <= 2
            and len(y.shape) <= 2
            and x.dtype == y.dtype
            and step.dtype.kind == "f"
        )
        if not step.shape:
            text = (
                f"{a}.dot({b})" if plain and step.name == "matmul" else self._called(step, [a, b])
            )
            self.put(f"{self.local(step)} = {text}")
            return
        out = self.target(k, step)
        if step.name == "matmul" and plain and x.shape and y.shape:
            call = f"{a}.dot({b}" + (")" if out is None else f", {out})")
        else:
            call = f"{self.name(step.function, 'f')}({a}, {b}" + (
                ")" if out is None else f", {out})"
            )
        self.put(call if out is not None else f"{self.local(step)} = {call}")

    def _view(self, k: int, step: Step) -> None:
        (x,) = step.arguments
        array = self.static(x)
        if array is not None and step.shape:
            made = step.compute([array])
            if np.may_share_memory(made, array) or not made.size:
                self.place[step] = made
                return
        ref = self.ref(x)
        if step.name == "reshape" and x.shape:
            text = f"{ref}.reshape({step.shape!r})" + ("" if step.shape else "[()]")
        elif step.name == "transpose":
            text = f"{ref}.transpose({step.parameters['axes']!r})"
        elif step.name == "getitem":
            text = f"{ref}[{self.name(step.parameters['index'], 'i')}]"
        elif not x.shape and step.shape and step not in self.leaving:
            out = self.target(k, step)
            self.put(f"{out}.fill({ref})")
            return
        else:
            text = self._called(step, [ref])
        self.put(f"{self.local(step)} = {text}")

    def _keep(self) -> None:
        """Give a permanent array to an output that may be overwritten by the next call."""
        roots = [self.root[step] for step in self.program.outputs]
        for i in self.kept:
            root = roots[i]
            computed = root.kind in ("elementwise", "reduce", "product") and root.name != "where"
            if computed and root.shape and root not in self.into and roots.count(root) == 1:
                if root not in self.slices:
                    self.slices[root] = aligned(root.shape, root.dtype)
                    self.permanent.add(root)
                self.leaving.discard(root)

    def _fill(self, step: Step) -> Array | None:
        """Return an array that is 0 except for a part, and have that part computed in place."""
        if step.kind != "call":
            return None
        whole = np.zeros(step.shape, step.dtype)
        part = scattered(step, whole)
        if part is None:
            return None
        (x,) = step.arguments
        free = self.root[x] is x and x not in self.into and x not in self.leaving
        if free and x.kind in ("elementwise", "reduce", "product") and part.flags.c_contiguous:
            self.slices.setdefault(x, part)
        return whole

    def _call(self, k: int, step: Step) -> None:
        whole = self.filled.get(step)
        if whole is not None:  # only the part is written at each call
            self.place[step] = whole
            part, (x,) = scattered(step, whole), step.arguments
            if self.slices.get(x) is None or not np.shares_memory(self.slices[x], part):
                self.put(f"{self.name(part, 'b')}[...] = {self.ref(x)}")
            return
        self.put(
            f"{self.local(step)} = {self._called(step, [self.ref(a) for a in step.arguments])}"
        )

    _random = _call

    def _item(self, k: int, step: Step) -> None:
        self.put(f"{self.local(step)} = {self.ref(step.arguments[0])}[{step.parameters['part']}]")

    # ---------------------------------------------------------------------------------------------
    # The end

    def _checks(self) -> None:
        names = [self.name(a, "b") for a in self.searched]
        if names:
            self.put(f"nan = {' + '.join([f'{name}.dot({name})' for name in names])}")
            self.put("if nan != nan: return None")
        for step, wanted in self.program.checks:
            if step in self.joined:
                continue
            ref = self.ref(step)
            self.put(f"if not {ref}: return None" if wanted else f"if {ref}: return None")

    def _before_writing(self) -> None:
        """Copy outputs and updates out of arrays that are about to change."""
        self.early: dict[Step, str] = {}
        changed = {old for old, _ in self.program.updates}
        for step in [*self.program.outputs, *(new for _, new in self.updates)]:
            root = self.root[step]
            if root in changed and step not in self.early:
                self._count += 1
                self.early[step] = f"u{self._count}"
                copy = "" if step.weak else ".copy()"  # Python's numbers never change
                self.put(f"u{self._count} = {self.ref(step)}{copy}")

    def _updates(self) -> None:
        """Copy updates that were not computed in place; all reads come before any writes."""
        copies = []
        for old, new in self.updates:
            if self.into.get(new) is old or old in self.numbers:
                continue
            ref = self.early.get(new)
            if ref is None:
                ref = self.ref(new)
                if self.root[new] in self.bound or new in self.into:
                    self._count += 1
                    self.put(f"u{self._count} = {ref}.copy()")
                    ref = f"u{self._count}"
            copies.append(f"{self.ref(old)}[...] = {ref}")
        for group in self.groups:
            flat.emit(group, self.put, self.name, self.ref)
        self.lines += copies

    def _return(self) -> None:
        seen: set[Step] = set()
        texts = []
        for i, step in enumerate(self.program.outputs):
            root, ref = self.root[step], self.early.get(step) or self.ref(step)
            own = isinstance(self.place.get(root), str) and root.kind != "input"
            if step in self.slices or root in self.slices:
                own = i in self.kept
            own = own or step in self.early
            # broadcast arrays cannot be written to
            own = own and math.prod(step.shape) <= math.prod(root.shape)
            if step.shape and (not own or root in seen):
                ref = f"{ref}.copy()"
            seen.add(root)
            texts.append(ref)
        numbers = [new for old, new in self.updates if old in self.numbers]
        texts += [self.early.get(new) or self.ref(new) for new in numbers]
        self.put(f"return [{', '.join(texts)}]")

    def lent(self, step: Step) -> Array | None:
        """Return the array of an output that is the same at every call; None if it is a new one."""
        place = self.place.get(step)
        flat = step in self.slices or self.root[step] in self.slices
        return place if flat and isinstance(place, np.ndarray) else None

    def source(self) -> str:
        """Return the text of the function."""
        body = "\n    ".join(self.lines)
        return f"def program({', '.join(self.arguments)}):\n    {body}\n"

    def compile(self) -> Callable[..., list[Any] | None]:
        """Return the function, which returns None, with nothing changed, if a check fails."""
        self.emit()
        self.readable = self.source()
        space = dict(self.names)
        exec(code_of(self.readable), space)
        # not left in its globals, which would be a cycle
        found: Callable[..., list[Any] | None] = space.pop("program")
        return found


def _plain(x: Any) -> bool:
    return isinstance(x, int | str | None) or (isinstance(x, tuple) and all(map(_plain, x)))
