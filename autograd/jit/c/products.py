"""Matrix products in C: in tiles, in plain loops, or by the BLAS that NumPy loaded.

Next: `calls.py`.
"""

from __future__ import annotations

import ctypes
import functools
import glob
import os
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..program import Step
from .expressions import code, memory_type
from .kernel import Kernel
from .tiles import MOST, NEAR, Operand, Tiles

# products with more multiplications than this are computed by BLAS, if not in tiles
LARGE = 1 << 15
# from this many rows of results on, a factor is copied for tiles
COPIED = 4
# the longest row of results that a small product keeps
WIDE = 1 << 12
# shorter sums are not vectorised: joining the lanes of a vector takes as long
LANES = 8


class Blas(NamedTuple):
    """The functions of a BLAS, and the width of its integers."""

    functions: dict[str, int]
    integer: str


@functools.cache
def blas() -> Blas | None:
    """Return the matrix products of the BLAS that NumPy loaded; None if they are not found."""
    folder = os.path.dirname(np.__file__)
    places = [folder + ".libs", os.path.join(folder, ".dylibs"), os.path.join(folder, "..", "lib")]
    for path in [p for place in places for p in sorted(glob.glob(f"{place}/*openblas*"))]:
        try:
            library = ctypes.CDLL(path)
        except OSError:
            continue
        for form, integer in (
            ("scipy_cblas_{}64_", "i64"),
            ("cblas_{}64_", "i64"),
            ("scipy_cblas_{}", "int"),
            ("cblas_{}", "int"),
        ):
            try:
                found = {
                    name: ctypes.cast(getattr(library, form.format(name)), ctypes.c_void_p).value
                    for name in ("dgemm", "sgemm", "dgemv", "sgemv")
                }
            except AttributeError:
                continue
            return Blas({k: int(v or 0) for k, v in found.items()}, integer)
    return None


class Shape(NamedTuple):
    """A product of (m, k) and (k, n), once for each entry of a stack."""

    stack: tuple[int, ...]
    m: int
    k: int
    n: int


def shape_of(step: Step) -> Shape:
    """Return the sizes of a product as NumPy's matmul defines them."""
    x, y = (a.shape for a in step.arguments)
    m = x[-2] if len(x) > 1 else 1
    n = y[-1] if len(y) > 1 else 1
    return Shape(np.broadcast_shapes(x[:-2], y[:-2]), m, x[-1], n)


def native(step: Step) -> bool:
    """Whether C computes a product."""
    x, y = step.arguments
    same = x.dtype == y.dtype == step.dtype and code(step.dtype) in ("f8", "f4")
    if step.name != "matmul" or not same or not x.shape or not y.shape:
        return False
    sizes = shape_of(step)
    small = sizes.m * sizes.k * sizes.n <= LARGE
    return small or blas() is not None or in_tiles(sizes, step.dtype.itemsize, False)


def in_tiles(sizes: Shape, itemsize: int, beside: bool) -> bool:
    """Whether to compute a product in tiles: for several rows and columns, if b stays in the cache.

    If the columns of b are not contiguous it is copied, which only pays for many rows.
    """
    _, m, k, n = sizes
    few = 2 if beside else COPIED if m * k * n <= LARGE else 4 * COPIED
    return m >= few and k >= 2 and n >= 2 and m * k * n <= MOST and k * n * itemsize <= NEAR


