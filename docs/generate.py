"""The pages that are read out of the code: reference, tables, gallery, examples, notebooks.

Everything walks the public names and the table of operations, so what is new appears by itself.
"""

import ast
import html
import inspect
import re
import runpy
import shutil
import sys
import textwrap
import types
from pathlib import Path

import rules

import autograd.notebooks
import autograd.numpy
import autograd.special
import nn
from tests import edges_of_peers

# modules beside the public names
OF_HIPS = ["numpy", "scipy", "differential_operators", "extend", "misc"]
MORE = {"autograd": ["special", "notebooks", *OF_HIPS]}
# classes whose methods are spread over several modules
GATHERED = {"Tensor", "Value", "Node"}


def everything(docs: Path) -> None:
    """Write all generated pages below ``docs/generated``."""
    folder = docs / "generated"
    pages = reference() | {"rules.md": rules.page()} | gallery(docs / "gallery")
    pages |= examples(docs / "examples")
    for name, text in pages.items():
        write(folder / name, text)
    for old in folder.rglob("*.*"):
        if old.suffix in (".md", ".rst") and str(old.relative_to(folder)) not in pages:
            old.unlink()
    write(folder / "edges.inc", edges_of_peers.markdown())
    notebooks(docs.parent / "notebooks", folder / "notebooks")


def write(path: Path, text: str) -> None:
    """Write a file unless it says this already, so that Sphinx reads it again only if needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf8") != text:
        path.write_text(text, encoding="utf8")


def notebooks(source: Path, target: Path) -> None:
    """Copy the executed notebooks to where Sphinx looks for pages."""
    target.mkdir(parents=True, exist_ok=True)
    names = {path.name for path in source.glob("*.ipynb")}
    for old in target.glob("*.ipynb"):
        if old.name not in names:
            old.unlink()
    for name in names:
        new = target / name
        if not new.exists() or new.read_bytes() != (source / name).read_bytes():
            shutil.copyfile(source / name, new)


# --------------------------------------------------------------------------------------------------
# Reference


def reference() -> dict[str, str]:
    """Return a page for every public name, and an index of them for each package."""
    pages = {}
    for package in (autograd, nn):
        homes: dict[str, list[str]] = {}
        for name in names_of(package):
            thing = getattr(package, name)
            pages[f"{package.__name__}/{name}.rst"] = entry(package.__name__, name, thing)
            homes.setdefault(home_of(thing, package), []).append(name)
        pages[f"{package.__name__}/index.rst"] = index(package, homes)
    return pages


def names_of(package: types.ModuleType) -> list[str]:
    """Return the names that have a page: the public ones, and modules that are imported apart."""
    return [*package.__all__, *MORE.get(package.__name__, [])]


def home_of(thing: object, package: types.ModuleType) -> str:
    """Return the name of the module in which a public thing is defined."""
    if inspect.ismodule(thing):
        return thing.__name__
    module = getattr(thing, "__module__", package.__name__)
    return module if module in sys.modules else package.__name__


def escape_bars(app, what, name, obj, options, lines: list[str]) -> None:
    """Make the bars of an absolute value in a docstring what they are, outside of code."""
    code = False
    for i, line in enumerate(lines):
        code = (code and bool(line.strip())) or line.lstrip().startswith(">>>")
        if not code and "|" in line:
            parts = line.split("``")
            parts[::2] = [part.replace("|", "\\|") for part in parts[::2]]
            lines[i] = "``".join(parts)


def without_sign_posts(text: str) -> str:
    """Return a module's docstring without what it tells the readers of the source to read next."""
    return re.sub(r"\s*(?:Next:|Reading order:|Begin with|Last file)(?:.|\n(?!\n))*", "", text)


def hide_sign_posts(app, what, name, obj, options, lines: list[str]) -> None:
    """Leave sign-posts out of a page; `entry` and `index` write the links between pages."""
    if what == "module":
        lines[:] = without_sign_posts("\n".join(lines)).split("\n")


def sentence(thing: object) -> str:
    """Return the first sentence of a docstring, without what to read next."""
    text = without_sign_posts(inspect.getdoc(thing) or "").split("\n\n")[0]
    found = " ".join(text.split()).replace("`", "``").replace("````", "``")
    return found.replace("|", "\\|")


