"""Matrix products in tiles of vectors that stay in registers, by the compilers' vector extension.

A tile is some rows of the result by some vectors of columns; one turn over the inner axis takes a
vector of b for each of these and a number of a for each of the rows. Where the columns are no
multiple of a vector, the last vector of a row of b reads on into the next row, and these lanes are
not stored; the last rows of b are copied, so that nothing behind the array is read. Columns that
do not lie side by side are copied too. Next: `products.py`.
"""

from __future__ import annotations

import functools
import platform
from collections.abc import Callable
from typing import NamedTuple

from .build import processor

# the largest b, in bytes, which should stay in the cache; and the least number of multiplications
NEAR, MOST = 1 << 19, 1 << 22
STRIP = 16


class Operand(NamedTuple):
    """A matrix in memory: its pointer, the strides of the stack, of rows and of columns."""

    pointer: str
    stack: tuple[int, ...]
    row: int
    column: int

    def at(self, i: str, j: str) -> str:
        """Return the text of an entry."""
        terms = [f"{x}*{s}" if s != 1 else x for x, s in ((i, self.row), (j, self.column)) if s]
        return f"{self.pointer}[{' + '.join(terms) or '0'}]"


@functools.cache
def registers() -> tuple[int, int]:
    """Return the bytes of a vector register of this processor, and how many there are."""
    if platform.machine().lower() in ("arm64", "aarch64"):
        return 16, 32
    if "avx512f" in processor():
        return 64, 32
    return (32 if "avx" in processor() else 16), 16


class Tiles:
    """Writes a product of (m, k) and (k, n) in tiles.

    Parameters
    ----------
    kind : str
        ``double`` or ``float``.
    m, k, n : int
    a, b, z : Operand
        The factors and the result, whose columns are contiguous.
    scratch : callable
        Returns the name of memory for so many numbers.
    """

    def __init__(
        self,
        kind: str,
        sizes: tuple[int, int, int],
        operands: tuple[Operand, Operand, Operand],
        scratch: Callable[[int], str],
    ) -> None:
        self.kind = kind
        self.m, self.k, self.n = sizes
        self.a, self.b, self.z = operands
        size = 8 if kind == "double" else 4
        most, self.count = registers()
        wide = 16
        while wide < most and wide < self.n * size:
            wide *= 2
        self.type = f"vector{wide}{kind[0]}"
        self.lanes = wide // size
        self.vectors = -(-self.n // self.lanes)
        self.width = self.vectors * self.lanes
        self.over = self._copied()
        self.copy = scratch(self.over * self.width) if self.over else ""

    def _copied(self) -> int:
        """Return how many of the last rows of b are read from a copy."""
        beyond = self.width - self.n
        if self.b.column != 1 or self.b.row < 1:
            return self.k
        return min(self.k, -(-beyond // self.b.row))

    def text(self) -> list[str]:
        """Return the statements."""
        lines = [self._copy()] if self.over else []
        # as many sums as fit into registers beside the vectors of b
        across = min(self.vectors, 2)
        rows = self._rows((self.count * 3 // 4) // across)
        whole = self.m // rows * rows
        tiles = [(j, min(across, self.vectors - j)) for j in range(0, self.vectors, across)]
        lines.append(f"for (i64 i = 0; i < {whole}; i += {rows}) {{")
        lines += [line for j, count in tiles for line in self._tile("i", rows, j, count)]
        lines.append("}")
        if whole < self.m:
            for j, count in tiles:
                lines += self._tile(str(whole), self.m - whole, j, count)
        return lines

    def _rows(self, most: int) -> int:
        """Return how many rows a tile has: a divisor of all, or nearly equal parts."""
        if self.m <= most:
            return self.m
        divisors = [r for r in range(most, most // 2, -1) if self.m % r == 0]
        return divisors[0] if divisors else -(-self.m // -(-self.m // most))

    def _copy(self) -> str:
        first = self.k - self.over
        row = f"(q + {first})" if first else "q"
        copied = f"{self.copy}[q*{self.width} + j]"
        # some columns at a time, as each may need a separate cache line
        return (
            f"for (i64 c = 0; c < {self.width}; c += {STRIP}) "
            f"for (i64 q = 0; q < {self.over}; q++) for (i64 j = c; j < c + {STRIP} "
            f"&& j < {self.width}; j++) {copied} = j < {self.n} ? {self.b.at(row, 'j')} : 0;"
        )

    def _tile(self, i: str, rows: int, first: int, count: int) -> list[str]:
        """Return the statements of one tile, whose vectors of columns begin with the first."""
        sums = [f"s{x}_{y} = {{0}}" for x in range(rows) for y in range(count)]
        lines = ["{", f"{self.type} {', '.join(sums)};"]
        direct = self.k - self.over
        places = [(0, direct, self.b.pointer, "q", self.b.row)]
        places.append((direct, self.k, self.copy, f"(q - {direct})", self.width))
        for begin, stop, pointer, q, row in places:
            if begin == stop:
                continue
            lines.append(f"for (i64 q = {begin}; q < {stop}; q++) {{")
            for y in range(count):
                place = f"{pointer} + {q}*{row} + {(first + y) * self.lanes}"
                lines.append(f"const {self.type} b{y} = *(const {self.type} *)({place});")
            for x in range(rows):
                terms = " ".join(f"s{x}_{y} += w * b{y};" for y in range(count))
                lines.append(
                    f"{{ const {self.kind} w = {self.a.at(f'({i} + {x})', 'q')}; {terms} }}"
                )
            lines.append("}")
        for x in range(rows):
            for y in range(count):
                lines.append(self._store(f"({i} + {x})", f"s{x}_{y}", first + y))
        lines.append("}")
        return lines

    def _store(self, row: str, name: str, vector: int) -> str:
        place = f"{self.z.pointer} + {row}*{self.z.row} + {vector * self.lanes}"
        rest = self.n - vector * self.lanes
        if rest >= self.lanes:
            return f"*({self.type} *)({place}) = {name};"
        return f"__builtin_memcpy({place}, &{name}, {rest} * sizeof({self.kind}));"


def _vector_types() -> str:
    return "\n".join(
        f"typedef {kind} vector{wide}{kind[0]} __attribute__((vector_size({wide}), "
        f"aligned(sizeof({kind})), may_alias));"
        for kind in ("double", "float")
        for wide in (16, 32, 64)
    )


# in products, unlike elsewhere, fused multiply-add is allowed; no unrolling, as a tile fills the
# registers
TYPES = f"""\
{_vector_types()}
#if defined(__clang__)
#define CONTRACTED
#define CONTRACT _Pragma("clang fp contract(fast)")
#else
#define CONTRACTED __attribute__((optimize("fp-contract=fast", "no-unroll-loops", \\
    "no-schedule-insns")))
#define CONTRACT
#endif"""