class Product(Kernel):
    """Writes one product."""

    def __init__(self, emitter: Any, step: Step) -> None:
        super().__init__(emitter)
        self.step = step
        self.sizes = shape_of(step)
        self.kind = memory_type(step.dtype)
        self.fused = "MULTIPLY_ADD" if code(step.dtype) == "f8" else "MULTIPLY_ADDF"
        x, y = step.arguments
        depth = len(self.sizes.stack)
        self.a = self._operand(x, depth, len(x.shape) == 1, False)
        self.b = self._operand(y, depth, False, len(y.shape) == 1)
        self.z = self._result()

    def _operand(self, a: Step, depth: int, as_row: bool, as_column: bool) -> Operand:
        strides = list(self.emitter.ref(a).strides)
        if as_row:
            strides.insert(0, 0)
        if as_column:
            strides.append(0)
        stack = strides[:-2]
        lengths = a.shape[:-2]
        stack = [0 if n == 1 else s for s, n in zip(stack, lengths, strict=False)]
        stack = [0] * (depth - len(stack)) + stack
        return Operand(self.pointer(a), tuple(stack), strides[-2], strides[-1])

    def _result(self) -> Operand:
        _, m, _, n = self.sizes
        stack, size = [], m * n
        for length in reversed(self.sizes.stack):
            stack.append(size)
            size *= length
        return Operand(self.pointer(self.step), tuple(reversed(stack)), n, 1)

    def emit(self) -> tuple[str, str]:
        """Return the function of a piece, which is empty, and the body of the kernel."""
        lines = []
        stack = self.sizes.stack
        for i, length in enumerate(stack):
            lines.append(f"for (i64 s{i} = 0; s{i} < {length}; s{i}++) {{")
        if stack:
            for name, x, const in (
                ("a", self.a, "const "),
                ("b", self.b, "const "),
                ("z", self.z, ""),
            ):
                terms = " + ".join(f"s{i}*{s}" for i, s in enumerate(x.stack) if s) or "0"
                lines.append(f"{const}{self.kind} *m{name} = {x.pointer} + {terms};")
            a, b, z = (
                x._replace(pointer=f"m{name}")
                for name, x in (("a", self.a), ("b", self.b), ("z", self.z))
            )
        else:
            a, b, z = self.a, self.b, self.z
        lines += self._matrix(a, b, z)
        lines.append("}" * len(stack))
        return "", "\n".join(lines)

    def _matrix(self, a: Operand, b: Operand, z: Operand) -> list[str]:
        _, m, k, n = self.sizes
        if in_tiles(self.sizes, self.step.dtype.itemsize, b.column == 1):
            scratch = partial(self.scratch, dtype=self.step.dtype)
            self.contracted = True
            return Tiles(self.kind, (m, k, n), (a, b, z), scratch).text()
        return self._large(a, b, z) if m * k * n > LARGE else self._small(a, b, z)

    # ---------------------------------------------------------------------------------------------
    # Small products

    def _small(self, a: Operand, b: Operand, z: Operand) -> list[str]:
        _, m, k, n = self.sizes
        if n == 1 and m > 1 and a.column != 1 and a.row == 1:
            # a column of results: the loop follows the memory of a
            a, b = b._replace(row=b.column, column=b.row), a._replace(row=a.column, column=a.row)
            z = z._replace(row=z.column, column=z.row)
            m, n = n, m
        if n <= WIDE and (n >= 4 or k <= 4) and (b.column == 1 or a.column != 1 or n > k):
            return self._along_rows(a, b, z, m, k, n)
        return [
            f"for (i64 i = 0; i < {m}; i++) for (i64 j = 0; j < {n}; j++) {{ {self.kind} t = 0;",
            *(["#pragma omp simd reduction(+:t)"] if k >= LANES else []),
            f"for (i64 q = 0; q < {k}; q++) "
            f"t = {self.fused}({a.at('i', 'q')}, {b.at('q', 'j')}, t);",
            f"{z.at('i', 'j')} = t; }}",
        ]

    def _along_rows(self, a: Operand, b: Operand, z: Operand, m: int, k: int, n: int) -> list[str]:
        """Compute a row of results as a sum of rows of b."""
        simd = "#pragma omp simd"
        lines = [f"for (i64 i = 0; i < {m}; i++) {{ {self.kind} t[{n}];"]
        lines += [f"{{ const {self.kind} w = {a.at('i', '0')};", simd]
        # a sum begins with 0, so that it is not -0
        lines.append(
            f"for (i64 j = 0; j < {n}; j++) t[j] = {self.fused}(w, {b.at('0', 'j')}, 0); }}"
        )
        if k > 1:
            lines.append(
                f"for (i64 q = 1; q < {k}; q++) {{ const {self.kind} w = {a.at('i', 'q')};"
            )
            lines.append(simd)
            lines.append(
                f"for (i64 j = 0; j < {n}; j++) t[j] = {self.fused}(w, {b.at('q', 'j')}, t[j]); }}"
            )
        lines += [simd, f"for (i64 j = 0; j < {n}; j++) {z.at('i', 'j')} = t[j]; }}"]
        return lines

    # ---------------------------------------------------------------------------------------------
    # Large ones

    def _large(self, a: Operand, b: Operand, z: Operand) -> list[str]:
        _, m, k, n = self.sizes
        lines: list[str] = []
        ta, la, pa = self._blas_operand(a, m, k, lines)
        tb, lb, pb = self._blas_operand(b, k, n, lines)
        letter = "d" if code(self.step.dtype) == "f8" else "s"
        if n == 1 and b.row > 0:
            lines.append(
                f"{self._function(letter + 'gemv')}(101, {ta}, {m if ta == 111 else k}, "
                f"{k if ta == 111 else m}, 1, {pa}, {la}, {b.pointer}, {b.row}, 0, {z.pointer}, 1);"
            )
        elif m == 1 and a.column > 0:
            flip = 223 - tb
            lines.append(
                f"{self._function(letter + 'gemv')}(101, {flip}, {k if flip == 112 else n}, "
                f"{n if flip == 112 else k}, 1, {pb}, {lb}, {a.pointer}, {a.column}, "
                f"0, {z.pointer}, 1);"
            )
        else:
            lines.append(
                f"{self._function(letter + 'gemm')}(101, {ta}, {tb}, {m}, {n}, {k}, 1, "
                f"{pa}, {la}, {pb}, {lb}, 0, {z.pointer}, {n});"
            )
        return lines

    def _function(self, name: str) -> str:
        return self.emitter.blas_function(name)

    def _blas_operand(
        self, x: Operand, rows: int, columns: int, lines: list[str]
    ) -> tuple[int, int, str]:
        """Return (111, or 112 for transposed; leading dimension; pointer), of a copy if need be."""
        if (x.column == 1 or columns == 1) and (x.row >= columns or rows == 1):
            if not (columns == 1 and x.row < 1):
                return 111, max(x.row, columns, 1), x.pointer
        if (x.row == 1 or rows == 1) and (x.column >= rows or columns == 1):
            if not (rows == 1 and x.column < 1):
                return 112, max(x.column, rows, 1), x.pointer
        copy = self.scratch(rows * columns, self.step.dtype)
        lines.append(
            f"for (i64 i = 0; i < {rows}; i++) for (i64 j = 0; j < {columns}; j++) "
            f"{copy}[i*{columns} + j] = {x.at('i', 'j')};"
        )
        return 111, columns, copy
