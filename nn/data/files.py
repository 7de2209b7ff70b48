"""Data from files: csv and npz, checked cell by cell. Next: `../metrics.py`."""

from __future__ import annotations

import csv
import errno
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograd.settings import checked_flag, checked_path, checked_size, is_iterable, shown

from .arrays import Dataset, class_indices
from .checks import Array, checked_pair

Rows = list[tuple[int, list[str]]]  # pairs (line in the file, cells)
# in fewer rows, every label may be a class of its own
_FEW = 20


def load_csv(
    path: str | Path,
    target: int | str = -1,
    *,
    header: bool | None = None,
    delimiter: str = ",",
    classes: Sequence[str] | None = None,
    regression: bool = False,
    features: Sequence[int | str] | None = None,
) -> Dataset:
    r"""Return the table of a text file: one column is the target, others are the inputs.

    Parameters
    ----------
    path : str or Path
        UTF-8 text.
    target : int or str
        The number of the target's column, or its name in the header.
    header : bool, optional
        Whether the first row holds names; if not given, it does if an input cell is not a number.
    delimiter : str
    classes : sequence of str, optional
        The labels of the target's column in the order of their indices; those found, sorted, if
        not given. Whole numbers are sorted as numbers.
    regression : bool
        The target's column holds numbers to predict, not classes.
    features : sequence of int or str, optional
        The columns of the inputs, by number or name; all but the target's if not given.

    Returns
    -------
    Dataset
        Inputs of shape (n, features), in float64; class indices, or numbers with ``regression``.

    Raises
    ------
    ValueError
        If the file is empty, ragged, not text, or has no such column; if a cell is missing, not a
        number, nan or infinite, or a label is unknown or not a whole number. The message names the
        line and the column. Also if, in twenty or more rows, most labels are different whole
        numbers, which may not be classes, and ``classes`` is not given.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "flowers.csv"
    ...     _ = path.write_text("length,width,kind\n1.0,2.0,rose\n3.0,4.0,lily\n")
    ...     nn.data.load_csv(path, "kind")
    flowers: 2 samples, x (2, 2) float64, y (2,) int64, classes lily, rose
    """
    path = checked_path("load_csv", path)
    regression = checked_flag("load_csv: regression", regression)
    header = None if header is None else checked_flag("load_csv: header", header)
    target = _named(target)
    _check_listed("classes", classes, "names")
    _check_listed("features", features, "columns")
    chosen = None if features is None else [_named(name) for name in features]
    rows = _rows(path, delimiter)
    width = len(rows[0][1])
    first = [cell.strip() for cell in rows[0][1]]
    if header is None:
        header = _is_header(first, target, chosen)
    names = first if header else [f"column {i}" for i in range(width)]
    place = _column(path, names, target)
    rows = rows[1:] if header else rows
    if not rows or width < 2:
        raise ValueError(
            f"{path} has {len(rows)} rows of samples and {width} columns; give at least one row, "
            f"an input column and a target column{_other_delimiter(first)}"
        )
    inputs = _inputs(path, names, place, chosen)
    x = _numbers(path, rows, inputs, names)
    said = tuple(names[i] for i in inputs)
    if regression:
        return Dataset(x, _numbers(path, rows, [place], names)[:, 0], said, name=path.stem)
    y, found = _classes(path, rows, place, names[place], classes)
    return Dataset(x, y, said, found, path.stem)


def _check_listed(name: str, x: Any, what: str) -> None:
    if x is not None and (isinstance(x, str | bytes) or not is_iterable(x)):
        raise TypeError(f"load_csv: {name} are a list of {what}, got {shown(x)}")


def _named(column: Any) -> int | str:
    """Return the name or the number of a column."""
    if isinstance(column, str):
        return column
    number: int = checked_size("load_csv: a column's name or its number", column, None)
    return number


def _is_header(first: list[str], target: int | str, chosen: list[int | str] | None) -> bool:
    """Whether the first row is a header: a column is given by name, or an input is no number."""
    if isinstance(target, str) or any(isinstance(name, str) for name in chosen or ()):
        return True
    width = len(first)
    wanted = range(width) if chosen is None else [i for i in chosen if isinstance(i, int)]
    inputs = {i % width for i in wanted} - {target % width}
    return not all(_is_number(first[i]) for i in inputs)


def _inputs(path: Path, names: list[str], place: int, chosen: list[int | str] | None) -> list[int]:
    """Return the indices of the input columns."""
    if chosen is None:
        return [i for i in range(len(names)) if i != place]
    inputs = [_column(path, names, name) for name in chosen]
    if not inputs or len({place, *inputs}) <= len(inputs):
        raise ValueError(
            "load_csv: features are different columns, without that of the target, got "
            f"{chosen!r:.200}"
        )
    return inputs


