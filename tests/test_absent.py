"""Names of PyTorch, JAX and NumPy that do not exist here raise, and say what to use instead."""

import copy
import math
import pickle
import pkgutil
import re
import subprocess
import sys

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, foreign_names, foreign_packages, special


def entries(*tables):
    return [(n, c.format(n)) for t in tables for c, names in t.items() for n in names.split()]


OF_VALUE = entries(foreign_names.OF_NODES, foreign_names.OF_VALUES)
OF_TENSOR = entries(foreign_names.OF_NODES, foreign_names.OF_TENSORS)
NODES = [(Value(2.0), *e) for e in OF_VALUE] + [
    (Tensor([[1.0, 2.0]], requires_grad=True), *e) for e in OF_TENSOR
]


@pytest.mark.parametrize(
    ("node", "name", "cure"), NODES, ids=[f"{type(n).__name__}.{m}" for n, m, _ in NODES]
)
def test_a_name_of_others_is_not_there_and_says_what_is(node, name, cure):
    with pytest.raises(AttributeError, match=re.escape(f"no attribute {name!r}; {cure}")):
        getattr(node, name)
    for thing in (node, type(node)):
        assert not hasattr(thing, name)
        assert getattr(thing, name, "default") == "default"
    assert name not in dir(node)


@pytest.mark.parametrize(("tables", "kind"), [(OF_VALUE, Value), (OF_TENSOR, Tensor)])
def test_what_the_cures_name_is_there(tables, kind):
    for name, cure in tables:
        assert not re.search(r"[{}]", cure)
        for path in re.findall(r"\bnp\.([\w.]+)", cure):
            thing = np
            for part in path.split("."):
                thing = getattr(thing, part)
        for method in re.findall(r"autograd\.special\.(\w+)", cure):
            assert hasattr(special, method)
        for method in re.findall(r"(?<![\w)])\.(\w+)", cure):
            owner = Tensor if "stack" in cure else kind
            assert hasattr(owner, method) or hasattr(np.ndarray, method), (name, method)


def test_what_numpy_does_on_tensors_is_not_sought_in_the_data():
    assert not [n for n, cure in OF_TENSOR if cure == f"use .data.{n}" and hasattr(np, n)]


def test_options_of_others():
    x = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    for name in ("sum", "mean", "max", "min", "prod", "softmax", "log_softmax", "logsumexp"):
        with pytest.raises(TypeError, match=rf"^{name}\(\) got .* 'dim'; use axis="):
            getattr(x, name)(dim=1)
    for name in ("softmax", "log_softmax", "logsumexp"):
        with pytest.raises(TypeError, match=rf"^{name}\(\) got .* 'dim'; use axis="):
            getattr(autograd, name)(x, dim=1)
    for name in ("std", "var"):
        with pytest.raises(TypeError, match=rf"^{name}\(\) got .* 'unbiased'; use ddof=1"):
            getattr(x, name)(unbiased=False)
    for name in ("argmax", "argmin", "any", "all", "cumsum", "cumprod"):
        with pytest.raises(TypeError, match=rf"^{name}\(\) got .* 'dim'; use axis="):
            getattr(x, name)(dim=0)
    for y in (x.sum(), Value(2.0) * 3):
        with pytest.raises(TypeError, match=r"'retain_graph'; the graph is kept, leave it out"):
            y.backward(retain_graph=True)
        with pytest.raises(TypeError, match=r"backward\(\) got .* argument 'wrong'$"):
            y.backward(wrong=1)
    for option, cure in (("constant", "use requires_grad="), ("device", "the CPU is the only")):
        with pytest.raises(TypeError, match=rf"^Tensor\(\) got .* {option!r}; {cure}"):
            Tensor([1.0], **{option: None})
    for option, cure in (
        *(("static_argnums", "use static="), ("static_argnames", "use static=")),
        *(("donate_argnums", "arrays are used again"), ("wrong", "$")),
    ):
        with pytest.raises(TypeError, match=rf"^jit\(\) got .* {option!r}(; )?{cure}"):
            autograd.jit(np.sin, **{option: 0})
    for option, cure in (("holomorphic", "numbers are real"), ("allow_int", "integers count as")):
        with pytest.raises(TypeError, match=rf"^grad\(\) got .* {option!r}; {cure}"):
            autograd.grad(np.sin, **{option: False})
    for option, cure in entries(foreign_names.OF_MAKING_VALUES):
        said = f"Value() got an unexpected keyword argument {option!r}; {cure}"
        with pytest.raises(TypeError, match=f"^{re.escape(said)}$"):
            Value(1.0, **{option: None})
    with pytest.raises(TypeError, match="unexpected keyword argument 'wrong'"):
        Value(1.0, wrong=1)
    with pytest.raises(TypeError, match=r"softmax\(\) got .* argument 'wrong'$"):
        x.softmax(wrong=1)
    with pytest.raises(TypeError, match="unexpected keyword argument 'wrong'"):
        x.sum(wrong=1)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("sum", {"dtype": np.float32}),
        ("sum", {"axis": 0, "initial": 2.0}),
        ("sum", {"axis": 1, "where": [True, False, True]}),
        ("prod", {"axis": 1, "initial": 2.0}),
        ("max", {"axis": 0, "initial": 1.5}),
        ("min", {"initial": 1.5}),
        ("mean", {"axis": 1, "where": [True, False, True]}),
        ("var", {"axis": 1, "where": [True, False, True]}),
        ("std", {"dtype": np.float32}),
        ("argmax", {"axis": 1, "keepdims": True}),
        ("argmin", {"axis": 1, "keepdims": True}),
        ("cumsum", {"axis": 1, "dtype": np.float32}),
        ("cumprod", {"axis": 1, "dtype": np.float32}),
        ("any", {"where": [True, False, True]}),
        ("all", {"axis": 1, "where": [True, False, True]}),
    ],
)
def test_options_of_arrays_methods(name, options):
    a = np.array([[1.0, -2.0, 0.0], [0.5, 3.0, 1.0]])
    found, expected = getattr(Tensor(a), name)(**options), getattr(a, name)(**options)
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-6)
    assert found.dtype == expected.dtype


