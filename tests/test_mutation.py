"""The mutation run itself: it breaks what it says it breaks, and puts the break into live code."""

import types

import pytest

from .equivalents import EQUIVALENTS
from .mutants import RULES, changed_functions, mutants
from .mutation_run import caches_of, exchange, live_functions

SOURCE = '''"""A room."""
FACTOR = 2


def scaled(x, y):
    total = 0
    for k in (x, -y):
        total += k * FACTOR
    return total if x < 10 else total - 1


table = {"outer": lambda x: x / 2, "inner": lambda x: x + 3}
'''


ASIDE = '''"""Another room."""
PLANNED = 4096
HALF = 0.5


@lru_cache(maxsize=256)
def close(a, b, n):
    many = a.size > PLANNED
    out = a if a.size > 1 else None
    near = abs(a - b) <= 4 * n * finfo(a.dtype).eps
    return np.reshape(near - 1, (-1, n)), out
'''


def test_what_is_no_rule_of_a_derivative_is_told_apart(tmp_path):
    path = tmp_path / "room.py"
    path.write_text(ASIDE)
    found = {(m.line, m.what, m.aside) for m in mutants(path)}
    assert {(line, aside) for line, _, aside in found if aside} == {
        (2, "size"),
        (6, "size"),
        (8, "size"),
        (9, "buffer"),
        (10, "tolerance"),
        (11, "unknown length"),
    }
    # a comparison with a tolerance is none, nor is what else is on the line
    for rule in (
        (3, "shift constant"),
        (10, "negate comparison"),
        (10, "swap Sub"),
        (11, "swap Sub"),
        (11, "drop minus"),
        (11, "shift constant"),
    ):
        assert (*rule, "") in found


def test_what_is_known_to_change_nothing_is_still_there():
    keys = {
        (m.path.stem, m.path.read_text().splitlines()[m.line - 1].strip(), m.what, m.text)
        for path in RULES
        for m in mutants(path)
    }
    assert set(EQUIVALENTS) <= keys


@pytest.fixture
def room(tmp_path):
    path = tmp_path / "room.py"
    path.write_text(SOURCE)
    module = types.ModuleType("room")
    exec(compile(SOURCE, str(path), "exec"), module.__dict__)
    return path, module


def test_every_kind_of_break_is_made_once(room):
    path, _ = room
    found = [(m.line, m.what) for m in mutants(path)]
    assert (8, "+= to =") in found
    assert (8, "swap Mult") in found
    assert (8, "drop left factor") in found
    assert (7, "drop minus") in found
    assert (9, "negate comparison") in found
    assert (9, "swap Sub") in found
    assert (12, "swap Div") in found
    assert len(found) == len(set((m.line, m.what, m.number) for m in mutants(path)))


def test_only_the_function_that_changed_is_exchanged(room):
    path, module = room
    before = module.scaled(3, 1), module.table["outer"](4), module.table["inner"](4)
    assert before == (4, 2, 7)
    mutant = next(m for m in mutants(path) if (m.line, m.what) == (12, "swap Div"))
    codes = changed_functions(mutant.original, mutant.code)
    assert [code.co_name for code in codes.values()] == ["<lambda>"]
    assert exchange(codes, live_functions({str(path)}))
    after = module.scaled(3, 1), module.table["outer"](4), module.table["inner"](4)
    assert after == (4, 8, 7)


def test_what_a_function_keeps_is_forgotten_with_its_code(tmp_path):
    path = tmp_path / "room.py"
    path.write_text("from functools import cache\n\n\n@cache\ndef next_to(x):\n    return x + 1\n")
    module = types.ModuleType("room")
    exec(compile(path.read_text(), str(path), "exec"), module.__dict__)
    assert module.next_to(3) == 4
    mutant = next(m for m in mutants(path) if m.what == "swap Add")
    assert exchange(changed_functions(mutant.original, mutant.code), live_functions({str(path)}))
    assert module.next_to(3) == 4
    (cache,) = caches_of({str(path)})
    cache.cache_clear()
    assert module.next_to(3) == 2


def test_a_line_of_the_module_itself_needs_a_fresh_import(room):
    path, _ = room
    mutant = next(m for m in mutants(path) if (m.line, m.what) == (2, "shift constant"))
    assert changed_functions(mutant.original, mutant.code) is None
