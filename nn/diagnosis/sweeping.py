"""sweep: many trainings with different settings, one after the other or in parallel.

Next: `../drawing/`.
"""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.settings import checked_flag, checked_text, is_iterable, shown
from autograd.viz.elements.markup import escape
from autograd.viz.graph.listing import columns

from ..training.history import History

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

    from autograd.viz import Picture

Settings = dict[str, Any]
_LINES = 100


@dataclass(frozen=True)
class Trial:
    """One run of a sweep: its settings, its result or error, and its duration.

    ``value`` is what the function returned, ``error`` the text of an exception, with the traceback
    ``trace``; both are None for a run that was not finished.

    Examples
    --------
    >>> trial = nn.sweep(lambda lr: 1 / lr, {"lr": [0]}).trials[0]
    >>> trial.settings, trial.value, trial.error
    ({'lr': 0}, None, 'ZeroDivisionError: division by zero')
    """

    settings: Settings
    value: Any = None
    error: str | None = None
    trace: str = field(default="", repr=False)
    seconds: float = math.nan

    @property
    def finished(self) -> bool:
        """Whether there is a value."""
        return self.error is None and not math.isnan(self.seconds)

    def number(self, key: str = "") -> float:
        """Return the number to compare trials by; nan if there is none.

        Parameters
        ----------
        key : str
            The key in a mapping or History; of a list the last number counts. By default the value
            itself, or its "val_loss" or "loss".

        Returns
        -------
        float

        Examples
        --------
        >>> nn.sweep(lambda lr: {"loss": lr}, {"lr": [0.5]}).trials[0].number()
        0.5
        """
        found, key = self.value, checked_text("sweep: key", key)
        if _holds(found):
            keys = [key] if key else [k for k in ("val_loss", "loss") if k in found]
            found = found[keys[0]] if keys and keys[0] in found else None
        elif key:
            return math.nan
        if isinstance(found, Sequence | np.ndarray) and not isinstance(found, str) and len(found):
            found = found[-1]
        try:
            return float(found)
        except (TypeError, ValueError):
            return math.nan


def _holds(x: Any) -> bool:
    return isinstance(x, Mapping | History)


