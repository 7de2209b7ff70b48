"""Every error is raised by some test, with its whole text; and what is allowed does not raise."""

import ast
import re

import numpy as np
import pytest

from autograd import Tensor, Value
from autograd import op as op_module
from autograd.scalar_nodes import node as scalar_node

from .errors import PACKAGE, ROWS

# files whose errors are tested beside their functions: tests/viz*, tests/jit
APART = ("viz", "jit", "native")
FILES = [
    p
    for p in sorted(PACKAGE.rglob("*.py"))
    if not {p.name, p.relative_to(PACKAGE).parts[0]} & {*APART}
]


@pytest.fixture(autouse=True)
def _what_is_global_stays_as_it_was(monkeypatch):
    monkeypatch.setattr(op_module, "_BY_NAME", dict(op_module._BY_NAME))
    monkeypatch.setattr(scalar_node.ByHand, "used", False)


@pytest.mark.parametrize(("mistake", "error", "match"), ROWS, ids=[r[2][:60] for r in ROWS])
def test_mistake(mistake, error, match):
    with pytest.raises(error, match=f"(?s){match}") as caught:
        mistake()
    assert type(caught.value) is error
    assert "{" not in str(caught.value)


# --------------------------------------------------------------------------------------------------
# The table against the source


class Texts(ast.NodeVisitor):
    """Collect the texts of one ``raise`` as patterns, following calls of functions of the file."""

    def __init__(self, functions):
        self.functions = functions
        self.found = []

    def visit_JoinedStr(self, node):
        parts = [re.escape(v.value) if isinstance(v, ast.Constant) else ".*" for v in node.values]
        self.found.append("".join(parts))

    def visit_Constant(self, node):
        if isinstance(node.value, str):
            self.found.append(re.escape(node.value))

    def visit_Call(self, node):
        name = getattr(node.func, "id", "")
        if name in self.functions:
            for statement in ast.walk(self.functions[name]):
                if isinstance(statement, ast.Return):
                    self.visit(statement.value)
        elif isinstance(node.func, ast.Name) and isinstance(node.func.ctx, ast.Load):
            for argument in node.args:
                self.visit(argument)


