"""Every item of the five texts is named by a test here, or listed below with a reason."""

import ast
import re
from pathlib import Path

COUNTS = {"A": 22, "B": 26, "C": 24, "D": 32, "E": 17}

PROSE = {
    "A22": "advice",  # try to write it before reading the code
    "B24": "advice",
    "D31": "drawings",
    "E11": "announcement",  # softmax is left to the next post
}


def named_items():
    """Return the items that the docstrings of test functions name."""
    found = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                before = (ast.get_docstring(node) or "").split(":")[0]
                found |= set(re.findall(r"\b[A-E]\d+\b", before))
    return found


def test_every_item_is_covered():
    items = {f"{letter}{i}" for letter, n in COUNTS.items() for i in range(1, n + 1)}
    assert len(items) == 121
    assert named_items() | PROSE.keys() == items


def test_every_part_of_the_pseudocode_mistakes_is_covered():
    """The five parts of B25 are told apart by roman numerals."""
    text = (Path(__file__).parent / "test_chein_mistakes.py").read_text(encoding="utf-8")
    assert set(re.findall(r"B25 (\([iv]+\))", text)) == {"(i)", "(ii)", "(iii)", "(iv)", "(v)"}


def test_prose_is_not_tested():
    assert not named_items() & PROSE.keys()
