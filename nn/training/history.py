"""History, the numbers of a training run as plain columns. Next: `curves.py`, which draws them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from autograd.settings import checked_flag, checked_number, checked_size, checked_text, shown

from .early_stopping import Watch

if TYPE_CHECKING:
    from autograd.viz import Picture

_BARS = "▁▂▃▄▅▆▇█"
_WIDTH = 30


class History:
    """The numbers of a training run, a row per epoch; ``history["loss"]`` is a list of floats.

    In a notebook it is displayed as curves.

    Parameters
    ----------
    columns : mapping of str to list of numbers, optional
        Lists of one length. ``epoch`` counts from 1, and ``step`` is the number of steps so far.
    interrupted : bool
        Whether Ctrl-C ended the run, in the middle of the epoch after the last row.
    stopped : str
        Why the run ended before its last epoch; '' if it did not.
    restored : int
        The epoch whose parameters were restored at the end; 0 if none were.

    Raises
    ------
    ValueError, TypeError
        If the columns are not lists of numbers of one length.

    Examples
    --------
    >>> history = nn.History({"epoch": [1, 2], "loss": [1.0, 0.5]})
    >>> history["loss"], len(history), history.best("loss")
    ([1.0, 0.5], 2, 2)
    >>> print(history)
    History of 2 epochs
      loss  1 → 0.5  █▁  least 0.5 in epoch 2
    >>> nn.History.from_json(history.to_json()) == history
    True
    """

    def __init__(
        self,
        columns: Mapping[str, Any] | None = None,
        interrupted: bool = False,
        stopped: str = "",
        restored: int = 0,
    ) -> None:
        self.columns: dict[str, list[Any]] = {}
        if columns is not None and not isinstance(columns, Mapping):
            raise TypeError(
                "History: the columns are a mapping such as dict(epoch=[1, 2], loss=[0.5, 0.4]), "
                f"got {type(columns).__name__}"
            )
        for name, column in (columns or {}).items():
            if not isinstance(column, list | tuple) or any(
                isinstance(x, bool) or not isinstance(x, int | float) for x in column
            ):
                raise TypeError(f"History: column {shown(name)} is not a list of numbers")
            self.columns[str(name)] = list(column)
        lengths = {name: len(column) for name, column in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"History: the columns are of different lengths, {lengths}")
        self.interrupted = checked_flag("History: interrupted", interrupted)
        self.stopped = checked_text("History: stopped", stopped)
        self.restored = checked_size("History: restored", restored, 0)

    def append(self, row: Mapping[str, Any]) -> None:
        """Add the numbers of an epoch.

        Parameters
        ----------
        row : mapping of str to number
            One for every column; the first row defines the columns.

        Raises
        ------
        TypeError, ValueError
            If it is not a mapping, or its keys are not the columns.

        Examples
        --------
        >>> history = nn.History()
        >>> history.append({"epoch": 1, "loss": 0.5})
        >>> history["loss"]
        [0.5]
        """
        if not isinstance(row, Mapping):
            raise TypeError(
                "History: the numbers of an epoch are a mapping such as dict(epoch=1, loss=0.5), "
                f"got {shown(row)}"
            )
        if self.columns and row.keys() != self.columns.keys():
            raise ValueError(
                f"History: the row has the columns {', '.join(row)}, the history has "
                f"{', '.join(self.columns)}; go on with the same metrics and validation, or begin "
                "a new history"
            )
        # all are checked before one is added
        numbers = {name: checked_number(f"History: {name}", x) for name, x in row.items()}
        for name, x in row.items():
            # integers stay integers; JSON does not accept NumPy's
            kept = x if isinstance(x, int | float) else numbers[name]
            self.columns.setdefault(name, []).append(kept)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Raise AttributeError, with a hint how to read a column or show the curves."""
            cure = (
                f"; use history[{shown(name)}]" if name in self.__dict__.get("columns", ()) else ""
            )
            if name in ("plot", "show"):
                cure = "; in a notebook it shows itself, elsewhere .draw().save('curves.html')"
            if name in ("save", "to_csv"):
                cure = "; use .columns, a dict of lists: np.savez(path, **history.columns)"
            if name in ("history", "items", "keys", "values"):
                cure = "; use .columns, a dict, or history['loss'] for one"
            text = f"'History' object has no attribute {shown(name)}{cure}"
            raise AttributeError(text, name=name, obj=self)

    def __getitem__(self, name: str) -> list[Any]:
        if not isinstance(name, str) or name not in self.columns:
            raise KeyError(
                f"no column {shown(name)}; there are {', '.join(self.columns) or 'none yet'}"
            )
        return self.columns[name]

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __eq__(self, other: object) -> bool:
        return self.to_json() == other.to_json() if isinstance(other, History) else NotImplemented

    __hash__ = object.__hash__

    def row(self, index: int) -> dict[str, Any]:
        """Return the numbers of one epoch by column; -1 is the last.

        Parameters
        ----------
        index : int

        Returns
        -------
        dict of str to number

        Raises
        ------
        TypeError, IndexError
            If there is no such row.

        Examples
        --------
        >>> nn.History({"epoch": [1, 2], "loss": [1.0, 0.5]}).row(-1)
        {'epoch': 2, 'loss': 0.5}
        """
        if isinstance(index, bool) or not isinstance(index, int | np.integer):
            raise TypeError(f"History: the index of a row is an integer, got {shown(index)}")
        if not -len(self) <= index < len(self):
            raise IndexError(f"History: there is no row {index} in {len(self)} epochs")
        return {name: column[index] for name, column in self.columns.items()}

    def best(self, column: str, mode: str = "auto") -> int:
        """Return the epoch with the best value of a column, the first of equal ones.

        Parameters
        ----------
        column : str
        mode : {"auto", "min", "max"}
            Whether lower or higher is better; "auto" knows the loss and the metrics of
            `nn.metrics`.

        Returns
        -------
        int
            The number of the epoch.

        Raises
        ------
        KeyError, ValueError
            If there is no such column, it has no value, or it is not known which values are better.

        Examples
        --------
        >>> nn.History({"epoch": [1, 2], "loss": [0.5, 1.0]}).best("loss")
        1
        """
        watch = Watch(monitor=column, mode=mode)
        for epoch, x in enumerate(self[column], start=1):
            watch.observe(
                {"epoch": self.columns.get("epoch", range(1, epoch + 1))[epoch - 1], column: x}
            )
        if watch.best is None:
            raise ValueError(f"History: column {column!r} holds no number to be the best")
        return watch.best_epoch

    # ---------------------------------------------------------------------------------------------
    # As plain data

    def to_dict(self) -> dict[str, Any]:
        """Return everything as new dictionaries and lists."""
        return {
            "columns": {name: list(column) for name, column in self.columns.items()},
            "interrupted": self.interrupted,
            "stopped": self.stopped,
            "restored": self.restored,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the history that `to_dict` described; raise ValueError for anything else."""
        if not isinstance(data, Mapping) or not isinstance(data.get("columns"), Mapping):
            raise ValueError("this is not a history; give what History.to_dict or to_json returned")
        options = {k: data[k] for k in ("interrupted", "stopped", "restored") if k in data}
        try:
            return cls(data["columns"], **options)
        except TypeError as error:
            raise ValueError(f"this is not a history: {error}") from error

    def to_json(self) -> str:
        """Return everything as JSON text; nan and infinities, which JSON has not, as strings."""
        data = self.to_dict()
        data["columns"] = {
            name: [x if math.isfinite(x) else str(x) for x in column]
            for name, column in self.columns.items()
        }
        return json.dumps(data, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the history that `to_json` wrote; raise ValueError for anything else."""
        try:
            data = json.loads(text)
        except (TypeError, ValueError, RecursionError) as error:
            raise ValueError(
                f"this is not the text that History.to_json returned: {error}"
            ) from error
        if isinstance(data, dict) and isinstance(data.get("columns"), dict):
            data["columns"] = {
                name: [float(x) if x in ("nan", "inf", "-inf") else x for x in column]
                if isinstance(column, list)
                else column
                for name, column in data["columns"].items()
            }
        return cls.from_dict(data)

    # ---------------------------------------------------------------------------------------------
    # As text and pictures

    def summary(self) -> str:
        """Return one line with the number of epochs, and how the run ended.

        Examples
        --------
        >>> nn.History({"epoch": [1, 2], "loss": [1.0, 0.5]}).summary()
        'History of 2 epochs'
        """
        n = len(self)
        parts = [f"History of {n} epoch{'s' * (n != 1)}"]
        if self.interrupted:
            parts.append(f"interrupted in epoch {n + 1}")
        if self.stopped:
            parts.append(self.stopped)
        if self.restored:
            parts.append(f"the model is that of epoch {self.restored}")
        return "; ".join(parts)

    def __repr__(self) -> str:
        rows = []
        for name, column in self.columns.items():
            if name in ("epoch", "step") or not column:
                continue
            ends = f"{column[0]:.4g}"
            if len(set(column)) == 1:
                rows.append((name, ends, "", ""))
                continue
            rows.append(
                (name, f"{ends} → {column[-1]:.4g}", sparkline(column), self._best_of(name))
            )
        widths = [max((len(row[i]) for row in rows), default=0) for i in range(3)]
        lines = [
            f"  {a:{widths[0]}}  {b:{widths[1]}}  {c:{widths[2]}}  {d}".rstrip()
            for a, b, c, d in rows
        ]
        return "\n".join([self.summary(), *lines])

    def _best_of(self, name: str) -> str:
        try:
            epoch = self.best(name)
        except ValueError:
            return ""
        epochs = self.columns.get("epoch", list(range(1, len(self) + 1)))
        x = self[name][epochs.index(epoch)]
        word = "most" if Watch(monitor=name)._sign(name) > 0 else "least"
        return f"{word} {x:.4g} in epoch {epoch}"

    def draw(self, theme: str = "auto") -> Picture:
        """Return the curves as a picture, to be displayed or saved.

        Parameters
        ----------
        theme : {"auto", "light", "dark"}
            "auto" follows the page.

        Returns
        -------
        Picture

        Raises
        ------
        ValueError
            If there are no epochs, or for another theme.

        Examples
        --------
        >>> history = nn.History({"epoch": [1, 2], "loss": [1.0, 0.5]})
        >>> history.draw().svg().startswith("<svg")
        True
        """
        from .curves import curves

        return curves(self, theme)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        return self.draw()._repr_mimebundle_() if len(self) else {"text/plain": repr(self)}


def sparkline(numbers: list[float], width: int = _WIDTH) -> str:
    """Return numbers as a row of bars of that height; blanks for nan and infinities.

    Parameters
    ----------
    numbers : list of float
    width : int
        The most bars; with more numbers, each bar is the mean of several.

    Examples
    --------
    >>> sparkline([3.0, 2.0, 1.0, float("nan"), 1.0])
    '█▄▁ ▁'
    """
    n = len(numbers)
    count = min(n, width)
    parts = [numbers[i * n // count : (i + 1) * n // count] for i in range(count)]
    means = [
        math.fsum(x / len(part) for x in part) if all(map(math.isfinite, part)) else math.nan
        for part in parts
    ]
    finite = [x for x in means if math.isfinite(x)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    # halved, so that the spread of the largest floats is finite
    spread = high / 2 - low / 2
    return "".join(
        " "
        if not math.isfinite(x)
        else _BARS[int((x / 2 - low / 2) / spread * 7 + 0.49) if spread else 0]
        for x in means
    )
