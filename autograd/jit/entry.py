"""`jit`, which imports the other modules on first use. Last file."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Never

from ..absent import refuse_more, refuse_options


def jit(
    fn: Any = None,
    *more: Never,
    backend: str = "auto",
    check_every: int = 0,
    fallback: bool = False,
    static: Sequence[int | str] = (),
    flush_denormals: bool = False,
    threads: int | None = None,
    **options: Never,
) -> Any:
    """Return a function that is recorded once and then replayed as a flat program.

    The recording contains everything that the function computes on tensors and arrays: the forward
    pass, ``backward``, `grad`, and the steps of optimizers. At every call, arguments, tensors that
    the function closes over, learning rates and gradients are read anew; anything else that it
    depends on is compared with the recording, and a new recording is made if it differs. Inside
    `grad` and other transforms the function runs without recording. The arrays of parameters that
    are updated together become slices of one array, unless something else refers to them.

    Parameters
    ----------
    fn : callable
        Takes Values, or tensors, arrays, numbers, and lists, tuples and dicts of them, modules,
        optimizers and random generators. Branching on computed numbers, or storing them elsewhere,
        is an error that names the line.
    backend : {"auto", "numpy", "c"}
        What runs the program: NumPy, or C code, if there is a C compiler. "auto" begins with NumPy,
        compiles once the program has run for a while, and then uses C, unless the first calls in C
        are slower.
    check_every : int
        Compare with the function itself every so many calls; 0 for never.
    fallback : bool
        Run the function itself if it cannot be recorded, instead of raising.
    static : sequence of int or str
        Arguments, by position or name, to treat as constants: each value has its own recording.
    flush_denormals : bool
        Have C flush denormal numbers (below 2e-308, in single precision 1e-38) to 0. Otherwise
        vanishing gradients can make a step much slower on some processors.
    threads : int, optional
        The number of threads for large loops in C; by default ``OMP_NUM_THREADS``, or the number of
        processors. The results of these loops do not depend on it. (Large products are computed by
        NumPy's BLAS, with its own threads.)

    Returns
    -------
    Compiled
        Called like ``fn``; results are tensors, arrays and numbers. They have no graph:
        ``backward`` belongs into the function. A function of Values gives Values, whose
        ``backward`` replays it, and arrays of Values where ``fn`` itself gives a tensor.

    Raises
    ------
    TypeError
        At a call, if the function cannot be recorded; nothing has changed then.
        For an option that there is not, with what to use instead.
    ValueError
        For an unknown back end, a ``static`` argument that the function does not have,
        ``flush_denormals`` with ``backend="numpy"``, or ``threads`` below 1.
    RuntimeError
        If ``backend="c"`` and there is no C compiler.
        If ``check_every`` found a difference.

    Examples
    --------
    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> @jit
    ... def step(x, rate):
    ...     w.grad = None
    ...     loss = ((w * x).sum() - 1.0) ** 2
    ...     loss.backward()
    ...     w.data -= rate * w.grad
    ...     return loss
    >>> [round(float(step(np.ones(2), rate).data), 6) for rate in (0.1, 0.2, 0.2)]
    [4.0, 1.44, 0.0576]
    >>> step.recordings
    1
    """
    refuse_more("jit(function)", more, "its arguments come in a second call, jit(function)(x)")
    refuse_options("jit", options)
    if fn is None:
        return functools.partial(
            jit,
            backend=backend,
            check_every=check_every,
            fallback=fallback,
            static=static,
            flush_denormals=flush_denormals,
            threads=threads,
        )
    from .call.compiled import Compiled

    return Compiled(fn, backend, check_every, fallback, static, flush_denormals, threads)