def _rows(path: Path, delimiter: str) -> Rows:
    """Return (line, cells) of the rows, all of the same width; blank lines are left out."""
    if not isinstance(delimiter, str) or len(delimiter) != 1:
        raise ValueError(f"load_csv: the delimiter is one character, got {shown(delimiter)}")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter)
            rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not text in UTF-8 ({error}); save it as such") from error
    except csv.Error as error:
        raise ValueError(
            f"{path} cannot be read as rows of cells: {error}; is a quotation mark not closed?"
        ) from error
    if not rows:
        raise ValueError(f"{path} holds no rows; give a file with one row for each sample")
    width = len(rows[0][1])
    for line, row in rows:
        if len(row) != width:
            other = _other_delimiter(rows[0][1])
            raise ValueError(
                f"{path}, line {line}: {len(row)} cells, the first row has {width}; give every row "
                f"the same number of cells (the delimiter is {delimiter!r}{other})"
            )
    return rows


def _number(cell: str) -> float:
    if "_" in cell:  # a name of parts, which Python reads as one number
        raise ValueError(cell)
    return float(cell)


def _is_number(cell: str) -> bool:
    try:
        _number(cell)
    except ValueError:
        return not cell  # an empty cell is a missing number, not a name
    return True


def _column(path: Path, names: list[str], target: int | str) -> int:
    if isinstance(target, str):
        if names.count(target) != 1:
            raise ValueError(
                f"{path} has {names.count(target)} columns named {target!r}; its columns are "
                f"{', '.join(names)}{_other_delimiter(names)}"
            )
        return names.index(target)
    if not -len(names) <= target < len(names):
        raise ValueError(
            f"{path} has {len(names)} columns, there is no column {target}; count from 0, or from "
            "the end with -1"
        )
    return target % len(names)


def _other_delimiter(names: list[str]) -> str:
    """Return a hint if the only column looks like several with another delimiter."""
    other = next((d for d in ";\t|" if d in names[0]), None) if len(names) == 1 else None
    return f"; perhaps delimiter={other!r}" if other else ""


def _numbers(path: Path, rows: Rows, columns: list[int], names: list[str]) -> Array:
    """Return the cells of some columns as finite numbers."""
    try:
        table = np.array([[_number(row[i]) for i in columns] for _, row in rows])
    except ValueError:
        table = np.array([[np.nan]])
    if not np.isfinite(table).all():
        for line, row in rows:
            for i in columns:
                if not _is_number(row[i]) or not np.isfinite(float(row[i] or "nan")):
                    held = f"holds {row[i]!r}" if row[i].strip() else "is empty"
                    raise ValueError(
                        f"{path}, line {line}: column {names[i]!r} {held}, not a finite number; "
                        "correct it, leave the row out, or choose other columns by features="
                    )
    return table


def _classes(
    path: Path,
    rows: Rows,
    place: int,
    name: str,
    classes: Sequence[str] | None,
) -> tuple[Array, tuple[str, ...]]:
    labels = [row[place].strip() for _, row in rows]
    known = None if classes is None else {str(c) for c in classes}
    for (line, _), label in zip(rows, labels, strict=True):
        if not label or (known is not None and label not in known):
            held = (
                f"{label!r} is not one of {', '.join(sorted(known or ()))}" if label else "is empty"
            )
            raise ValueError(
                f"{path}, line {line}: the label in column {name!r} {held}; correct it, or leave "
                "the row out"
            )
    if classes is None:
        for (line, _), label in zip(rows, labels, strict=True):
            if _is_number(label) and float(label) % 1:
                raise ValueError(
                    f"{path}, line {line}: the label in column {name!r} is the number {label}, "
                    "which no class is called by; pass regression=True, or name the classes="
                )
        whole = all(label.lstrip("+-").isdecimal() for label in labels)
        classes = sorted(set(labels), key=int if whole else None)
        if whole and len(labels) >= _FEW and 2 * len(classes) > len(labels):
            raise ValueError(
                f"{path}: the {len(labels)} labels in column {name!r} are {len(classes)} different "
                "numbers, as amounts are and not classes; pass regression=True, or name the "
                "classes="
            )
    indices, found = class_indices(labels, [str(c) for c in classes])
    return indices, tuple(map(str, found))


def load_npz(path: str | Path, x: str = "x", y: str = "y") -> Dataset:
    """Return two arrays of a file that `numpy.savez` wrote. Nothing in the file is executed.

    Parameters
    ----------
    path : str or Path
    x, y : str
        The names of the arrays in the file.

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        If the file is not an npz file or is damaged, has no such arrays, holds pickled objects, or
        the arrays hold nan or do not fit each other.
    TypeError
        If the arrays hold something else than real numbers.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "points.npz"
    ...     np.savez(path, x=np.zeros((3, 2)), y=np.arange(3))
    ...     nn.data.load_npz(path)
    points: 3 samples, x (3, 2) float64, y (3,) int64
    """
    path = checked_path("load_npz", path)
    found: dict[str, Any] = {}
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            names = list(file.files)
            for name in {x, y} & {*names}:
                found[name] = file[name]
    except Exception as error:  # whatever a damaged file makes the libraries raise
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise  # an invalid argument is a place before the beginning, which a file has named
        raise ValueError(
            f"{path} cannot be read as an npz file of plain arrays: {error}; write it with "
            "numpy.savez(path, x=x, y=y)"
        ) from error
    for name in (x, y):
        if name not in found:
            raise ValueError(
                f"{path} has no array {name!r}; it has {', '.join(names)}. Name them: "
                "load_npz(path, x=..., y=...)"
            )
    return Dataset(*checked_pair(found[x], found[y], str(path)), name=path.stem)
