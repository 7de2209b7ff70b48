"""The notebooks: copied out to a folder of the reader's own, and the grader of their exercises.

Last file; `checks/by_hand.py` holds the checker that the grader calls.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .checks.by_hand import Finding, Report, Truth, check_by_hand, check_mapping, judge
from .settings import shown

YOUR_TURN = "your turn: write your answer in place of the ..."


def check(exact: Any, mine: Mapping[str, Any], *, at: Any = None) -> Report:
    """Grade answers to an exercise and say what is wrong with them; ``...`` is no answer yet.

    Parameters
    ----------
    exact : Tensor, Value or mapping
        A loss, whose gradients are the exact answers; or the exact answers by name: numbers,
        arrays or functions.
    mine : mapping
        The learner's answers by name.
    at : array, optional
        Where answers that are functions are compared.

    Returns
    -------
    Report
        One `Finding` per answer.

    Raises
    ------
    KeyError
        If there is no answer of that name.
    TypeError
        If the answers are no mapping.
    ValueError
        If an answer is a function and ``at`` is not given.

    Examples
    --------
    >>> from autograd.notebooks import check
    >>> check({"slope": 6.0}, {"slope": -6.0})
    slope: the sign is wrong
    >>> x = Value(3.0, label="x")
    >>> check(x * x, {"x": ...})
    x: your turn: write your answer in place of the ...
    """
    check_mapping("check: answers are a dict with one for each name", mine)
    report = Report()
    for name, answer in mine.items():
        if answer is ...:
            report.append(Finding(name, False, YOUR_TURN))
        elif isinstance(exact, Mapping):
            report.append(_compare(name, exact, answer, at))
        else:
            report.extend(check_by_hand(exact, {name: answer}))
    return report


def _compare(name: str, exact: Mapping[str, Any], answer: Any, at: Any) -> Finding:
    if name not in exact:
        raise KeyError(f"no answer is called {shown(name)}; there are {sorted(exact)}")
    right = exact[name]
    if callable(right):
        if at is None:
            raise ValueError(f"{name} is a function: say with at= where to compare it")
        if not callable(answer):
            return Finding(name, False, f"a function is wanted, this is {shown(answer)}")
        right, answer = right(at), answer(at)
        if answer is ... or answer is None:
            return Finding(name, False, YOUR_TURN)
    try:
        given = np.asarray(getattr(answer, "data", answer))
        # neither text nor complex numbers
        given = given.astype(float, casting="unsafe" if given.dtype == object else "same_kind")
    except (TypeError, ValueError):
        return Finding(name, False, f"a number or an array is wanted, this is {shown(answer)}")
    truth = np.asarray(getattr(right, "data", right), dtype=float)
    with np.errstate(all="ignore"):
        message = judge(Truth({name: truth}, squared=lambda _: False), name, given, 1e-6)
    return Finding(name, message == "right", message)


def source() -> Path:
    """Return the folder with the notebooks: inside the installed package, or in a checkout.

    Raises
    ------
    FileNotFoundError
        If they are in neither place.
    """
    here = Path(__file__).parent
    for folder in (here / "_notebooks", here.parent / "notebooks"):
        if any(folder.glob("*.ipynb")):
            return folder
    raise FileNotFoundError(
        "the notebooks are not installed; install glassgrad again with pip, or take the folder "
        "notebooks/ from its repository"
    )


def copy_out(folder: Path, show: Callable[[str], None] = print) -> list[Path]:
    """Copy the notebooks to a folder; a file that is there already is kept as it is.

    Parameters
    ----------
    folder : path
        Made if needed.
    show : callable
        Takes a line for each file that was kept.

    Returns
    -------
    list of path
        All the notebooks in the folder, in reading order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for notebook in sorted(source().glob("*.ipynb")):
        target = folder / notebook.name
        if not target.exists():
            shutil.copyfile(notebook, target)
        elif target.read_bytes() != notebook.read_bytes():
            show(f"kept {target}: it was changed; remove it to get it afresh")
        found.append(target)
    return found


def start(folder: Path, show: Callable[[str], None] = print) -> int:
    """Copy the notebooks out and start Jupyter there, if it is installed; return its exit status.

    Parameters
    ----------
    folder : path
        Where the notebooks go.
    show : callable
        Takes the text.
    """
    notebooks = copy_out(folder, show)
    show(f"{len(notebooks)} notebooks are in {folder.resolve()}; begin with {notebooks[0].name}")
    for program in ("jupyterlab", "notebook"):
        if importlib.util.find_spec(program) is not None:
            command = [sys.executable, "-m", program, str(notebooks[0])]
            return subprocess.call(command)
    show(
        "Jupyter is not installed here: pip install 'glassgrad[notebooks]', then run this again. "
        "VS Code opens the notebooks without it."
    )
    return 0
