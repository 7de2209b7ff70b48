"""A kernel: a C function that gets its memory as pointers, and may be run in pieces by threads.

A kernel in pieces calls a second function, named with ``_piece``, for parts of its first loop. How
many pieces there are depends on the sizes only and each adds up its own sums, so the results are
the same for any number of threads. Next: `pool.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..program import Step
from .expressions import memory_type
from .memory import ALIGNMENT

if TYPE_CHECKING:
    from .emit import Emitter

# a kernel's scratch memory is aligned to APART bytes, with a gap of the same size, which keeps
# arrays of equal size from colliding in the cache
APART = 64
PIECE, JOB = "THIS_piece", "THIS_job"
# the line of a part that defines the arena: up to so many bytes it may be on the stack, where
# compilers can keep values in registers
ARENA, SMALL = "THIS_arena", 1 << 12
# compilers take more than linear time for one function: a part of more than LONGEST lines is cut
# into functions of at most PIECE_LINES, or of a single statement
LONGEST, PIECE_LINES = 2000, 500
# the call by which code is run by threads
SHARED = "share("


class Kernel:
    """The pointers that a C function takes, by what they point to."""

    def __init__(self, emitter: Emitter) -> None:
        self.emitter = emitter
        self.pointers: dict[tuple[str, int, str], str] = {}
        self.pieces = 1
        self.contracted = False
        # scratch memory by name: type, offset and size of an entry; and the total number of bytes
        self.own: dict[str, tuple[str, int, int]] = {}
        self.each = 0

    def pointer(self, step: Step) -> str:
        """Return the name of a pointer to the first entry of a step."""
        ref = self.emitter.ref(step)
        key = ref.base, ref.offset, memory_type(step.dtype)
        return self.pointers.setdefault(key, f"a{len(self.pointers)}")

    def scratch(self, size: int, dtype: Any) -> str:
        """Return the name of a pointer to scratch memory of this kernel, or of each piece."""
        name = f"c{len(self.own)}"
        itemsize = np.dtype(dtype).itemsize
        self.own[name] = memory_type(dtype), self.each, itemsize
        self.each += (-(-size * itemsize // APART) + 1) * APART
        return name

    def apart(self, name: str) -> int:
        """Return the distance between the scratch memories of two pieces, in entries."""
        return self.each // self.own[name][2]

    def _parameters(self) -> list[str]:
        found = [(kind, name) for (_, _, kind), name in self.pointers.items()]
        found += [(kind, name) for name, (kind, _, _) in self.own.items()]
        return [f"{kind} *restrict {name}" for kind, name in found]

    def parameters(self) -> str:
        """Return the text of the parameters."""
        found = self._parameters()
        return ", ".join(["int threads", *found] if self.pieces > 1 else found) or "void"

    def arguments(self) -> str:
        """Return the text of the arguments; allocates the scratch memory of the kernel."""
        found = ["THREADS"] if self.pieces > 1 else []
        for base, offset, kind in self.pointers:
            found.append(f"({kind} *)({base})" + (f" + {offset}" if offset else ""))
        base = self.emitter.scratch(self.pieces * self.each) if self.own else ""
        found += [f"({kind} *)({base} + {place})" for kind, place, _ in self.own.values()]
        return ", ".join(found)

    def in_pieces(self) -> str:
        """Return the statements that run all pieces, by threads."""
        given = ", ".join([*self.pointers.values(), *self.own])
        return f"void *given[] = {{{given}}};\n{SHARED}{JOB}, given, {self.pieces}, threads);"

    def piece(self, body: str, turns: int) -> str:
        """Return the functions of one piece, which runs a part of the first loop."""
        parameters = ", ".join(["i64 first, i64 stop", *self._parameters()])
        n = self.pieces
        given = [f"{turns}LL*{p}/{n}" for p in ("p", "(p + 1)")]
        kinds = [(kind, "") for _, _, kind in self.pointers]
        kinds += [(kind, f" + p*{self.apart(name)}") for name, (kind, _, _) in self.own.items()]
        given += [f"({kind} *)g[{i}]{more}" for i, (kind, more) in enumerate(kinds)]
        call = f"{PIECE}({', '.join(given)});"
        if self.emitter.flush:  # set in every thread
            call = f"FLUSHED({call})"
        return (
            f"static NOINLINE void {PIECE}({parameters}) {{\n{body}\n}}\n"
            f"static void {JOB}(void **g, int p) {{ {call} }}\n"
        )


class Functions:
    """The C functions of a program: kernels, equal ones once, and the parts that call them.

    Attributes
    ----------
    parts : list
        In the order of a call: the name of a C function, or a step for NumPy.
    """

    def __init__(self, prefix: str, flush: bool) -> None:
        self.prefix, self.flush = prefix, flush
        self.parts: list[Any] = []
        self._names: dict[tuple[str, str, str, bool], str] = {}
        self._calls: dict[str, int] = {}
        # the lines of the kernels that are called once, and so are inlined
        self._lengths: dict[str, int] = {}
        # statements with the kernel that each calls; and parts as their names and statements
        self._open: list[tuple[str, str]] = []
        self._texts: list[str | tuple[str, list[tuple[str, str]]]] = []

    def call(self, kernel: Kernel, piece: str, body: str) -> None:
        """Call a kernel with a body, and with a function for a piece of it."""
        key = kernel.parameters(), piece, body, kernel.contracted
        name = self._names.setdefault(key, f"{self.prefix}k{len(self._names)}")
        self._calls[name] = self._calls.get(name, 0) + 1
        self._open.append((f"{name}({kernel.arguments()});", name))

    def state(self, statement: str) -> None:
        """Add a statement to the part that is open."""
        self._open.append((statement, ""))

    def add(self, text: str) -> None:
        """Add a function to the text."""
        self._texts.append(text)

    def host(self, step: Step) -> None:
        """Have NumPy compute a step, between two parts."""
        self.close()
        self.parts.append(step)

    def close(self) -> None:
        """End a part."""
        if self._open:
            name = f"{self.prefix}part{len(self._texts)}"
            self._texts.append((name, self._open))
            self.parts.append(name)
            self._open = []

    def text(self, arena: int | None) -> list[str]:
        """Return the text of all functions, with an arena of this many bytes."""
        own = arena is not None and arena <= SMALL and len(self.parts) == 1
        memory = f"char m[{arena}] __attribute__((aligned({ALIGNMENT})))"
        memory = memory if own else "char *m = t[0]"
        kernels = [
            self._kernel(name, *key).replace(PIECE, f"{name}_piece").replace(JOB, f"{name}_job")
            for key, name in self._names.items()
        ]
        self._lengths = {
            name: body.count("\n") + 1
            for (_, _, body, _), name in self._names.items()
            if self._calls[name] == 1
        }
        parts = [x if isinstance(x, str) else self._part(*x) for x in self._texts]
        return [*kernels, *(text.replace(ARENA, f"{memory};") for text in parts)]

    def _part(self, name: str, statements: Sequence[tuple[str, str]]) -> str:
        """Return the text of a part."""
        pieces = self._cut(statements)
        texts, body = [], f"{pieces[0]}\nreturn 0;"
        if len(pieces) > 1:
            for k, piece in enumerate(pieces):
                head = f"static NOINLINE int {name}_{k}(char **t, char *m)"
                texts.append(f"{head} {{\n{piece}\nreturn 0;\n}}")
            body = f"return {' || '.join(f'{name}_{k}(t, m)' for k in range(len(pieces)))};"
        texts.append(f"static int {name}_(char **t) {{\n{ARENA}\n{body}\n}}")
        run = f"FLUSHED(found = {name}_(t);)" if self.flush else f"found = {name}_(t);"
        return "\n".join(
            [*texts, f"EXPORT int {name}(char **t) {{ int found; {run} return found; }}"]
        )

    def _cut(self, statements: Sequence[tuple[str, str]]) -> list[str]:
        """Cut a part if it is long; a kernel that is inlined counts with its call."""
        lengths = [1 + self._lengths.get(kernel, 0) for _, kernel in statements]
        most = PIECE_LINES if sum(lengths) > LONGEST else LONGEST
        pieces: list[list[str]] = [[]]
        lines = 0
        for (statement, _), own in zip(statements, lengths, strict=True):
            if lines and lines + own > most:
                pieces.append([])
                lines = 0
            pieces[-1].append(statement)
            lines += own
        return ["\n".join(piece) for piece in pieces]

    def _kernel(self, name: str, parameters: str, piece: str, body: str, contracted: bool) -> str:
        kind = "NOINLINE " if self._calls[name] > 1 else ""
        if contracted:
            kind, body = f"CONTRACTED {kind}", f"CONTRACT\n{body}"
        return f"{piece}static {kind}void {name}({parameters}) {{\n{body}\n}}"
