"""The function with recordings that `jit` returns. Next: `check.py`."""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable, Sequence
from types import MethodType
from typing import TYPE_CHECKING, Any

from ...mode import STATE, current_recorder, current_watcher, depth
from ...settings import checked_choice, checked_flag, checked_size, shown
from ..emit.python_code import without_collector
from ..program import Program
from ..record.capture import ACTIVE
from ..record.operators import Refused
from ..tape.guard import is_values_call
from .backends import MISSED
from .check import Checked
from .guards import Reach
from .recording import SHARED, Recording
from .signature import Signature, places_of
from .swaps import LOCK

if TYPE_CHECKING:
    from ..tape.compiled import JitValues

# The most recordings to keep, for calls of different signatures or surroundings
KEPT = 32
# After this many recordings the function probably differs at every call
MANY = 16
NO_ARGUMENTS = Signature((), {})


class Compiled:
    """A function that is recorded at the first call of a kind, and replayed at later ones.

    Attributes
    ----------
    recordings : int
        How many recordings were made.
    """

    __slots__ = ("__dict__", "__weakref__", "_gate")

    def __init__(
        self,
        function: Callable[..., Any],
        backend: str = "auto",
        check_every: int = 0,
        fallback: bool = False,
        static: Sequence[int | str] = (),
        flush_denormals: bool = False,
        threads: int | None = None,
    ) -> None:
        backend = checked_choice("jit: backend", backend, "auto", "numpy", "c")
        flush_denormals = checked_flag("jit: flush_denormals", flush_denormals)
        if flush_denormals and backend == "numpy":
            raise ValueError('jit: flush_denormals needs a program in C; use backend="c" or "auto"')
        if threads is not None and (type(threads) is not int or threads < 1):
            raise ValueError(f"jit: threads is a whole number of at least 1, got {shown(threads)}")
        if not callable(function):
            raise TypeError(f"jit takes a function, got {type(function).__name__}")
        self.function = function
        self.backend = backend
        self.flush_denormals = flush_denormals
        self.threads = threads
        self.check_every = checked_size("jit: check_every", check_every, 0)
        self.fallback = checked_flag("jit: fallback", fallback)
        self._static = places_of(function, static)
        self.static = tuple(static)
        self.recordings = 0
        self._kept: dict[Any, list[Recording]] = {}
        self._unrecorded: dict[Any, tuple[Callable[..., Any], Any]] = {}
        self._values: JitValues | None = None
        self._calls = 0
        # the kind of the last calls, and the number of recordings made for it without a replay
        self._row: tuple[Any, int] = None, 0
        self._gate: Any = None
        self.__name__ = getattr(function, "__name__", "the function")
        # without copying attributes, which under a transform are those of another Compiled
        functools.update_wrapper(self, function, updated=())

    def __reduce__(self) -> Any:
        """Copy and pickle by name, as functions; else the function itself, without recordings."""
        name = getattr(self, "__qualname__", "")
        found: Any = sys.modules.get(getattr(self, "__module__", ""))
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is self:
            return name
        options = self.check_every, self.fallback, self.static, self.flush_denormals, self.threads
        return Compiled, (self.function, self.backend, *options)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """Bind as a method does."""
        return self if instance is None else MethodType(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Replay the recording that fits this call, or make one."""
        # inside a recording, a transform or a trace the function is a part of that
        if ACTIVE.get() is not None or depth.get() or (STATE.special and _watched()):
            return self.function(*args, **kwargs)
        call = NO_ARGUMENTS
        if args or kwargs:
            call = Signature(args, kwargs, self._static)
            if call.computed:
                return self.function(*args, **kwargs)
        if self.check_every:
            self._calls += 1
            if self._calls % self.check_every == 0:
                return self._checked(call, args, kwargs)
        return self._replay(call, args, kwargs)

    # if there is a gate, `__call__` goes through it, and this is for all other calls
    _general = __call__

    def _replay(self, call: Signature, args: Any, kwargs: Any) -> Any:
        for found in self._kept.get(call.key, ()):
            result = found.run(call.leaves)
            if result is SHARED:
                return self.function(*args, **kwargs)
            if result is not MISSED:
                self._row = None, 0
                if self.backend != "numpy":
                    self._open(found.gate(call, args, kwargs))
                return result
        return self._anew(call, args, kwargs)

    def _anew(self, call: Signature, args: Any, kwargs: Any) -> Any:
        """Record a call, unless another thread has done so meanwhile."""
        known = self._unrecorded.get(call.key)
        if known is not None:
            return known[0](*args, **kwargs)
        # while another thread records, no guard may hold, and what is reached may be replaced
        if not LOCK.acquire(blocking=False):
            with LOCK:
                pass
            return self._replay(call, args, kwargs)
        try:
            run: Any = self._without(call, args, kwargs)
            if isinstance(run, Reach):
                run = self._record(run, call, args, kwargs)
        except Refused as error:
            run = self._refused(call, error)
        finally:
            LOCK.release()
        if not isinstance(run, Recording):
            return run(*args, **kwargs)
        result = run.run(call.leaves)
        return self.function(*args, **kwargs) if result is SHARED or result is MISSED else result

    def _open(self, gate: Any) -> None:
        """Have calls like this one go through a gate, if there is one."""
        if gate is not None and not self.check_every:
            _through_gates()
        self._gate = None if self.check_every else gate

    def _without(self, call: Signature, args: Any, kwargs: Any) -> Callable[..., Any] | Reach:
        """Return what runs calls of this kind without an array program, or else their `Reach`."""
        known = self._unrecorded.get(call.key)
        if known is not None:
            return known[0]
        reach = Reach.of(self.function, call.leaves)
        if reach.tensors or not is_values_call(self.function, args, kwargs):
            return reach
        run = self._of_values()
        self._unrecorded[call.key] = run, call.objects()
        return run

    def _of_values(self) -> JitValues:
        from ..tape.compiled import jit_values

        if self._values is None:
            self._values = jit_values(
                self.function, check_every=self.check_every, backend=self.backend
            )
        return self._values

    def _refused(self, call: Signature, error: Refused) -> Callable[..., Any]:
        """Run calls of this kind without a recording, with ``fallback``; else raise the error."""
        if not self.fallback:
            raise error
        self._unrecorded[call.key] = self.function, call.objects()
        return self.function

    def _record(self, reach: Reach, call: Signature, args: Any, kwargs: Any) -> Recording:
        options = self.flush_denormals, self.threads
        with without_collector():
            found = Recording(reach, self.function, call, args, kwargs, self.backend, *options)
        self.recordings += 1
        self._gate = None  # so that a replay is noticed
        key, count = self._row
        self._row = call.key, count + 1 if key == call.key else 1
        if self._row[1] > MANY:
            self._give_up(call)
            return found
        if self.recordings == MANY:
            warnings.warn(
                f"jit: {self.__name__} was recorded {MANY} times, as arguments or what it reads "
                "differ from call to call; pass what changes as an argument, a number or an array",
                RuntimeWarning,
                stacklevel=5,
            )
        if sum(map(len, self._kept.values())) >= KEPT:
            oldest = next(iter(self._kept))
            self._kept[oldest].pop()
            if not self._kept[oldest]:
                del self._kept[oldest]
        # the one used last is tried first
        self._kept[call.key] = [found, *self._kept.pop(call.key, [])]
        return found

    def _give_up(self, call: Signature) -> None:
        """Run calls of this kind without recording, as no recording fits a second call."""
        self._unrecorded[call.key] = self.function, call.objects()
        self._kept.pop(call.key, None)
        warnings.warn(
            f"jit: {self.__name__} was recorded at {MANY + 1} calls in a row, as sizes that depend "
            "on numbers, or what it reads, differ from call to call; it runs as it is from now on, "
            "for arguments like these",
            RuntimeWarning,
            stacklevel=6,
        )

    def _checked(self, call: Signature, args: Any, kwargs: Any) -> Any:
        """Run the function, restore the state, replay, and compare."""
        found = self._recording(call, args, kwargs)
        if found is None:
            return self._replay(call, args, kwargs)
        checked = Checked(found, call.leaves)
        checked.expect(self.function(*args, **kwargs))
        checked.restore()
        result = self._replay(call, args, kwargs)
        checked.compare(result, self.__name__)
        return result

    def _recording(self, call: Signature, args: Any, kwargs: Any) -> Recording | None:
        for found in self._kept.get(call.key, ()):
            if found.fits(call.leaves):
                return found
        try:
            with LOCK:
                reach = self._without(call, args, kwargs)
                return self._record(reach, call, args, kwargs) if isinstance(reach, Reach) else None
        except Refused as error:
            self._refused(call, error)
            return None

    def program(self, *args: Any, **kwargs: Any) -> Program:
        """Return the program for a call with these arguments; record it if need be.

        For that the function runs, but without changing anything.
        """
        return self._found(args, kwargs).program

    def show(self, *args: Any, **kwargs: Any) -> str:
        """Return the program for a call as text: one line per step, and which parts run in C.

        For a function of Values it is the tape of the latest recording.
        """
        call = Signature(args, kwargs, self._static)
        if self._values is not None and self._without(call, args, kwargs) is self._values:
            return self._values.show()
        found = self._found(args, kwargs)
        return "\n".join([found.program.show(), *([found.runs] if found.runs else [])])

    def source(self, *args: Any, **kwargs: Any) -> str:
        """Return the Python code that was generated for the program of a call."""
        return self._found(args, kwargs).source

    def _found(self, args: Any, kwargs: Any) -> Recording:
        found = self._recording(Signature(args, kwargs, self._static), args, kwargs)
        if found is None:
            raise TypeError(f"jit: {self.__name__} is a function of Values, or runs without jit")
        return found

    def batch(self, *args: Any, reduction: str = "mean", **kwargs: Any) -> Any:
        """Call a function of Values, written for one sample, on many samples at once.

        Parameters
        ----------
        reduction : str
            "mean" or "sum" of the results, which is returned as one Value.

        Raises
        ------
        ValueError, TypeError
            If lengths differ, the function changes something, or it is not a function of Values.

        Examples
        --------
        >>> w = Value(3.0)
        >>> loss = jit(lambda x, y: (w * x - y) ** 2).batch([1.0, 2.0], [3.0, 5.0])
        >>> loss.backward()
        >>> loss.data, w.grad
        (0.5, 2.0)
        """
        if not is_values_call(self.function, args, kwargs):
            raise TypeError(
                f"jit: {self.__name__} is not a function of Values; tensors take batches as they "
                "are"
            )
        return self._of_values().batch(*args, reduction=reduction, **kwargs)

    def __repr__(self) -> str:
        made = self.recordings + (0 if self._values is None else self._values.made)
        return f"<jit of {self.__name__}, {made} recording{'' if made == 1 else 's'}>"


@functools.cache
def _through_gates() -> None:
    """Make calls of `Compiled` go through C, now that there is a gate."""
    from ..c.caller import extension

    slot = extension().offset(Compiled.__dict__["_gate"])
    extension().open_type(Compiled, slot, "_general")


def _watched() -> bool:
    return current_watcher() is not None or current_recorder() is not None
