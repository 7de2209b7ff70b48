"""The progress of a training, in one line, or as a bar of tqdm if that is installed.

Next: `../saving/`.
"""

from __future__ import annotations

import sys
import time
import warnings
from typing import Any

from autograd.settings import shown

from .steps import Step

_EVERY = 0.1  # seconds between updates
_LINES = 10


class Progress:
    """Show the steps of a training on the standard error stream.

    Parameters
    ----------
    epochs : int
    wanted : bool, optional
        None shows progress in terminals and notebooks only; True shows it everywhere, in a file as
        a few lines; False is silent.

    Raises
    ------
    TypeError
        If ``wanted`` is something else.
    """

    def __init__(self, epochs: int, wanted: bool | None = None) -> None:
        if wanted is not None and not isinstance(wanted, bool):
            raise TypeError(f"fit: progress is True, False or None, got {shown(wanted)}")
        self._epochs = epochs
        self._live = _is_live()
        self._shown = sys.stderr is not None and (self._live if wanted is None else wanted)
        self._bar = _bar(epochs) if self._shown and self._live else None
        self._last = -_EVERY
        self._width = 0

    def show(self, step: Step) -> None:
        """Show a step as done."""
        if not self._shown:
            return
        if self._bar is not None:
            self._on_bar(self._bar, step)
        elif self._live:
            now = time.monotonic()
            if step.row is not None or now - self._last >= _EVERY:
                self._last = now
                self._write("\r" + self._text(step).ljust(self._width))
        elif step.row is not None and self._is_due(step.epoch):
            self._write(self._text(step) + "\n")

    def close(self) -> None:
        """End the line."""
        if self._bar is not None:
            self._bar.close()
        elif self._shown and self._live and self._width:
            self._write("\n")

    def _on_bar(self, bar: Any, step: Step) -> None:
        if step.row is not None:
            bar.set_postfix_str(_numbers(step), refresh=False)
            bar.update(step.epoch - bar.n)

    def _is_due(self, epoch: int) -> bool:
        every = -(-self._epochs // _LINES)
        return epoch % every == 0 or epoch == self._epochs

    def _text(self, step: Step) -> str:
        return f"epoch {step.epoch}/{self._epochs}  {_numbers(step)}"

    def _write(self, text: str) -> None:
        self._width = max(self._width, len(text) - 1)
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except (OSError, ValueError):
            # a stream that was closed ends the lines, not the training
            self._shown = False


def _numbers(step: Step) -> str:
    if step.row is None:
        return f"step {step.step}  loss {step.loss:.4g}"
    shown = {k: x for k, x in step.row.items() if k not in ("epoch", "step", "lr", "gradient_norm")}
    return "  ".join(f"{name} {x:.4g}" for name, x in shown.items())


def _is_live() -> bool:
    """Whether the stream can rewrite a line: a terminal or a notebook."""
    stream: Any = sys.stderr
    return stream is not None and (
        bool(getattr(stream, "isatty", bool)()) or "ipykernel" in type(stream).__module__
    )


def _bar(epochs: int) -> Any:
    """Return a bar of tqdm; None if that is not installed."""
    try:
        with warnings.catch_warnings():
            # in notebooks without widgets it warns, and falls back to text
            warnings.simplefilter("ignore")
            from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm(total=epochs, unit="epoch", leave=True)