def test_an_entry_by_its_index():
    a = np.array([[1.0, 2.0], [3.0, 4.0]])
    for index in ((1,), (1, 0), ((1, 1),), (-1,)):
        assert Tensor(a, requires_grad=True).item(*index) == a.item(*index)
    assert Tensor(2.5).item(0) == Tensor(2.5).item() == 2.5
    with pytest.raises(IndexError, match="out of bounds"):
        Tensor(a).item(4)


def test_sizes_in_bytes():
    for a in (np.ones((2, 3)), np.ones(5, np.float32), np.float64(1.0)):
        assert (Tensor(a).nbytes, Tensor(a).itemsize) == (a.nbytes, a.itemsize)


def test_one_s_own_methods_and_attributes_come_first(monkeypatch):
    class Mine(Value):
        def __init__(self, data):
            super().__init__(data)
            self.zero_grad = "my attribute"

        def square(self):
            return self * self

    v = Mine(3.0)
    assert (v.square().data, v.zero_grad) == (9.0, "my attribute")
    assert {"square", "zero_grad"} <= set(dir(v))
    assert "relu" in dir(v)
    monkeypatch.setattr(Value, "sinh", lambda self: (self.exp() - (-self).exp()) / 2, raising=False)
    assert Value(0.5).sinh().data == pytest.approx(np.sinh(0.5))
    monkeypatch.undo()
    assert not hasattr(Value, "sinh")


@pytest.mark.parametrize("node", [Value(2.0), Tensor([1.0, 2.0], requires_grad=True)])
def test_copies_do_not_meet_the_refusals(node):
    for again in (copy.copy(node), copy.deepcopy(node), pickle.loads(pickle.dumps(node))):
        assert type(again) is type(node)
        np.testing.assert_array_equal(again.data, node.data)


def _gelu(x):
    return x / 2 * (1 + math.erf(x / math.sqrt(2)))


def _logistic(x):
    return 1 / (1 + math.exp(-x))


