"""Running sums, products and extremes along an axis, and the positions of extremes, in C.

Next: `memory.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...ops import reductions, running
from ..program import Step
from .calls import call_of
from .expressions import cast, known, memory_type
from .kernel import Kernel
from .sums import Sum

if TYPE_CHECKING:
    from .emit import Emitter


# rows of more entries than two of these are searched in blocks of so many
BLOCK = 128


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


_UFUNCS = (np.add, np.multiply, np.maximum, np.minimum)
_FORMS: dict[Any, Callable[..., Along | None]] = {
    reductions.cumsum.forward: _running("add", 0),
    reductions.cumprod.forward: _running("multiply", 0),
    np.cumsum: _running("add"),
    np.cumprod: _running("multiply"),
    running.cummax.forward: _running("maximum", 0),
    running.cummin.forward: _running("minimum", 0),
    **{u.accumulate: _running(u.__name__, 0) for u in _UFUNCS},
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
        x = cast(self._entry(self.x, self.strides), self.x.dtype, self.step.dtype)
        z = self._entry(self.step, self.target)
        last = self._entry(self.step, self.target, self.target[axis])
        lines = [*self._loops(before), f"{{ const i64 i{axis} = 0;"]
        lines += [*self._loops(behind), f"{z} = {x};", "}" * (len(behind) + 1)]
        lines += [*self._loops([axis], 1), *self._loops(behind)]
        if behind:
            lines.insert(-1, "\n#pragma omp simd")
        found = Sum("", self.form.ufunc, self.step.dtype)
        return [*lines, found.joined(z, x, last), "}" * (len(self.shape))]

    def _search(self) -> list[str]:
        """Find the extreme, nan if there is one, and then the first entry that equals it.

        A long row, or one of several axes, is searched again only where a block of it brought the
        extreme.
        """
        *others, last = self.form.axes
        n, stride = self.shape[last], self.strides[last]
        best, part = (Sum(name, self.form.ufunc, self.x.dtype) for name in ("best", "part"))
        x, kind = self._entry(self.x, self.strides), memory_type(self.x.dtype)
        target = self._entry(self.step, self.target)
        lines = [*self._loops(self.rest), best.declared]
        if not others and n <= 2 * BLOCK:
            lines.append(f"i64 i{last} = 0; const {kind} *at = &{x};")
            lines += ["{", *self._extreme(best, last, "0", str(n)), "}"]
            lines += [*self._first(best, stride, str(n)), f"{target} = first;"]
            return [*lines, "}" * len(self.rest)]
        lines.append(f"const {kind} *at = 0; i64 n = 0, begin = 0, size = 0;")
        lines += [
            *self._loops(others),
            f"for (i64 b = 0; b < {n}; b += {BLOCK}) {{",
            f"const i64 e = b + {BLOCK} < {n} ? b + {BLOCK} : {n}, i{last} = b;",
            part.declared,
            "{",
            *self._extreme(part, last, "b", "e"),
            "}",
            f"if (!at || {best.beaten_by(part)}) {{ {best.takes(part)}",
            f"at = &{x}; begin = n; size = e - b; }}",
            "n += e - b; }",
            "}" * len(others),
        ]
        lines += [*self._first(best, stride, "size"), f"{target} = begin + first;"]
        return [*lines, "}" * len(self.rest)]

    def _extreme(self, found: Sum, axis: int, start: str, stop: str) -> list[str]:
        """Return the loop that finds the extreme along an axis."""
        loop = f"for (i64 i{axis} = {start}; i{axis} < {stop}; i{axis}++)"
        x = self._entry(self.x, self.strides)
        return [f"\n#pragma omp simd {found.clause}", f"{loop} {found.step(x)}"]

    def _first(self, best: Sum, stride: int, size: str) -> list[str]:
        """Return the loop that finds the first entry that is the extreme, without branches."""
        # as wide as the entries, so that vectors of both are equally long
        whole = memory_type(np.dtype(f"i{max(self.x.dtype.itemsize, 2)}"))

        def loop(test: str) -> str:
            return (
                "{\n#pragma omp simd reduction(min:first)\n"
                f"for ({whole} k = 0; k < {size}; k++) {{ "
                f"const {memory_type(self.x.dtype)} x = at[k*{stride}]; "
                f"const {whole} here = {test} ? k : {2 * BLOCK}; "
                "first = here < first ? here : first; }\n}"
            )

        lines = [f"{whole} first = {2 * BLOCK};"]
        if best.nan:
            lines += [f"if (n{best.name})", loop("x != x"), "else"]
        return [*lines, loop(f"x == {best.name}")]