def raise_texts(tree):
    """Return (line, patterns) for every raise with a text of its own."""
    functions = {n.name: n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            texts = Texts(functions)
            if getattr(node.exc.func, "id", "") in functions:
                texts.visit(node.exc)
            else:
                for argument in node.exc.args:
                    texts.visit(argument)
            found.append((node.lineno, texts.found))
    return found


def uncovered(tree, messages):
    return [
        (line, pattern)
        for line, patterns in raise_texts(tree)
        for pattern in patterns
        if not any(re.fullmatch(pattern, message, re.DOTALL) for message in messages)
    ]


@pytest.fixture(scope="module")
def messages():
    """Return the texts of all rows; what they register is forgotten."""
    found = []
    known, used = dict(op_module._BY_NAME), scalar_node.ByHand.used
    for mistake, error, _ in ROWS:
        try:
            mistake()
        except error as e:
            found.append(str(e.args[0]))
        except Exception:
            # its own test says so
            continue
    op_module._BY_NAME.clear()
    op_module._BY_NAME.update(known)
    scalar_node.ByHand.used = used
    return found


@pytest.mark.parametrize("path", FILES, ids=[str(p.relative_to(PACKAGE)) for p in FILES])
def test_every_raise_has_a_row(path, messages):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    missing = uncovered(tree, messages)
    assert not missing, f"{path.name}: no row raises " + "; ".join(
        f"line {n}: {t}" for n, t in missing
    )


def test_the_walker_finds_what_has_no_row():
    source = """
def _text(name):
    return f"{name} is not there"

def f(x):
    if x:
        raise ValueError(f"one {x!r} " "and two")
    if not x:
        raise _text(x)
    raise TypeError(_text(x) if x else f"{x} three", 4)
"""
    tree = ast.parse(source)
    covered = ["one 'a' and two", "b is not there", "c three"]
    assert uncovered(tree, covered) == []
    assert len(uncovered(tree, covered[1:])) == 1
    assert len(uncovered(tree, [])) == 4


def test_no_error_by_assertion():
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not [n.lineno for n in ast.walk(tree) if isinstance(n, ast.Assert)], path


# --------------------------------------------------------------------------------------------------
# What is allowed


def test_integers_without_gradient():
    assert Tensor([1, 2]).dtype.kind == "i"
    assert (Tensor([1, 2]) * 2).dtype.kind == "i"
    assert Tensor([1, 2], dtype=float, requires_grad=True).requires_grad
    assert Tensor(True).dtype == bool


def test_numbers_out_of_scalars():
    s = Tensor(2.5, requires_grad=True)
    assert float(s) == s.item() == 2.5
    assert int(s) == 2
    assert float(Tensor([[2.5]], requires_grad=True)) == 2.5
    assert bool(s)
    assert float(Value(2.5)) == 2.5


def test_arrays_out_of_constants():
    np.testing.assert_array_equal(np.asarray(Tensor([1.0, 2.0])), [1.0, 2.0])
    t = Tensor([1.0, 2.0], requires_grad=True)
    np.testing.assert_array_equal(np.asarray(t.detach()), t.data)
    assert Tensor(t.detach()).data.tolist() == [1.0, 2.0]


def test_an_array_of_values_holds_the_nodes():
    a, b = Value(1.0), Value(2.0)
    array = np.array([a, b])
    assert array.dtype == object
    assert array[0] is a
    assert np.asarray(a)[()] is a


def test_a_0_d_tensor_stored_in_an_array_is_told_the_cure():
    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises((TypeError, ValueError)) as caught:
        np.ones(3)[0] = x[0]
    error, texts = caught.value, []
    while error is not None:
        texts.append(str(error))
        error = error.__cause__ or error.__context__
    assert any("Tensor(a)" in text or ".detach()" in text for text in texts)


def test_numbers_may_be_stored_when_asked_for():
    a = np.zeros(3)
    a[0] = float(Value(2.0))
    a[1] = Tensor([3.0], requires_grad=True)[0].item()
    a[2] = Value(4.0).data
    assert a.tolist() == [2.0, 3.0, 4.0]
    assert [float(v) for v in (Value(1.0), Tensor(2.0, True))] == [1.0, 2.0]


def test_numpy_functions_without_gradient_that_are_fine():
    x = Tensor([1.0, np.nan], requires_grad=True)
    assert np.isnan(x).data.tolist() == [False, True]
    assert np.shape(x) == (2,)
    assert np.ndim(x) == 1
    assert np.size(x) == 2
    assert np.argmax(x[:1]) == 0
    np.testing.assert_array_equal(np.zeros_like(x), [0, 0])
    np.testing.assert_array_equal(np.ones_like(x), [1, 1])
    np.testing.assert_array_equal(np.full_like(x, 3.0), [3, 3])
    for made in (np.zeros_like(x), np.empty_like(x, int), np.full_like(x, 3.0, shape=(2, 2))):
        assert type(made) is Tensor
        assert not made.requires_grad
    assert type(np.zeros_like(x, dtype="U2")) is type(np.ones_like(Value(2.0))) is np.ndarray


def test_a_failed_backward_changes_no_gradient():
    x = Tensor([1.0, 2.0], requires_grad=True)
    z = x * x
    z.backward(np.ones(2))
    known = x.grad.copy(), z.grad.copy()
    for gradient in (None, np.ones(3), "a", np.ones(2) * 1j):
        with pytest.raises((RuntimeError, TypeError, ValueError)):
            z.backward(gradient)
    np.testing.assert_array_equal(x.grad, known[0])
    np.testing.assert_array_equal(z.grad, known[1])


def test_a_gradient_that_cannot_be_added_to_one_leaf_is_added_to_none():
    a, x, y = Value(2.0), Tensor([1.0, 2.0], True), Tensor([3.0, 4.0], True)
    z = (x * a * y).sum()
    z.backward()
    known = x.grad.copy(), y.grad.copy()
    a.grad = "not a number"
    with pytest.raises(TypeError):
        z.backward()
    np.testing.assert_array_equal(x.grad, known[0])
    np.testing.assert_array_equal(y.grad, known[1])
    assert a.grad == "not a number"
    a.grad = 0.0
    z.backward()
    np.testing.assert_array_equal(x.grad, 2 * known[0])
