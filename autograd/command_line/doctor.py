"""Versions, renderers, and whether HIPS autograd is in the way. Next: `../notebooks.py`."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shutil

CLASH = (
    "HIPS autograd (PyPI 'autograd') is installed in this environment too. Both packages own the "
    "import name 'autograd', and pip writes them over each other without a word. Make a fresh "
    "virtual environment for one of them, or uninstall both (pip uninstall autograd glassgrad) and "
    "install glassgrad again."
)


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def doctor() -> tuple[str, bool]:
    """Return a report on versions, renderers and a HIPS clash, and whether all is well.

    Examples
    --------
    >>> text, healthy = doctor()
    >>> "numpy" in text
    True
    """
    lines = [f"python      {platform.python_version()} ({platform.system()} {platform.machine()})"]
    healthy = True
    for name in ("glassgrad", "numpy", "graphviz"):
        version = _version(name)
        missing = "not installed as a distribution; running from a folder"
        if name != "glassgrad" and version is None:
            missing, healthy = "missing: pip install " + name, False
        lines.append(f"{name:<12}{version or missing}")
    for name, use in (("tqdm", "progress bars"), ("scipy", "special functions")):
        lines.append(f"{name:<12}{_version(name) or f'not installed (optional: {use})'}")
    dot = shutil.which("dot")
    lines.append(
        "dot         "
        + (f"found: {dot}" if dot else "not found, and not needed: drawings are built in")
    )
    if _version("autograd") is not None:
        lines.append(f"clash       {CLASH}")
        healthy = False
    lines.append("all is well" if healthy else "something is wrong, see above")
    return "\n".join(lines), healthy
