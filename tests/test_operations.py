"""Every operation against NumPy, finite differences, and itself run in other ways."""

import copy
import itertools

import numpy as np
import pytest

from autograd import Op, Tensor, scope, topological_order, watch
from autograd.node import Node

from .cases import CASES, OPERATIONS, sample
from .checks import (
    arrays_of,
    assert_close,
    check_first,
    check_second,
    cotangent_for,
    data_of_grad,
    gradients_of,
    leaves_of,
)

SMOOTH = [c for c in CASES if c.gradient]
PIECEWISE = [c for c in CASES if not c.gradient]


def over(cases):
    return pytest.mark.parametrize("case", cases, ids=str)


def nodes_of(tensor):
    return topological_order(tensor.node)


SINGLE = [c for c in SMOOTH if any(a.ndim == 0 for a in c.inputs)]


@over(SINGLE)
def test_a_single_number_that_was_looked_at_keeps_its_gradient(case):
    # `.data` of a 0-d leaf makes its number an array, which has other methods
    plain, seen = leaves_of(case), leaves_of(case)
    assert all(type(x.data) is np.ndarray for x in seen)
    for leaves in (plain, seen):
        z = case.on_leaves(leaves)
        np.sum(z * cotangent_for(z.data)).backward()
    for a, b in zip(plain, seen, strict=True):
        np.testing.assert_allclose(a.grad, b.grad, rtol=1e-13)


# --------------------------------------------------------------------------------------------------
# The table is complete


def test_every_operation_has_a_row_and_every_row_an_operation():
    assert {c.op for c in CASES} == set(OPERATIONS)


def test_every_operation_with_a_rule_has_a_row_with_a_gradient():
    having = {
        n for n, op in OPERATIONS.items() if any(map(op.differentiable, range(len(op.inputs))))
    }
    assert {c.op for c in SMOOTH} == having


def test_rows_have_names_of_their_own():
    names = [str(c) for c in CASES]
    assert len(set(names)) == len(names)


@over(SMOOTH)
def test_row_uses_its_operation(case):
    assert case.op in {node.op.name for node in nodes_of(case.on_leaves(leaves_of(case)))}


def test_every_rule_is_asked_for():
    asked = set()
    for case in SMOOTH:
        for node in nodes_of(case.on_leaves(leaves_of(case))):
            inputs = node.inputs
            parents = set(node.parents)
            for i, x in enumerate(inputs):
                if isinstance(x, Node) and x in parents:
                    asked.add((node.op.name, 0 if node.op.variadic else i))
    for name, op in OPERATIONS.items():
        for i in range(len(op.inputs)):
            assert not op.differentiable(i) or (name, i) in asked


# --------------------------------------------------------------------------------------------------
# Values and gradients


@over(CASES)
def test_forward_equals_numpy(case):
    tensors = [Tensor(a) for a in arrays_of(case)]
    expected = case.expected(*case.inputs)
    result = case.on_leaves(tensors)
    np.testing.assert_allclose(result.data, expected, rtol=1e-13, atol=1e-15)
    assert result.shape == np.shape(expected)
    assert result.dtype == np.asarray(expected).dtype
    assert not result.requires_grad


@over(SMOOTH)
def test_recorded_forward_equals_numpy(case):
    """What is recorded may run another function, which keeps more for the derivative."""
    expected = case.expected(*case.inputs)
    result = case.on_leaves(leaves_of(case))
    assert result.requires_grad
    np.testing.assert_allclose(result.data, expected, rtol=1e-13, atol=1e-15)


@over(SMOOTH)
def test_operation_on_plain_arrays_gives_plain_arrays(case):
    result = case.call(*case.inputs)
    assert isinstance(result, np.ndarray | np.generic | float)
    np.testing.assert_allclose(result, case.expected(*case.inputs), rtol=1e-13, atol=1e-15)


@over(SMOOTH)
def test_gradient_equals_differences(case):
    check_first(case)


AFFINE = [c for c in SMOOTH if OPERATIONS[c.op].affine]


