"""jit of a function of Values: record, check the guards, replay. Next: `../call/`.

The function is run once, on recording terms; afterwards its tape is replayed by NumPy, a level at
a time. Every replay reads all leaves and float arguments anew, and then writes what the function
wrote: gradients, data. What it returns are Values again, connected with the leaves they came from.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from ...mode import current_recorder, current_watcher
from ...settings import shown
from ..emit.python_code import without_collector
from .call import Call, Samples
from .recording import Recording

# More recordings than this mean that the function differs at every call
LIMIT = 16


def jit_values(
    function: Callable[..., Any], *, check_every: int = 0, backend: str = "auto"
) -> JitValues:
    """Return a function of Values that is recorded once and then replayed.

    Parameters
    ----------
    function : callable
        Takes Values, floats, integers, and lists, tuples, dicts and arrays of them. It may call
        ``backward``, change ``.data`` and ``.grad`` of leaves, and call optimizers.
    check_every : int
        Compare every so many calls with the function itself; 0 for never.
    backend : {"auto", "numpy", "c"}
        What replays: NumPy, or an interpreter in C that is compiled once. "auto" uses C as soon as
        it is available; it is compiled while NumPy replays.

    Raises
    ------
    RuntimeError
        At a call, if ``backend="c"`` and there is no C compiler.

    Examples
    --------
    >>> from autograd import Value
    >>> from autograd.jit.tape.compiled import jit_values
    >>> w = Value(3.0)
    >>> @jit_values
    ... def step(x, lr):
    ...     loss = (w * x - 1) ** 2
    ...     w.grad = 0.0
    ...     loss.backward()
    ...     w.data -= lr * w.grad
    ...     return loss
    >>> [round(step(2.0, 0.05).data, 4) for _ in range(3)]
    [25.0, 9.0, 3.24]
    """
    return JitValues(function, check_every, backend)


class JitValues:
    """A function of Values with its recordings; made by `jit_values`."""

    def __init__(
        self, function: Callable[..., Any], check_every: int = 0, backend: str = "auto"
    ) -> None:
        self.function = function
        self.backend = backend
        self.check_every = check_every
        self.recordings: list[Recording] = []
        self.made = 0
        self.calls = 0
        self.eager = ""
        self.__wrapped__ = function
        self.__name__ = getattr(function, "__name__", "jit")
        self.__doc__ = function.__doc__

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """Bind as a method does; every instance has its own recordings."""
        if instance is None:
            return self
        bound = JitValues(self.function.__get__(instance, owner), self.check_every, self.backend)
        if hasattr(instance, "__dict__"):
            object.__setattr__(instance, self.__name__, bound)
        return bound

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Replay the recording that fits, or make one."""
        if self.eager or current_recorder() is not None or current_watcher() is not None:
            return self.function(*args, **kwargs)
        call = Call(args, kwargs)
        for found in reversed(self.recordings):
            if found.fits(call):
                break
        else:
            found = self._record(call)
            if self.eager:
                return self.function(*args, **kwargs)
        if found.narrow:
            return found.by_itself(lambda: self.function(*args, **kwargs))
        self.calls += 1
        if self.check_every and self.calls % self.check_every == 0:
            return found.checked(call, lambda: self.function(*args, **kwargs))
        return found.run(call)

    def _record(self, call: Call) -> Recording:
        with without_collector():
            found = Recording(self.function, call, self.backend)
        self.made += 1
        if found.unguarded or self.made > LIMIT:
            self.eager = found.unguarded or (
                f"it was recorded {self.made} times, as its structure, integers or what it reads "
                "differ from call to call"
            )
            warnings.warn(
                f"jit: {self.__name__} runs without recording from now on: {self.eager}",
                stacklevel=3,
            )
        else:
            self.recordings.append(found)
        return found

    def show(self, limit: int = 200) -> str:
        """Return the latest tape as text, one line per number.

        Raises
        ------
        RuntimeError
            Before the first call.
        """
        if not self.recordings:
            raise RuntimeError(f"jit: {self.__name__} was not called yet; nothing is recorded")
        return self.recordings[-1].tape.show(limit)

    def batch(self, *args: Any, reduction: str = "mean", **kwargs: Any) -> Any:
        """Call on many samples at once, with a leading axis of samples in each float argument.

        The function is written for one sample; it must not call ``backward`` or change anything.
        The loss of the batch is returned as a Value, on which ``backward`` may be called.

        Parameters
        ----------
        reduction : str
            "mean" or "sum" of the results over the samples.

        Raises
        ------
        ValueError, TypeError
            If the lengths differ, or the function changes something.

        Examples
        --------
        >>> from autograd import Value
        >>> from autograd.jit.tape.compiled import jit_values
        >>> w = Value(3.0)
        >>> loss = jit_values(lambda x, y: (w * x - y) ** 2).batch([1.0, 2.0], [3.0, 5.0])
        >>> loss.backward()
        >>> loss.data, w.grad
        (0.5, 2.0)
        """
        if reduction not in ("mean", "sum"):
            raise ValueError(f"jit: reduction is 'mean' or 'sum', got {shown(reduction)}")
        samples = Samples(args, kwargs)
        call = samples.first
        for found in reversed(self.recordings):
            if found.fits(call):
                break
        else:
            found = self._record(call)
        return found.run_batch(samples.columns, reduction == "mean")