# activations as their papers define them
CURVES = {
    "gelu": _gelu,
    "quick_gelu": lambda x: x * _logistic(1.702 * x),
    "silu": lambda x: x * _logistic(x),
    "elu": lambda x: x if x > 0 else math.exp(x) - 1,
    "selu": lambda x: 1.0507 * (x if x > 0 else 1.67326 * (math.exp(x) - 1)),
    "mish": lambda x: x * math.tanh(math.log(1 + math.exp(x))),
    "logsigmoid": lambda x: math.log(_logistic(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "hardtanh": lambda x: max(-1.0, min(1.0, x)),
    "relu6": lambda x: max(0.0, min(6.0, x)),
    "hardsigmoid": lambda x: max(0.0, min(1.0, x / 6 + 0.5)),
    "hardswish": lambda x: x * max(0.0, min(1.0, x / 6 + 0.5)),
}
FORMULAS = {
    name: cure.removeprefix("use ")
    for name in CURVES
    for cure, names in foreign_names.CURVES.items()
    if name in names.split()
}


@pytest.mark.parametrize("name", CURVES)
def test_the_formula_that_stands_for_an_activation(name):
    def curve(x):
        return eval(FORMULAS[name], {"np": np, "autograd": autograd, "x": x})

    for at in (-7.0, -2.5, -0.3, 0.4, 2.5, 7.0):
        expected = CURVES[name](at)
        slope = (CURVES[name](at + 1e-6) - CURVES[name](at - 1e-6)) / 2e-6
        assert curve(Value(at)).data == pytest.approx(expected)
        assert curve(Tensor([at])).data[0] == pytest.approx(expected)
        assert autograd.grad(curve)(at) == pytest.approx(slope, abs=1e-7)
    assert len(CURVES) == len(foreign_names.CURVES)


@pytest.mark.parametrize(
    ("name", "entry"),
    [("l1_loss", abs), ("huber_loss", lambda e: e * e / 2 if abs(e) < 1 else abs(e) - 0.5)],
)
def test_the_formula_that_stands_for_a_loss(name, entry):
    (cure,) = (cure for cure, names in foreign_names.LOSSES.items() if name in names.split())
    y, t = np.array([[0.5, 3.0], [-1.0, 0.25]]), np.array([[0.25, -1.0], [2.0, 1.0]])
    found = eval(cure.removeprefix("use "), {"np": np, "y": Tensor(y), "t": t})
    assert found.item() == pytest.approx(np.mean([entry(e) for e in (y - t).ravel()]))


def test_the_formula_that_stands_for_the_margin_of_a_ranking():
    (cure,) = (c for n, c in entries(foreign_names.LOSSES) if n == "margin_ranking_loss")
    a, b, t, margin = np.array([1.0, 0.2]), np.array([0.9, 0.7]), np.array([1.0, -1.0]), 0.25
    names = {"np": np, "a": Tensor(a), "b": b, "t": t, "margin": margin}
    found = eval(cure.removeprefix("use "), names)
    assert found.item() == pytest.approx((0.25 - 0.1 + 0.0) / 2)


def test_a_value_of_a_class_of_one_s_own_takes_its_options():
    class Named(Value):
        def __init__(self, data, name):
            super().__init__(data, label=name)

    assert Named(1.0, name="a").label == "a"


def test_cross_entropy_stands_for_the_divergence_of_kullback_and_leibler():
    logits, target = np.array([[0.5, -1.0, 2.0]]), np.array([[0.2, 0.3, 0.5]])
    p = np.exp(logits) / np.exp(logits).sum()
    divergence = (target * np.log(target / p)).sum()
    entropy = -(target * np.log(target)).sum()
    for scores in (logits, np.log(p)):
        assert nn.CrossEntropyLoss()(scores, target).item() == pytest.approx(divergence + entropy)


# --------------------------------------------------------------------------------------------------
# Modules


@pytest.mark.parametrize(("name", "cure"), entries(foreign_packages.OF_MODULES))
def test_a_method_of_modules_of_others_says_what_is_meant(name, cure):
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh())
    with pytest.raises(AttributeError, match=re.escape(f"no attribute {name!r}; {cure}")):
        getattr(model, name)
    assert not hasattr(model, name)
    assert name not in dir(model)
    for method in re.findall(r"\.(\w+)\(\)", cure):
        assert callable(getattr(model, method))

    class Mine(nn.Module):
        def __init__(self):
            setattr(self, name, nn.Linear(2, 1, rng=0))

    mine = Mine()
    assert [n for n, _ in mine.named_parameters()] == [f"{name}.weight", f"{name}.bias"]
    assert not hasattr(mine, "_mask")


@pytest.mark.parametrize(("name", "cure"), entries(foreign_packages.OF_OPTIMIZERS))
def test_a_name_of_optimizers_of_others_says_what_is_meant(name, cure):
    optimizer = nn.SGD([Tensor([1.0], requires_grad=True)], lr=0.1)
    with pytest.raises(AttributeError, match=re.escape(f"no attribute {name!r}; {cure}")):
        getattr(optimizer, name)
    assert name not in dir(optimizer)
    assert "lr" in dir(optimizer)


def test_options_of_others_where_gradients_are_forgotten():
    model = nn.Linear(2, 1, rng=0)
    for thing in (model, nn.Adam(model.parameters())):
        with pytest.raises(TypeError, match=r"'set_to_none'; a gradient becomes None, leave it"):
            thing.zero_grad(set_to_none=True)
    with pytest.raises(TypeError, match="Adam has no option 'amsgrad'; there is one way to take"):
        nn.Adam(model.parameters(), amsgrad=True)


def test_the_formula_that_stands_for_the_similarity_of_cosines():
    (cure,) = (c for n, c in entries(foreign_packages.OF_FUNCTIONAL) if n == "cosine_similarity")
    x, y = np.array([[1.0, 0.0], [3.0, 4.0]]), np.array([[2.0, 2.0], [-3.0, -4.0]])
    found = eval(cure.removeprefix("use "), {"np": np, "x": Tensor(x), "y": y})
    assert found.data == pytest.approx([math.sqrt(0.5), -1.0])


def test_a_chain_grows_by_a_new_one_that_shares_its_layers():
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh())
    longer = nn.Sequential(*model, nn.Linear(3, 1, rng=0))
    assert longer.parameters()[0] is model.parameters()[0]
    assert longer(np.ones((4, 2))).shape == (4, 1)