@over(AFFINE)
def test_an_affine_operation_has_the_same_derivative_everywhere(case):
    here = [Tensor(x, requires_grad=x.dtype.kind == "f") for x in arrays_of(case)]
    there = [Tensor(1.0 + 2.0 * x.data, requires_grad=True) if x.requires_grad else x for x in here]
    found = []
    for leaves in (here, there):
        (node,) = [n for n in nodes_of(case.on_leaves(leaves)) if n.op.name == case.op][-1:]
        found.append(node.local_derivative(cotangent_for(node.data)))
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_is_affine():
    assert {"add", "getitem", "take_along_axis", "sum"} <= {c.op for c in AFFINE}
    assert {"multiply", "where", "matmul", "max"}.isdisjoint(c.op for c in AFFINE)


@over(SMOOTH)
def test_second_derivative_equals_differences(case):
    check_second(case)


@over(SMOOTH)
def test_rules_on_nodes_equal_rules_on_arrays(case):
    cotangent = cotangent_for(case.expected(*case.inputs))
    run = lambda *x: case.on_leaves(x)  # noqa: E731
    on_arrays = gradients_of(run, arrays_of(case), cotangent)
    on_nodes = gradients_of(run, arrays_of(case), cotangent, create_graph=True)
    assert_close(on_nodes, on_arrays, rtol=1e-13)


@over(SMOOTH)
def test_watched_sweep_equals_plain_sweep(case):
    cotangent = cotangent_for(case.expected(*case.inputs))
    run = lambda *x: case.on_leaves(x)  # noqa: E731
    plain = gradients_of(run, arrays_of(case), cotangent)
    with watch(lambda *_: None):
        watched = gradients_of(run, arrays_of(case), cotangent)
    assert_close(watched, plain, rtol=1e-13)


@over(PIECEWISE)
def test_without_gradient(case):
    leaves = leaves_of(case)
    result = case.on_leaves(leaves)
    expected = case.expected(*case.inputs)
    np.testing.assert_array_equal(result.data, expected)
    assert result.dtype == expected.dtype
    assert not result.requires_grad
    # it adds nothing, and does not get in the way of what has a gradient
    (np.sum(leaves[0] * 2) + np.sum(result * 1.0)).backward()
    np.testing.assert_array_equal(leaves[0].grad, np.full(leaves[0].shape, 2.0))


