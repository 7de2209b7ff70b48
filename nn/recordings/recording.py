"""Recording, a training kept moment by moment: plain data, a file, a page. Last file.

`recorder.py` makes it; `../saving/archive.py` writes the file.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np

from autograd.files import replacing
from autograd.settings import checked_path

from ..saving import archive
from ..training.history import History

Array = np.ndarray[Any, Any]

_KIND = "recording"
_HEIGHT = 780


class Recording:
    """Snapshots of a training: what `record` keeps, and what its file contains.

    In notebooks it is displayed as a player.

    Attributes
    ----------
    title : str
        The name of the model.
    structure : dict
        Which entries of which parameters and layers are kept, and the grid of the plane.
    rows : list of dict
        For each snapshot epoch, step, loss and further measurements.
    findings : list of list of dict
        For each snapshot the findings of `nn.health`: kind, where, text, cure.
    arrays : dict of str to array
        One row for each snapshot: ``weights`` and ``gradients`` (entries, those of all parameters
        in a row), ``weight_statistics`` and ``gradient_statistics`` (parameters, 4: norm, mean,
        standard deviation, largest size), ``histograms`` and ``ranges`` of the layers' outputs,
        ``activation_statistics``, ``units`` (means over the batch), ``activations`` (entries), and
        ``surface`` where there are two inputs; float32 or float16, nan where there was nothing.

    Examples
    --------
    >>> model = nn.MLP([2, 8, 2], "tanh", rng=0)
    >>> data = nn.data.moons(100, rng=0)
    >>> recorder = nn.record(model, data, loss=nn.CrossEntropyLoss())
    >>> optimizer = nn.Adam(model.parameters(), lr=0.05)
    >>> _ = nn.fit(
    ...     model, data, nn.CrossEntropyLoss(), optimizer, epochs=20, rng=0, callback=recorder
    ... )
    >>> recording = recorder.recording
    >>> len(recording), recording.arrays["weights"].shape
    (21, (21, 42))
    >>> "<html" in recording.html()
    True
    """

    def __init__(self, title: str, structure: Mapping[str, Any]) -> None:
        self.title = title
        self.structure = dict(structure)
        self.rows: list[dict[str, Any]] = []
        self.findings: list[list[dict[str, str]]] = []
        self._arrays: dict[str, list[Array]] = {}

    @property
    def arrays(self) -> dict[str, Array]:
        """The arrays of all snapshots, stacked: one row for each."""
        return {name: np.stack(rows) for name, rows in self._arrays.items()}

    def add(
        self, row: dict[str, Any], arrays: Mapping[str, Array], findings: list[dict[str, str]]
    ) -> None:
        """Add a snapshot; arrays are of the shapes of those before.

        Parameters
        ----------
        row : mapping
            Epoch, step, loss and further measurements.
        findings : sequence of mapping
            The findings of `nn.health`.
        arrays : mapping of str to array
        """
        if not (isinstance(row, Mapping) and isinstance(arrays, Mapping)):
            raise TypeError(
                f"Recording.add: a row and arrays are mappings, got {type(row).__name__} and "
                f"{type(arrays).__name__}"
            )
        self.rows.append(row)
        self.findings.append(findings)
        for name, a in arrays.items():
            self._arrays.setdefault(name, []).append(a)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def history(self) -> History:
        """The rows of all snapshots as columns; nan where a number was not measured."""
        names = dict.fromkeys(name for row in self.rows for name in row)
        return History({n: [row.get(n, math.nan) for row in self.rows] for n in names})

    # ---------------------------------------------------------------------------------------------
    # As plain data, and as a file

    def to_dict(self) -> dict[str, Any]:
        """Return everything as dictionaries, lists, text and numbers."""
        return {
            "title": self.title,
            "structure": _listed(self.structure),
            "rows": [dict(row) for row in self.rows],
            "findings": [[dict(f) for f in found] for found in self.findings],
            "arrays": _listed(self.arrays),
        }

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the recording to a file, completely or not at all.

        Parameters
        ----------
        path : str or Path
            Ends in .npz.

        Returns
        -------
        Path

        Raises
        ------
        ValueError
            For another ending, or if there is no snapshot.
        OSError
            If it cannot be written; an existing file is unchanged.
        """
        path = checked_path("save", path)
        if path.suffix.lower() in (".html", ".htm"):
            raise ValueError(
                f"cannot save {path.name!r}: save() keeps the numbers, in a .npz file; play() "
                "writes the page"
            )
        if not self.rows:
            raise ValueError("a recording without a snapshot cannot be saved; take one first")
        body = {"title": self.title, "structure": self.structure, "rows": self.rows}
        archive.write(path, {_KIND: {**body, "findings": self.findings, "arrays": self.arrays}})
        return path

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a file that a recording was saved to. Nothing in a file is ever executed.

        Parameters
        ----------
        path : str or Path

        Returns
        -------
        Recording

        Raises
        ------
        ValueError
            If the file is damaged, incomplete, or not a recording.
        OSError
            If it cannot be read.
        """
        path = checked_path("load", path)
        found = archive.read(path).get(_KIND)
        if not isinstance(found, dict):
            raise ValueError(f"{path.name} holds no recording; was it written by nn.record?")
        try:
            made = cls(str(found["title"]), found["structure"])
            for row, findings in zip(found["rows"], found["findings"], strict=True):
                made.add(dict(row), {}, [dict(f) for f in findings])
            made._arrays = {str(n): [*np.asarray(a)] for n, a in found["arrays"].items()}
            _check_whole(made)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise ValueError(
                f"{path.name} holds a recording whose parts do not fit each other ({error}); "
                "record anew"
            ) from error
        return made

    # ---------------------------------------------------------------------------------------------
    # Pages and text

    def html(self) -> str:
        """Return the player: a single page, which works without a network connection."""
        from .player import page

        return page(self)

    def play(self, path: str | os.PathLike[str]) -> Path:
        """Write the player to a file and return its path, to be opened in a browser.

        The arrow keys, space, Home and End move through the snapshots; ``#epoch=12`` behind the
        address opens it there.

        Parameters
        ----------
        path : str or Path
            Ends in .html.

        Returns
        -------
        Path

        Raises
        ------
        ValueError
            For another ending, or if there is no snapshot.
        """
        path = checked_path("play", path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(
                f"cannot write {path.name!r}: the player is a page, the name ends in .html; "
                "save() keeps the numbers in a .npz file"
            )
        with replacing(path) as file:
            file.write(self.html().encode())
        return path

    def text(self) -> str:
        """Return a summary as lines of text: curves, gradients by layer, findings by epoch."""
        from .player import summary

        return summary(self)

    def _repr_html_(self) -> str:
        from .player import frame

        return frame(self, _HEIGHT)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        if not self.rows:
            return {"text/plain": repr(self)}
        return {"text/html": self._repr_html_(), "text/plain": self.text()}

    def __repr__(self) -> str:
        n = len(self)
        where = f", epochs {self.rows[0]['epoch']} to {self.rows[-1]['epoch']}" if n else ""
        return f"<Recording of {self.title}: {n} snapshot{'s' * (n != 1)}{where}>"


def _check_whole(recording: Recording) -> None:
    """Raise ValueError unless all parts have the same length and the sizes that they declare."""
    counts = {name: len(a) for name, a in recording._arrays.items()}
    if not recording.rows or set(counts.values()) != {len(recording.rows)}:
        raise ValueError(f"{len(recording.rows)} snapshots, arrays of {counts}")
    parts = recording.structure
    entries = sum(len(p["rows"]) * len(p["columns"]) for p in parts["parameters"])
    shapes = {
        "weights": (entries,),
        "gradients": (entries,),
        "weight_statistics": (len(parts["parameters"]), 4),
        "gradient_statistics": (len(parts["parameters"]), 4),
        "activation_statistics": (len(parts["outputs"]), 4),
        "ranges": (len(parts["outputs"]), 2),
        "units": (sum(len(p["shown"]) for p in parts["outputs"]),),
    }
    for name, shape in shapes.items():
        if np.shape(recording._arrays[name][0]) != shape:
            raise ValueError(f"{name} is of shape {np.shape(recording._arrays[name][0])}")


def _listed(x: Any) -> Any:
    """Return arrays as lists and tuples as lists, in dictionaries and lists of any depth."""
    if isinstance(x, dict):
        return {k: _listed(v) for k, v in x.items()}
    if isinstance(x, list | tuple):
        return [_listed(v) for v in x]
    return x.tolist() if isinstance(x, np.ndarray | np.generic) else x