@dataclass(frozen=True, repr=False)
class Sweep:
    """The result of `sweep`: the trials in the order of the grid, displayed as a table.

    ``interrupted`` is True if Ctrl-C ended it; trials finished by then have values.

    Examples
    --------
    >>> found = nn.sweep(lambda lr: (lr - 0.1) ** 2, {"lr": [1.0, 0.1]})
    >>> len(found.trials), found.best().settings
    (2, {'lr': 0.1})
    """

    trials: tuple[Trial, ...]
    interrupted: bool = False

    def best(self, key: str = "", *, largest: bool = False) -> Trial:
        """Return the trial with the smallest number, or the largest; nan never wins.

        Parameters
        ----------
        key : str
            As in `Trial.number`.
        largest : bool
            True for quantities like accuracy.

        Returns
        -------
        Trial

        Raises
        ------
        ValueError
            If no trial has such a number.

        Examples
        --------
        >>> found = nn.sweep(lambda lr: (lr - 0.1) ** 2, {"lr": [1.0, 0.1]})
        >>> found.best(largest=True).settings
        {'lr': 1.0}
        """
        largest = checked_flag("sweep: largest", largest)
        judged = [(t.number(key), t) for t in self.trials if t.finished]
        judged = [(x, t) for x, t in judged if not math.isnan(x)]
        if not judged:
            failed = next((t for t in self.trials if t.error), None)
            why = f"; one failed with {failed.error}" if failed else ""
            raise ValueError(
                f"sweep: no trial has a number{f' {key!r}' if key else ''} to compare{why}"
            )
        sign = -1 if largest else 1
        return min(judged, key=lambda pair: sign * pair[0])[1]

    def draw(self, column: str = "", theme: str = "auto") -> Picture:
        """Return the curves of all trials that returned a `History`, in one picture.

        Parameters
        ----------
        column : str
            Of the histories; by default "val_loss" or "loss".
        theme : {"auto", "light", "dark"}

        Returns
        -------
        Picture

        Raises
        ------
        ValueError
            If no trial has such a column.

        Examples
        --------
        >>> def train(lr):
        ...     model = nn.MLP([2, 8, 2], rng=0)
        ...     optimizer = nn.SGD(model.parameters(), lr=lr)
        ...     return nn.fit(
        ...         model, nn.data.moons(rng=0), nn.CrossEntropyLoss(), optimizer, epochs=5, rng=0
        ...     )
        >>> nn.sweep(train, {"lr": [0.01, 0.1, 1.0]}).draw().svg().count("<polyline")
        3
        """
        from ..training.curves import overlay

        column = checked_text("sweep: column", column)
        found = [(_named(t), t.value) for t in self.trials if isinstance(t.value, History)]
        for name in [column] if column else ["val_loss", "loss"]:
            runs = [(label, h) for label, h in found if name in h and len(h)]
            if runs:
                return overlay(runs, name, theme)
        raise ValueError(
            f"sweep: no trial returned a History with a column {column or 'loss'!r}; let the "
            "function return what nn.fit returns"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain dictionaries, if the values are plain."""
        return asdict(self)

    def _rows(self) -> list[tuple[str, ...]]:
        names = list(dict.fromkeys(name for t in self.trials for name in t.settings))
        rows = [(*names, "result", "seconds")]
        for t in self.trials:
            text = t.error or ("not finished" if not t.finished else _result_text(t))
            seconds = "" if math.isnan(t.seconds) else f"{t.seconds:.2f}"
            rows.append((*(_short(t.settings.get(n, "")) for n in names), text, seconds))
        return rows

    def _summary(self) -> str:
        done, failed = sum(t.finished for t in self.trials), sum(bool(t.error) for t in self.trials)
        return (
            f"{len(self.trials)} trials, {done} finished"
            + (f", {failed} failed" if failed else "")
            + (", interrupted" if self.interrupted else "")
        )

    def __repr__(self) -> str:
        rows = self._rows()
        more = [f"… {len(rows) - 1 - _LINES} more"] if len(rows) - 1 > _LINES else []
        return "\n".join([self._summary(), columns(rows[: _LINES + 1]), *more])

    def _repr_html_(self) -> str:
        rows = self._rows()
        head, *body = (
            "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row) + "</tr>"
            for tag, row in zip(["th", *["td"] * (len(rows) - 1)], rows, strict=True)
        )
        return f"<table>{head}{''.join(body)}</table><p>{escape(self._summary())}</p>"

    def __len__(self) -> int:
        return len(self.trials)

    def __iter__(self) -> Iterator[Trial]:
        return iter(self.trials)

    def __getitem__(self, index: int) -> Trial:
        return self.trials[index]


def _named(trial: Trial) -> str:
    return ", ".join(f"{name}={_short(x)}" for name, x in trial.settings.items())


def _result_text(trial: Trial) -> str:
    x = trial.number()
    return _short(trial.value) if math.isnan(x) and not _holds(trial.value) else f"{x:.6g}"


def _short(x: Any) -> str:
    text = getattr(x, "__name__", None) or (f"{x:.6g}" if isinstance(x, float) else str(x))
    text = " ".join(str(text).split())
    return text if len(text) <= 40 else f"{text[:39]}…"


def sweep(
    build: Callable[..., Any],
    grid: Mapping[str, Iterable[Any]] | Iterable[Mapping[str, Any]],
    executor: Executor | None = None,
    *,
    progress: Callable[[int, int, Trial], Any] | None = None,
) -> Sweep:
    """Call a function with every combination of settings, and collect the results.

    A run that fails is recorded and does not stop the others. Ctrl-C cancels the runs that have not
    begun, and the result has those that are finished.

    Parameters
    ----------
    build : callable
        Builds and trains a model: called as ``build(**settings)``, it returns a number, a `History`
        or a mapping of numbers. For a process pool it must be a module-level function.
    grid : mapping of str to iterables, or iterable of mappings
        ``{"lr": [0.1, 0.01], "hidden": [8, 16]}`` means all four combinations, the last name
        varying fastest; a list of dictionaries is used as it is.
    executor : concurrent.futures.Executor, optional
        Threads or processes, of the standard library or another; it is not shut down. Without one,
        runs are executed here, one after the other.
    progress : callable, optional
        Called as ``progress(done, total, trial)`` after every run.

    Returns
    -------
    Sweep
        The trials in the order of the grid.

    Raises
    ------
    TypeError, ValueError
        If ``build`` is not callable, or the grid is empty or invalid.

    Examples
    --------
    >>> result = nn.sweep(lambda lr, scale: (lr - 0.1) ** 2 * scale, {"lr": [1, 0.1], "scale": [2]})
    >>> result.best().settings
    {'lr': 0.1, 'scale': 2}
    """
    if not callable(build):
        raise TypeError(f"sweep: build is {type(build).__name__}; give a function of the settings")
    for name, part, does in (("progress", progress, "__call__"), ("executor", executor, "submit")):
        if part is not None and not hasattr(part, does):
            raise TypeError(
                f"sweep: {name} is {type(part).__name__}; give a function of (done, total, trial) "
                "for progress, and a concurrent.futures.Executor for executor"
            )
    every = _combinations(grid)
    trials = [Trial(settings) for settings in every]
    report = progress or (lambda done, total, trial: None)
    try:
        for done, (i, trial) in enumerate(_results(build, every, executor), start=1):
            trials[i] = trial
            report(done, len(trials), trial)
    except KeyboardInterrupt:
        return Sweep(tuple(trials), interrupted=True)
    return Sweep(tuple(trials))


def _combinations(grid: Any) -> list[Settings]:
    if isinstance(grid, Mapping):
        bad = [k for k, v in grid.items() if isinstance(v, str) or not isinstance(v, Iterable)]
        if bad:
            raise TypeError(
                f"sweep: the values of {bad[0]!r} are {shown(grid[bad[0]])}; give a list, [x] for "
                "one"
            )
        names = list(grid)
        found = [dict(zip(names, row, strict=True)) for row in product(*grid.values())]
        found = found if names else []
    elif is_iterable(grid) and not isinstance(grid, str):
        found = list(grid)
        odd = [x for x in found if not isinstance(x, Mapping)]
        if odd:
            raise TypeError(
                f"sweep: the grid holds {shown(odd[0])}; give a mapping of lists, or a list of "
                "mappings"
            )
        found = [dict(x) for x in found]
    else:
        raise TypeError(
            f"sweep: the grid is {type(grid).__name__}; give a mapping of lists, or a list of "
            "mappings"
        )
    if not found:
        raise ValueError("sweep: the grid has no combination; give every name at least one value")
    return found


def _results(
    build: Callable[..., Any], every: list[Settings], executor: Executor | None
) -> Iterator[tuple[int, Trial]]:
    """Yield (index in the grid, trial) as the runs end."""
    if executor is None:
        for i, settings in enumerate(every):
            yield i, _run(build, settings)
        return
    from concurrent.futures import BrokenExecutor, Future, as_completed

    def submitted(settings: Settings) -> Future[Trial]:
        try:
            return executor.submit(_run, build, settings)
        except BrokenExecutor as error:  # a process has died already
            failed: Future[Trial] = Future()
            failed.set_exception(error)
            return failed

    places: dict[Future[Trial], int] = {}
    try:
        for i, settings in enumerate(every):
            places[submitted(settings)] = i
        for future in as_completed(places):
            i = places[future]
            error = future.exception()
            if error is None:
                yield i, future.result()
            else:
                # the run did not start, or its process died
                yield i, Trial(every[i], error=_error_text(error), seconds=0.0)
    finally:
        for future in places:
            future.cancel()


def _run(build: Callable[..., Any], settings: Settings) -> Trial:
    start = time.perf_counter()
    try:
        value, error, trace = build(**settings), None, ""
    except Exception as failure:
        value, error, trace = None, _error_text(failure), traceback.format_exc()
    return Trial(settings, value, error, trace, time.perf_counter() - start)


def _error_text(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
