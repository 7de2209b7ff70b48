"""The examples in docstrings and in the README run, and every public name has one."""

import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest

import autograd
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
    result = doctest.testmod(module, extraglobs=names, optionflags=OPTIONS)
    assert result.failed == 0


@pytest.mark.parametrize("name", sorted(public_names()))
def test_public_name_has_a_docstring(name):
    thing = public_names()[name]
    if not (inspect.isclass(thing) or callable(thing)):
        return
    text = inspect.getdoc(thing)
    assert text
    assert len(text.splitlines()[0]) > 10


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


def test_files_open_with_a_sentence():
    for package in ("autograd", "nn"):
        for path in (ROOT / package).rglob("*.py"):
            first = path.read_text(encoding="utf8").split("\n", 1)[0]
            assert first.startswith('"""'), path