# --------------------------------------------------------------------------------------------------
# The package


OF_PACKAGES = [(p, *e) for p, table in foreign_packages.OF_PACKAGES.items() for e in entries(table)]
# NumPy took some of these names away in 2.0, some later
OF_PACKAGES = [e for e in OF_PACKAGES if e[0] != "autograd.numpy" or not hasattr(np, e[1])]
OF_PACKAGES += [("autograd", n, f"use np.{n}") for n in ("tanh", "zeros_like", "stack", "float32")]
# methods that are functions of PyTorch, too
OF_METHODS = [
    ("autograd", "mm", "use the operator @"),
    ("autograd", "unsqueeze", "use .expand_dims(axis) or x[:, None]"),
    ("autograd", "erf", "use autograd.special.erf(x)"),
    ("autograd", "norm", "use np.linalg.norm(x)"),
]


@pytest.mark.parametrize(("package", "name", "cure"), OF_PACKAGES + OF_METHODS)
def test_a_name_of_others_says_which_is_meant(package, name, cure):
    program = f"""
import {package}
assert not hasattr({package}, {name!r})
try:
    {package}.{name}
except AttributeError as error:
    print(error)
"""
    module = pkgutil.resolve_name(package)
    if name in vars(module):  # a module that another test has imported
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        said = done.stdout.strip()
    else:
        with pytest.raises(AttributeError) as caught:
            getattr(module, name)
        said = str(caught.value)
    assert said == f"module {package!r} has no attribute {name!r}; {cure}"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("from autograd import jacrev", "no 'jacrev' in 'autograd'; use jacobian"),
        ("from autograd import grad, gradcheck", "no 'gradcheck' in 'autograd'; use check_grads"),
        ("from autograd.numpy import msort", "no 'msort' in 'autograd.numpy'; use np.sort(x, axis"),
        ("import autograd.optimizers", "no 'optimizers' in 'autograd'; use nn.optim, or autograd."),
        (
            "from autograd import multigrad",
            "no 'multigrad' in 'autograd'; use grad(f, (0, 1",
        ),
        ("from nn import Linear, LSTM", "no 'LSTM' in 'nn'; write a step and repeat it by"),
        (
            "from nn.functional import gelu",
            "no 'gelu' in 'nn.functional'; use x * autograd.special",
        ),
        ("from autograd.tracer import trace, Node", "no 'Node' in 'autograd.tracer'; use draw, st"),
        (
            "from autograd.tracer import trace_stack",
            "no 'trace_stack' in 'autograd.tracer'; use aut",
        ),
        ("from autograd.extend import JVPNode", "no 'JVPNode' in 'autograd.extend'; use operation"),
        (
            "from autograd.misc.tracers import full_graph",
            "no 'full_graph' in 'autograd.misc.tracers'; use dr",
        ),
        ("from nn import nonsense", "cannot import name 'nonsense' from 'nn'"),
        (
            "from autograd.core import nonsense",
            "cannot import name 'nonsense' from 'autograd.core'",
        ),
        ("import autograd.nonsense", "No module named 'autograd.nonsense'"),
    ],
)
def test_an_import_of_a_name_of_others_says_which_is_meant(statement, said):
    with pytest.raises(ImportError, match=f"^{re.escape(said)}"):
        exec(statement, {})


def test_what_the_cures_of_the_packages_name_is_there():
    for package, _, cure in OF_PACKAGES:
        for path in re.findall(r"\b(np(?:\.\w+)+|nn(?:\.\w+)+|autograd\.\w+)", cure):
            pkgutil.resolve_name(path.replace("np.", "numpy."))
        for name in re.findall(r"^use (\w+)\b(?!\.)", cure):
            there = [*autograd.__all__, "nn", "tuple", "notrace_primitive", "unbroadcast_f"]
            assert package.startswith("nn") or name in there


def test_names_that_numpy_took_away_with_a_text_of_its_own():
    with pytest.raises(AttributeError, match=r"np\.float_` was removed .* Use `np\.float64`"):
        autograd.numpy.float_  # noqa: B018
    with pytest.raises(AttributeError, match="module 'numpy' has no attribute 'nothing'"):
        autograd.numpy.nothing  # noqa: B018


def test_any_other_name_of_the_package():
    with pytest.raises(AttributeError, match=r"module 'autograd' has no attribute 'nothing'$"):
        autograd.nothing  # noqa: B018
