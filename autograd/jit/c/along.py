"""Running sums and products along an axis, and the positions of extremes, in C.

Next: `memory.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...ops import reductions
from ..program import Step
from .calls import call_of
from .expressions import cast, known, memory_type
from .kernel import Kernel
from .sums import Sum

if TYPE_CHECKING:
    from .emit import Emitter


class Along(NamedTuple):
    """What a step computes along axes: the ufunc of a running sum, or of the extreme it finds."""

    ufunc: str
    axes: tuple[int, ...]
    finds: bool


def _running(ufunc: str, first: int | None = None) -> Callable[..., Along | None]:
    def form(x: Step, axis: Any = first, dtype: Any = None, out: Any = None) -> Along | None:
        n = len(x.shape)
        if dtype is not None or out is not None or n == 0 or (axis is None and n > 1):
            return None
        return Along(ufunc, ((axis or 0) % n,), False)

    return form


def _search(ufunc: str) -> Callable[..., Along | None]:
    def form(x: Step, axis: Any = None, out: Any = None, keepdims: Any = False) -> Along | None:
        n = len(x.shape)
        if out is not None or n == 0:
            return None
        return Along(ufunc, tuple(range(n)) if axis is None else (axis % n,), True)

    return form


_FORMS: dict[Any, Callable[..., Along | None]] = {
    reductions.cumsum.forward: _running("add", 0),
    reductions.cumprod.forward: _running("multiply", 0),
    np.cumsum: _running("add"),
    np.cumprod: _running("multiply"),
    np.argmax: _search("maximum"),
    np.argmin: _search("minimum"),
}


def along(step: Step) -> Along | None:
    """Return a step as a computation along axes that C knows; None if it is none."""
    call = call_of(step, _FORMS)
    if call is None or len(step.arguments) != 1:
        return None
    (x,) = step.arguments
    plain = known(x.dtype) and known(step.dtype) and step.dtype.kind != "b"
    if not plain or call.arguments[:1] != (x,):
        return None
    return _FORMS[call.function](*call.arguments, **call.named)


class AlongAxes(Kernel):
    """Writes one step that computes along axes."""

    def __init__(self, emitter: Emitter, step: Step, form: Along) -> None:
        super().__init__(emitter)
        self.step, self.form = step, form
        (self.x,) = step.arguments
        self.shape = self.x.shape
        self.strides = emitter.ref(self.x).strides
        self.rest = [a for a in range(len(self.shape)) if a not in form.axes]
        self.target = emitter.ref(step).strides
        if form.finds:  # one for each entry of the other axes, whether or not these alone are left
            kept = len(self.target) == len(self.shape)
            found = dict(
                zip(range(len(self.shape)) if kept else self.rest, self.target, strict=True)
            )
            self.target = tuple(found[a] if a in self.rest else 0 for a in range(len(self.shape)))

    def emit(self) -> tuple[str, str]:
        """Return the function of a piece, which is empty, and the body of the kernel."""
        lines = self._search() if self.form.finds else self._running()
        return "", "\n".join(lines)

    def _loops(self, axes: Sequence[int], start: int = 0) -> list[str]:
        return [f"for (i64 i{a} = {start}; i{a} < {self.shape[a]}; i{a}++) {{" for a in axes]

    def _entry(self, step: Step, strides: Sequence[int], less: int = 0) -> str:
        """Return the entry at the loop variables, or ``less`` entries before it."""
        terms = " + ".join(f"i{a}*{s}" for a, s in enumerate(strides) if s) or "0"
        return f"{self.pointer(step)}[{terms}{f' - {less}' if less else ''}]"

    def _running(self) -> list[str]:
        (axis,) = self.form.axes
        before, behind = self.rest[:axis], self.rest[axis:]
        sign = "+" if self.form.ufunc == "add" else "*"
        x = cast(self._entry(self.x, self.strides), self.x.dtype, self.step.dtype)
        z = self._entry(self.step, self.target)
        last = self._entry(self.step, self.target, self.target[axis])
        lines = [*self._loops(before), f"{{ const i64 i{axis} = 0;"]
        lines += [*self._loops(behind), f"{z} = {x};", "}" * (len(behind) + 1)]
        lines += [*self._loops([axis], 1), *self._loops(behind)]
        if behind:
            lines.insert(-1, "\n#pragma omp simd")
        return [*lines, f"{z} = {last} {sign} {x};", "}" * (len(self.shape))]

    def _search(self) -> list[str]:
        """Find the extreme, nan if there is one, and then the first entry that equals it."""
        kind = memory_type(self.x.dtype)
        best = Sum("best", self.form.ufunc, self.x.dtype)
        x, axes = self._entry(self.x, self.strides), self.form.axes
        lines = [*self._loops(self.rest), best.declared, *self._loops(axes)]
        lines.insert(-1, f"\n#pragma omp simd {best.clause}")
        lines += [best.step(x), "}" * len(axes), "i64 n = 0;", *self._loops(axes)]
        found = f"x == {best.name}"
        if best.nan:
            found = f"n{best.name} ? x != x : {found}"
        lines += [f"const {kind} x = {x}; if ({found}) goto found; n++;", "}" * len(axes)]
        return [*lines, f"found: {self._entry(self.step, self.target)} = n;", "}" * len(self.rest)]
