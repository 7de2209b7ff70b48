"""The examples in docstrings and in the README run, and every public name has one."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest

import autograd.special
import nn

ROOT = Path(__file__).parent.parent
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def modules():
    found = []
    for package in (autograd, nn):
        found.append(package.__name__)
        for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not info.name.endswith("__main__"):
                found.append(info.name)
    return found


def public_names():
    names = {n: getattr(nn, n) for n in nn.__all__}
    return names | {n: getattr(autograd, n) for n in autograd.__all__}


@pytest.mark.parametrize("name", modules())
def test_docstring_examples_run(name):
    module = importlib.import_module(name)
    names = public_names() | {"np": np, "autograd": autograd, "nn": nn}
    names["__name__"] = "examples"  # functions in them are the user's, which jit looks into
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    for test in doctest.DocTestFinder().find(module, extraglobs=names):
        # what wraps a function of NumPy shows NumPy's examples
        if not hasattr(vars(module).get(test.name.rpartition(".")[2]), "fun"):
            runner.run(test)
    assert runner.failures == 0


def documented():
    """Yield (full name, thing, where else its examples may stand) of everything public."""
    spaces = [autograd, nn, autograd.special, *(t for t in vars(nn).values() if is_public(t))]
    for space in spaces:
        names = getattr(space, "__all__", None) or [
            n for n, t in vars(space).items() if getattr(t, "__module__", "") == space.__name__
        ]
        for name in names:
            if not (name.startswith("_") or inspect.ismodule(thing := getattr(space, name))):
                yield f"{space.__name__}.{name}", thing, space


def is_public(thing):
    return inspect.ismodule(thing) and thing.__name__.rpartition(".")[2] in nn.__all__


@pytest.mark.parametrize(
    ("name", "thing", "space"), [pytest.param(*d, id=d[0]) for d in documented() if callable(d[1])]
)
def test_public_name_has_a_runnable_example(name, thing, space):
    """In its docstring; an operation, which is data, in that of its module."""
    text = space.__doc__ if isinstance(thing, autograd.Op) else inspect.getdoc(thing)
    assert len(text.splitlines()[0]) > 10
    sources = [e.source for e in doctest.DocTestParser().get_examples(text)]
    assert sources
    if isinstance(thing, autograd.Op):
        assert re.search(rf"\b{name.rpartition('.')[2]}\b", "".join(sources))


@pytest.mark.parametrize(
    "function", [pytest.param(d[1], id=d[0]) for d in documented() if inspect.isfunction(d[1])]
)
def test_public_function_tells_its_parameters_and_what_it_returns(function):
    text = inspect.getdoc(function)
    signature = inspect.signature(function)
    refused = re.search("refuse_options|argnums_of", inspect.getsource(function))
    refusals = {"options"} if refused else set()
    refusals |= {p.name for p in signature.parameters.values() if p.annotation == "Never"}
    told = text.partition("Parameters\n")[2].partition("\n\n")[0]
    for parameter in signature.parameters.keys() - refusals:
        assert re.search(rf"^(.*, )?\**{parameter}\b(?! \w)", told, re.MULTILINE), parameter
    if signature.return_annotation not in (None, "None"):
        assert re.search(r"^(Returns|Yields)\n---", text, re.MULTILINE)


def test_readme_examples_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "README.md").read_text(encoding="utf8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) >= 3
    names = {}
    for block in blocks:
        test = doctest.DocTestParser().get_doctest(block, names, "README", "README.md", 0)
        runner = doctest.DocTestRunner(optionflags=OPTIONS)
        runner.run(test, clear_globs=False)
        names = test.globs
        assert test.examples
        assert runner.failures == 0
    assert [names["text"]] == re.findall(r"```text\n(.*?)\n```", text, re.DOTALL)


def test_readme_leads_to_what_is_there():
    text = (ROOT / "README.md").read_text(encoding="utf8")
    named = re.findall(r"""(?:src|srcset)="([^"]+)"|\]\(([^)#]+)\)""", text)
    named += [(path, "") for path in re.findall(r"`((?:docs|tests|autograd)/[\w./]+)`", text)]
    paths = [a or b for a, b in named]
    assert len(paths) >= 10
    for path in paths:
        assert (ROOT / path).exists(), path
        assert not path.endswith(".png") or (ROOT / path).stat().st_size < 200_000


def test_readme_pictures_are_those_of_its_example():
    """The SVG is what `draw` gives of the loss that the README computes."""
    from autograd import draw

    text = (ROOT / "README.md").read_text(encoding="utf8")
    names = {}
    exec("\n".join(re.findall(r"^>>> (.*)$", text, re.MULTILINE)[:5]), names)
    for theme in ("light", "dark"):
        picture = (ROOT / "docs" / "_static" / f"front-{theme}.svg").read_text("utf8")
        assert picture == draw(names["loss"]).svg(theme), "python docs/front.py draws it again"


