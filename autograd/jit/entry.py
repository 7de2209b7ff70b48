"""`jit`, which imports the other modules on first use. Next: `check.py`."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Never

from ..absent import refuse_options


def jit(
    fn: Any = None,
    *,
    backend: str = "auto",
    check_every: int = 0,
    fallback: bool = False,
    static: Sequence[int | str] = (),
    flush_denormals: bool = False,
    threads: int | None = None,
    **options: Never,
) -> Any:
    """Return a function that is recorded once and then replayed as a flat program.

    The recording holds all that the function computes on tensors and arrays: the forward pass,
    ``backward``, `grad`, and the steps of optimizers. At every call arguments, tensors that the
    function closes over, learning rates and gradients are read anew; anything else it depends on
    is compared with the recording, and a new one is made where it differs. Inside `grad` and the
    other transforms the function runs as it is. The arrays of parameters that are updated together
    become slices of one array, unless somebody else holds them.

    Parameters
    ----------
    fn : callable
        Takes Values, or tensors, arrays, numbers, and lists, tuples and dicts of them, modules,
        optimizers and random generators. It must not decide by computed numbers or keep them
        elsewhere: it is an error that names the line.
    backend : {"auto", "numpy", "c"}
        What runs the program: NumPy, or C made by the C compiler that is found. "auto" begins with
        NumPy, and goes over to C when the program has run for a while and the compiler is done;
        it comes back for good where the first calls in C turn out slower.
    check_every : int
        Compare with the function itself at every so many calls; 0 for never.
    fallback : bool
        Run the function itself where it cannot be recorded, instead of raising.
    static : sequence of int or str
        Arguments, by position or name, that are sizes or choices: each value has its recording.
    flush_denormals : bool
        Let C take numbers too small for full precision (below 2e-308, in single precision 1e-38)
        for 0. Vanishing gradients can make a step much slower otherwise on some processors.
    threads : int, optional
        How many threads may work on large loops in C; by default ``OMP_NUM_THREADS``, or as many
        as there are processors. The results of these loops do not depend on it. (Large products
        are done by NumPy's BLAS with threads of its own.)

    Returns
    -------
    Compiled
        Called like ``fn``; results are tensors, arrays and numbers. The graph behind them is not
        kept: ``backward`` belongs into the function.

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
    from .compiled import Compiled

    return Compiled(fn, backend, check_every, fallback, static, flush_denormals, threads)
