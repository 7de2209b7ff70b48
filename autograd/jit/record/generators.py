"""Random generators in a recording, whose draws become steps. Next: `capture.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .array import RecordedArray

if TYPE_CHECKING:
    from .recorder import Recorder


class RecordedGenerator:
    """A random generator in a recording: it draws from a copy, and each replay draws again."""

    def __init__(self, recorder: Recorder, source: RecordedArray) -> None:
        self._recorder = recorder
        self._source = source

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(self._source._step.value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(np.random.Generator, name):
            raise AttributeError(f"jit: a recorded random generator has no attribute {name!r}")
        if name in ("shuffle", "bit_generator", "spawn"):
            raise self._recorder.refusal(
                f"uses {name} of a random generator", "use permutation, or draw outside"
            )

        def draw(*args: Any, **kwargs: Any) -> Any:
            return self._recorder.call(Draw(name), (self._source, *args), kwargs, kind="random")

        return draw


class Draw:
    """The function of a step that draws by a method of a generator."""

    def __init__(self, method: str) -> None:
        self.__name__ = self.method = method

    def __call__(self, generator: Any, *args: Any, **kwargs: Any) -> Any:
        """Draw from the generator."""
        return getattr(generator, self.method)(*args, **kwargs)
