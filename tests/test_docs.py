"""The pages of the documentation: their Python runs, and Sphinx builds them without a warning."""

import doctest
import html
import importlib.util
import json
import os
import re
import runpy
import subprocess
import sys
import time
from pathlib import Path

import pytest

import autograd.scipy.integrate
import autograd.special
import nn
from autograd import op as op_module

from .edges.table import TABLE

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
PAGES = sorted(p for p in DOCS.rglob("*.md") if p.relative_to(DOCS).parts[0][0] not in "_g")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(DOCS)))
def test_code_on_the_page_runs(page, tmp_path, monkeypatch, capfd):
    """The blocks of a page are one program; operations that it defines are gone afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(op_module, "_BY_NAME", dict(op_module._BY_NAME))
    names = {}
    for block in re.findall(r"^```python\n(.*?)^```$", page.read_text("utf8"), re.M | re.S):
        test = doctest.DocTestParser().get_doctest(block, names, page.name, str(page), 0)
        assert test.examples, block
        lines = []
        runner = doctest.DocTestRunner(optionflags=OPTIONS)
        runner.run(test, out=lines.append, clear_globs=False)
        assert not runner.failures, "".join(lines)
        names = test.globs


def test_fences_are_closed():
    for page in PAGES:
        assert page.read_text("utf8").count("```") % 2 == 0, page


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder with the built pages; of parallel workers one builds, and the others wait."""
    for name in ("sphinx", "myst_nb", "furo"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed: pip install 'glassgrad[docs]'")
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder, said = shared / "site", shared / "site.json"
    try:
        folder.mkdir()
    except FileExistsError:
        end = time.monotonic() + 900
        while not said.exists() and time.monotonic() < end:
            time.sleep(0.2)
    else:
        build(folder, said)
    status, errors = json.loads(said.read_text("utf8"))
    assert status == 0, errors
    return folder / "html"


def build(folder, said):
    """Build the pages, and then write to a file how it went."""
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run(
        [*command, "-d", str(folder / "trees"), str(DOCS), str(folder / "html")],
        capture_output=True,
        text=True,
    )
    scratch = folder / "said.json"
    scratch.write_text(json.dumps([done.returncode, done.stderr]), "utf8")
    scratch.replace(said)


def test_pages_build_without_a_warning(site):
    assert (site / "index.html").is_file()


def test_every_public_name_has_a_page(site):
    for package in (autograd, nn):
        for name in package.__all__:
            page = site / "generated" / package.__name__ / f"{name}.html"
            assert f"{package.__name__}.{name}" in page.read_text("utf8")


def test_every_operation_is_in_the_table_of_rules(site):
    """All of the library's own: other tests may have defined some of theirs by now."""
    text = (site / "generated" / "rules.html").read_text("utf8")
    packages = ("autograd", "numpy", "scipy")
    own = [
        name
        for name, op in autograd.operations().items()
        if str(getattr(op.forward, "__module__", "numpy")).split(".")[0] in packages
    ]
    assert len(own) > 150
    for name in own:
        assert re.search(rf"\b{name}\b", text), name


def test_sources_are_of_operations_that_exist():
    sources = runpy.run_path(str(DOCS / "references.py"))["SOURCES"]
    names = " ".join(sources.values()).split()
    assert set(names) <= set(autograd.operations())
    assert len(names) == len(set(names))


def test_table_of_edges_is_on_its_page(site):
    text = (site / "explanation" / "edges.html").read_text("utf8")
    for name in TABLE:
        assert html.escape(name, quote=False) in text, name
    assert text.count("as expected, of") == 2


def test_reference_shows_no_sign_posts_of_the_source(site):
    """Names of source files to read next are for readers of the source."""
    pages = [p for package in ("autograd", "nn") for p in (site / "generated" / package).iterdir()]
    assert len(pages) > 100
    for page in pages:
        text = re.sub(r"<[^>]*>", "", page.read_text("utf8"))
        assert not re.search(r"Next: |Reading order|Last file|\w\.py\b.*\w\.py\b", text), page


def test_pages_fetch_nothing(site):
    """No script, style, picture or font comes from elsewhere."""
    fetching = re.compile(r"""<(?:script|img|iframe|link)\b[^>]*?\b(?:src|href)=["'](https?:)?//""")
    for page in site.rglob("*.html"):
        assert not fetching.search(page.read_text("utf8")), page
    for style in site.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import\s)[\"']?(?:https?:)?//", style.read_text("utf8"))


def test_links_lead_somewhere(site):
    """Every link within the pages leads to a file and, if it says so, to a place in it."""
    places = {}
    for page in site.rglob("*.html"):
        text = page.read_text("utf8")
        places[page.resolve()] = set(re.findall(r"""\bid=["']([^"']+)["']""", text)), text
    for page, (_, text) in places.items():
        for link in re.findall(r"""<a\b[^>]*?\bhref=["']([^"']*)["']""", text):
            if re.match(r"[a-z]+:", link):
                continue
            path, _, place = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            if target.is_dir():
                target = target / "index.html"
            assert target.exists(), f"{page.name} links to {link}"
            if place and target in places:
                assert place in places[target][0], f"{page.name} links to {link}"