def source_files():
    """Yield (path, docstring) of the files of both packages."""
    for package in ("autograd", "nn"):
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path, ast.get_docstring(ast.parse(path.read_text(encoding="utf8")))


def test_every_file_says_what_to_read_next():
    said = re.compile(r"\bNext:|\bLast file\b|\bRead(ing order)?\b|Begin with")
    for path, text in source_files():
        assert text, path
        assert path.stat().st_size < 100 or said.search(text), path
        for name in re.findall(r"`([\w./]+\.(?:py|js))`", text):
            folders = (path.parent, ROOT / "autograd", ROOT / "nn")
            assert any((folder / name).is_file() for folder in folders), (path, name)


def test_every_file_is_in_the_reading_order_of_its_package():
    orders = {path.parent: text for path, text in source_files() if path.name == "__init__.py"}
    for path, _ in source_files():
        if path.name != "__init__.py":
            assert f"`{path.name}`" in orders[path.parent], path


def posts_that_lead_astray(package):
    """Yield the files of a package whose sign-post is not to the next in its reading order."""
    text = ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf8")))
    order = re.findall(
        r"`([\w./]+(?:\.py|/))`", text[re.search("Reading order|Read `", text).start() :]
    )
    for name, following in zip(order, [*order[1:], "the end"], strict=True):
        if name.endswith("/") or "/" in name:
            continue
        said = ast.get_docstring(ast.parse((package / name).read_text(encoding="utf8")))
        post = re.search(r"Next:\s+`([^`]+)`", said)
        post = post[1] if post else "the end"
        if post != following and not (following == "the end" and post.startswith("..")):
            yield package / name, post, following


ORDERED = """autograd autograd/sweep autograd/scalar_nodes autograd/array_nodes autograd/transforms
    autograd/checks autograd/command_line autograd/jit autograd/jit/record autograd/jit/optimize
    autograd/jit/emit autograd/jit/c autograd/jit/scan autograd/jit/tape autograd/jit/call
    autograd/ops autograd/interop autograd/numpy autograd/special autograd/xp autograd/viz
    autograd/viz/elements autograd/viz/graph autograd/viz/layout autograd/viz/scene
    autograd/viz/drawing autograd/viz/paper autograd/viz/export autograd/viz/stepping
    autograd/viz/expansion autograd/misc autograd/scipy autograd/scipy/stats nn nn/modules
    nn/layers nn/losses nn/optim nn/data nn/training nn/saving nn/diagnosis nn/drawing
    nn/recordings"""


@pytest.mark.parametrize("package", ORDERED.split())
def test_sign_posts_follow_the_reading_order(package):
    assert not [*posts_that_lead_astray(ROOT / package)]


def imported(path):
    """Return the files of both packages that a file imports, at the top or in a function."""
    tree = ast.parse(path.read_text(encoding="utf8"))
    for_types = [n for n in ast.walk(tree) if isinstance(n, ast.If)]
    for_types = [n for n in for_types if "TYPE_CHECKING" in ast.unparse(n.test)]
    ignored = {id(n) for block in for_types for n in ast.walk(block)}
    package = path.parent.relative_to(ROOT).parts
    found = set()
    for node in ast.walk(tree):
        if id(node) in ignored or not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        if isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
        else:
            base = [*package[: len(package) - node.level + 1]] if node.level else []
            base += node.module.split(".") if node.module else []
            names = [[*base, alias.name] for alias in node.names]
        for parts in names:
            files = [ROOT.joinpath(*parts[:n]) for n in range(len(parts), 0, -1)]
            files = [f for file in files for f in (file.with_suffix(".py"), file / "__init__.py")]
            found.add(next((f for f in files if f.is_file()), path))
    return found - {path}


@pytest.mark.parametrize("package", ["jit", "viz"])
def test_folders_import_from_earlier_ones_only(package):
    house = ROOT / "autograd" / package
    order = re.findall(r"^\* `(\w+)/`", (house / "__init__.py").read_text(encoding="utf8"), re.M)
    assert {*order} == {path.parent.name for path in house.glob("*/__init__.py")}
    for at, folder in enumerate(order):
        for path in (house / folder).glob("*.py"):
            used = {
                file.relative_to(house).parts[0] for file in imported(path) if house in file.parents
            }
            assert not used & {*order[at + 1 :]}, path


def test_imports_run_one_way():
    """Files that import nothing that is left are taken away until none is left."""
    left = {path: imported(path) for path, _ in source_files()}
    while free := [path for path, needed in left.items() if not needed & left.keys()]:
        for path in free:
            del left[path]
    assert not left, sorted(map(str, left))