def index(package: types.ModuleType, homes: dict[str, list[str]]) -> str:
    """Return the page that lists a package's public names, module by module."""
    title = f"The package {package.__name__}"
    lines = [title, "=" * len(title), "", sentence(package), "", ".. toctree::", "   :hidden:", ""]
    lines += [f"   {name} <{name}>" for name in names_of(package)]
    for home, names in sorted(homes.items()):
        head = f"``{home}``"
        lines += ["", head, "-" * len(head), ""]
        if getattr(package, names[0]) is not sys.modules[home]:
            lines += [sentence(sys.modules[home]), ""]
        lines += [".. list-table::", "   :widths: 30 70", ""]
        for name in names:
            lines.append(f"   * - :doc:`{name} <{name}>`")
            lines.append(f"     - {sentence(getattr(package, name))}")
    return "\n".join(lines) + "\n"


def entry(package: str, name: str, thing: object) -> str:
    """Return the page of one public name."""
    full = f"{package}.{name}"
    lines = [full, "=" * len(full), ""]
    if inspect.ismodule(thing):
        own, others = members(thing)
        # what the module takes from its neighbours has a page of its own
        paged = [n for n in own if n in sys.modules[package].__all__ and borrowed(thing, n)]
        own = [n for n in own if n not in paged]
        lines += [f".. automodule:: {thing.__name__}", f"   :members: {', '.join(own)}"]
        if paged:
            lines += ["", "Also here: " + ", ".join(f":doc:`{n} <{n}>`" for n in paged) + "."]
        if others:
            lines += ["", "As in NumPy: " + ", ".join(f"``{n}``" for n in others) + "."]
    elif inspect.isclass(thing):
        lines += [f".. autoclass:: {full}", "   :members:"]
        if name in GATHERED:
            lines.append("   :inherited-members: object")
    elif callable(thing):
        lines.append(f".. autofunction:: {full}")
    else:
        lines.append(f".. autodata:: {full}")
    return "\n".join(lines) + "\n"


def borrowed(module: types.ModuleType, name: str) -> bool:
    """Whether a name of a module is defined in another one."""
    return getattr(getattr(module, name), "__module__", module.__name__) != module.__name__


def members(module: types.ModuleType) -> tuple[list[str], list[str]]:
    """Return the public names that a module documents itself, and those it takes from elsewhere."""
    names = getattr(module, "__all__", None)
    if names is None:
        names = [
            n
            for n, thing in vars(module).items()
            if not n.startswith("_") and getattr(thing, "__module__", "") == module.__name__
        ]
    # what wraps a function of NumPy is told by that function
    things = {n: inspect.unwrap(getattr(module, n)) for n in names}
    home = {n: getattr(thing, "__module__", None) or "" for n, thing in things.items()}
    own = [n for n in names if home[n].split(".")[0] in ("autograd", "nn")]
    return own, sorted(set(names) - set(own))


# --------------------------------------------------------------------------------------------------
# Examples and gallery


def examples(folder: Path) -> dict[str, str]:
    """Return the page with the programs of a folder, each under what its docstring says."""
    parts = ["# Examples", "", "Whole programs to run, from `docs/examples`.", ""]
    for path in sorted(folder.glob("*.py")):
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf8")))
        parts += [f"## {path.stem}", "", said, ""]
        parts += [f"```{{literalinclude}} ../examples/{path.name}", ":language: python"]
        parts += [":start-after: import annotations", "```", ""]
    return {"examples.md": "\n".join(parts)}


def gallery(folder: Path) -> dict[str, str]:
    """Run the examples and return the page with what they draw.

    An example is a file whose docstring is its title and caption, and which leaves its picture in
    ``picture``.
    """
    parts = ["# Gallery", "", "Every picture here was drawn while this page was built.", ""]
    for path in sorted(folder.glob("*.py")):
        found = runpy.run_path(str(path))
        title, _, caption = found["__doc__"].partition("\n\n")
        source = path.read_text(encoding="utf8").split('"""', 2)[2].strip()
        parts += [f"## {title.rstrip('.')}", "", caption.strip(), ""]
        parts += ['<div class="gallery-card">', markup(found["picture"]), "</div>", ""]
        parts += ["```python", source, "```", ""]
    return {"gallery.md": "\n".join(parts)}


def markup(picture: object) -> str:
    """Return a picture as HTML on lines without blanks between them, as Markdown wants it."""
    bundle = picture._repr_mimebundle_() if hasattr(picture, "_repr_mimebundle_") else {}
    text = bundle.get("text/html") or f"<pre>{html.escape(str(picture))}</pre>"
    return "\n".join(line for line in textwrap.dedent(text).splitlines() if line.strip())