A, B, ROWS = sample((2, 3, 4)), sample((2, 3, 4), seed=1), sample((2, 3))
OVER = {"axis": None, "keepdims": False}
DEFAULTS = {
    **{name: ((A,), OVER) for name in ("sum", "prod", "max", "min", "logsumexp")},
    **{name: ((A,), OVER | {"ddof": 0}) for name in ("var", "std")},
    "squares": ((A, A > 0, np.sum(A > 0)), {"axis": None}),
    "norm": ((A,), OVER | {"ord": 2}),
    **{name: ((A,), {"axis": 0}) for name in ("cumsum", "cumprod", "cummax", "cummin")},
    **{name: ((A,), {"axis": -1}) for name in ("softmax", "log_softmax", "argsort")},
    "diff": ((A,), {"axis": 0, "n": 1}),
    "gradient": ((A,), {"axis": 0, "edge_order": 1}),
    "argpartition": ((A, 1), {"axis": -1}),
    **{name: ((A, B), {"axis": 0}) for name in ("concatenate", "stack")},
    "convolve": ((A[0, 0], B[0, 0]), {"mode": "full"}),
    "squared_error": ((A, B), {"scale": 1.0}),
    "softmax_cross_entropy": ((ROWS, np.eye(3)[:2]), {"scale": 1.0}),
    "sigmoid_cross_entropy": ((ROWS, np.eye(3)[:2]), {"scale": 1.0}),
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_parameters_have_defaults(name):
    inputs, parameters = DEFAULTS[name]
    op, found = OPERATIONS[name], []
    for given in ({}, parameters):
        x = Tensor(inputs[0], requires_grad=True)
        z = op(x, *inputs[1:], **given)
        np.testing.assert_array_equal(op(*inputs, **given), z.data)
        if z.requires_grad:
            z.backward(cotangent_for(z.data))
        found.append((z.data, x.grad))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    assert (found[0][1] is None) == (found[1][1] is None)
    if found[0][1] is not None:
        np.testing.assert_array_equal(found[0][1], found[1][1])


# --------------------------------------------------------------------------------------------------
# The same gradients by other ways


@over([c for c in SMOOTH if c.fixed == () and len(c.inputs) > 1])
def test_each_subset_of_tracked_inputs(case):
    cotangent = cotangent_for(case.expected(*case.inputs))
    everything = gradients_of(lambda *x: case.on_leaves(x), arrays_of(case), cotangent)
    n = len(case.inputs)
    for mask in itertools.product([True, False], repeat=n):
        if not any(mask) or (n > 3 and sum(mask) not in (1, n - 1)):
            continue
        for constant in (Tensor, np.asarray):
            given = [
                Tensor(a, requires_grad=True) if tracked else constant(a)
                for a, tracked in zip(case.inputs, mask, strict=True)
            ]
            z = case.call(*given)
            if not z.requires_grad:
                continue
            z.backward(cotangent)
            for x, g, tracked in zip(given, everything, mask, strict=True):
                if tracked:
                    assert_close([np.zeros(x.shape) if x.grad is None else x.grad], [g], rtol=1e-13)


class Variable(Tensor):
    """As peers name their arrays: a subclass with a constructor of its own."""

    def __init__(self, data):
        super().__init__(data, requires_grad=True)


def leaf_of(data):
    return Tensor(data, requires_grad=True)


@over([c for c in SMOOTH if c.fixed == ()])
def test_leaves_of_a_subclass(case):
    cotangent = cotangent_for(case.expected(*case.inputs))
    everything = gradients_of(lambda *x: case.on_leaves(x), arrays_of(case), cotangent)
    makers = itertools.product([Variable, leaf_of], repeat=min(len(case.inputs), 3))
    for first in makers:
        rest = [Variable] * (len(case.inputs) - len(first))
        given = [make(a) for make, a in zip([*first, *rest], case.inputs, strict=True)]
        z = case.call(*given)
        z.backward(cotangent)
        for x, g in zip(given, everything, strict=True):
            assert_close([np.zeros(x.shape) if x.grad is None else x.grad], [g], rtol=1e-13)


def without_fast(op):
    # copy.copy would give the operation itself, which is one of its kind
    clone = object.__new__(Op)
    clone.__dict__ |= op.__dict__ | {"fast": {}, "_plans": {}}
    return clone


@over(SMOOTH)
def test_hand_tuned_path_equals_generic_rule(case):
    for node in nodes_of(case.on_leaves(leaves_of(case))):
        parents = set(node.parents)
        inputs = [
            Tensor(x.data, requires_grad=x in parents) if isinstance(x, Node) else x
            for x in node.inputs
        ]
        again = without_fast(node.op)(*inputs, **node.parameters)
        assert again.op.fast == {}
        np.testing.assert_array_equal(again.data, node.data)
        g = cotangent_for(node.data)[()]
        for one, two in zip(node.local_derivative(g), again.local_derivative(g), strict=True):
            assert_close([one], [two], rtol=1e-13)


@pytest.mark.parametrize(
    ("op", "tracked"),
    [(op, t) for op in OPERATIONS.values() for t in op.fast],
    ids=lambda x: getattr(x, "name", str(x)),
)
def test_hand_tuned_path_is_reached_by_a_row(op, tracked):
    for case in SMOOTH:
        if case.op == op.name:
            for node in nodes_of(case.on_leaves(leaves_of(case))):
                parents = set(node.parents)
                found = tuple(isinstance(x, Node) and x in parents for x in node.inputs)
                if op.variadic and len(found) > 1 and all(found):
                    found = ()
                if node.op is op and found == tracked:
                    return
    pytest.fail(f"no row runs the hand-tuned path {tracked} of {op.name}")


@over(SMOOTH)
def test_views_as_inputs(case):
    """Transposed views with negative strides, made by nodes, give the same numbers."""

    def turned(a):
        return a.T[(slice(None, None, -1),) * a.ndim] if a.ndim else a

    cotangent = cotangent_for(case.expected(*case.inputs))
    straight = gradients_of(lambda *x: case.on_leaves(x), arrays_of(case), cotangent)
    arrays = [np.ascontiguousarray(turned(a)) for a in arrays_of(case)]
    around = gradients_of(
        lambda *x: case.on_leaves([turned(t) for t in x]),
        [a.reshape(turned(b).shape) for a, b in zip(arrays, arrays_of(case), strict=True)],
        turned(turned(cotangent)),
    )
    assert_close([turned(g) for g in around], straight, rtol=1e-12)


@over(SMOOTH)
def test_path_inside_a_scope_equals_the_usual_path(case):
    cotangent = cotangent_for(case.expected(*case.inputs))
    run = lambda *x: case.on_leaves(x)  # noqa: E731
    plain = gradients_of(run, arrays_of(case), cotangent)
    with scope("block"):
        noted = gradients_of(run, arrays_of(case), cotangent)
    assert_close(noted, plain, rtol=1e-15)


@over(SMOOTH)
def test_gradients_add_up_and_do_not_share_memory(case):
    leaves = leaves_of(case)
    cotangent = cotangent_for(case.expected(*case.inputs))
    z = case.on_leaves(leaves)
    z.backward(cotangent)
    reached = [x for x in leaves if x.grad is not None]
    first = [np.array(x.grad) for x in reached]
    z.backward(cotangent)
    assert_close([x.grad for x in reached], [2 * g for g in first], rtol=1e-15)
    for x, y in itertools.combinations([*(x.grad for x in reached), cotangent], 2):
        assert not np.shares_memory(x, y)


# --------------------------------------------------------------------------------------------------
# Dtypes


@over([c for c in SMOOTH if c.dtypes])
def test_float32_stays_float32(case):
    inputs = tuple(a if a.dtype == bool else a.astype(np.float32) for a in case.inputs)
    single = copy.copy(case)
    object.__setattr__(single, "inputs", inputs)
    leaves = leaves_of(single)
    z = single.on_leaves(leaves)
    assert z.dtype == np.float32
    cotangent = cotangent_for(z.data).astype(np.float32)
    expected = gradients_of(lambda *x: case.on_leaves(x), arrays_of(case), cotangent)
    z.backward(cotangent)
    for x, g in zip(leaves, expected, strict=True):
        if x.grad is not None:
            assert x.grad.dtype == np.float32
            assert_close([x.grad], [g], rtol=2e-4)


@over([c for c in SMOOTH if c.dtypes])
def test_gradient_of_float32_under_create_graph(case):
    inputs = tuple(a if a.dtype == bool else a.astype(np.float32) for a in case.inputs)
    single = copy.copy(case)
    object.__setattr__(single, "inputs", inputs)
    leaves = leaves_of(single)
    z = single.on_leaves(leaves)
    z.backward(cotangent_for(z.data).astype(np.float32), create_graph=True)
    assert {data_of_grad(x.grad).dtype for x in leaves if x.grad is not None} <= {np.dtype("f4")}


@over([c for c in SMOOTH if c.dtypes and len(c.tracked) == 2])
def test_float32_with_float64(case):
    """The result is promoted; each leaf gets a gradient of its own dtype."""
    for dtypes in (("f4", "f8"), ("f8", "f4")):
        leaves = [
            Tensor(a, requires_grad=True, dtype=d)
            for a, d in zip(arrays_of(case), dtypes, strict=True)
        ]
        z = case.on_leaves(leaves)
        arrays = (a.astype(d) for a, d in zip(case.inputs, dtypes, strict=False))
        assert z.dtype == (np.float64 if case.fixed else case.expected(*arrays).dtype)
        z.backward(cotangent_for(z.data))
        for x, d in zip(leaves, dtypes, strict=True):
            if x.grad is not None:
                assert x.grad.dtype == d
                assert x.grad.shape == x.shape
