"""Forward mode, whole Jacobians, second derivatives: jvp, jacobian, hessian, hvp.

Next: `../custom.py`. The pullback is linear in the cotangent, so its own pullback at any cotangent
is the push-forward (J. Townsend, "A new trick for calculating Jacobian vector products", 2017):
forward mode costs no further rules.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..backward import order_down_to
from ..mode import recording
from ..settings import checked_choice, checked_flag, shown
from ..tensor import Tensor
from ..value import Value
from .rows import pull_basis
from .runs import (
    NESTS,
    Argnums,
    Function,
    Joint,
    Run,
    argnums_of,
    check_function,
    data_of,
    directions_of,
    is_tracked,
    leaving_aux,
    node_of,
    pull_back,
    pushing,
    untracked,
    value_recorder,
)
from .trees import flatten_some

# up to so many outputs "auto" goes by rows, however few columns there are
FEW_ROWS = 64


def _dtype(x: Any) -> Any:
    return np.dtype(float) if isinstance(x, Value) else x.dtype


def _pulled(r: Run, y: Any, nested: bool) -> tuple[Any, list[Any]]:
    """Return a leaf as the cotangent of an output, and what it is pulled back to, recorded."""
    if isinstance(y, Value):
        dummy: Any = Value(0.0)
    else:
        dummy = Tensor(np.zeros(y.shape, y.dtype), requires_grad=True)
    with pushing(not nested):
        return dummy, r.pull([y], [dummy], True)


def jvp(
    function: Function, primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False
) -> tuple[Any, ...]:
    """Return the value of a function and its Jacobian-vector product, by two pullbacks.

    Parameters
    ----------
    function : callable
        Returns an array, or nested lists, tuples and dicts of arrays.
    primals, tangents : sequences
        The arguments and one direction for each, of the same structures and shapes.
    has_aux : bool
        The function then returns a pair of that and anything else, which comes as a third result.

    Returns
    -------
    value, tangent
        The value of the function, and its derivative along the tangents in the same structure.

    Raises
    ------
    ValueError
        If structures or shapes of tangents and primals differ.
    TypeError
        If primals or tangents are one array, where a tuple of one is meant.

    Examples
    --------
    >>> jvp(lambda x: x * x, (3.0,), (1.0,))
    (9.0, 6.0)
    """
    for name, x in (("primals", primals), ("tangents", tangents)):
        if not isinstance(x, list | tuple):
            raise TypeError(
                f"jvp: {name} are a tuple with one entry per argument, such as (x,), got "
                f"{type(x).__name__}"
            )
    whole, one, of = "jvp: the tangents", "jvp: a tangent", "its primal"
    directions = directions_of(list(tangents), list(primals), whole, one, of)
    aux: list[Any] = []
    called = leaving_aux(function, aux) if checked_flag("jvp: has_aux", has_aux) else function
    r = Run(called, primals, tuple(range(len(primals))), {})
    outputs, rebuild = flatten_some(r.output)
    nested = r.nested or any(is_tracked(t) for t in directions)
    pushed = rebuild([_push(r, y, directions, nested) for y in outputs])
    value = r.output if nested else rebuild([untracked(y) for y in outputs])
    return (value, pushed, r.outside(aux[0])) if has_aux else (value, pushed)


def _push(r: Run, y: Any, directions: list[Any], nested: bool) -> Any:
    """Return the tangent of one output."""
    found = None
    if node_of(y) is not None:
        dummy, pulled = _pulled(r, y, nested)
        (found,) = pull_back(pulled, directions, [node_of(dummy)], nested)
    if found is None:
        found = np.zeros(np.shape(data_of(y)))[()]
    if nested:
        return found
    if isinstance(found, Value):
        return found.data
    found = np.array(data_of(found), y.dtype if isinstance(y, Tensor) else float)
    return found if found.ndim else float(found)


def jacobian(
    function: Function,
    argnums: Argnums = 0,
    mode: str = "auto",
    has_aux: bool = False,
    **options: Argnums,
) -> Function:
    """Return a function that computes the Jacobian of a function with respect to an argument.

    Parameters
    ----------
    function : callable
        Returns an array or scalar, or nested lists, tuples and dicts of them.
    argnums : int or sequence of int
        Which arguments: floats, arrays, tensors, values, or nested lists, tuples, dicts of them.
    mode : {"auto", "reverse", "forward"}
        By rows (one per output entry), by columns (one per input entry, each about twice the cost
        of a row), or whichever costs less. They share one sweep, unless they are very large.
    has_aux : bool
        The function then returns a pair of that and anything else, and what is returned gives a
        pair of the derivatives and the latter, in which tensors come as arrays.

    Returns
    -------
    callable
        Returns an array of shape ``output.shape + input.shape``. If the output or the argument is a
        nest, one for each pair of their leaves: in the structure of the output, and within that in
        the structure of the argument.

    Raises
    ------
    ValueError
        For an unknown mode.

    Examples
    --------
    >>> jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    mode = checked_choice("jacobian: mode", mode, "auto", "reverse", "forward")
    check_function(function, "jacobian")
    argnums = argnums_of("jacobian", argnums, options)
    has_aux = checked_flag("jacobian: has_aux", has_aux)

    @functools.wraps(function)
    def run(*arguments: Any, **kwargs: Any) -> Any:
        aux: list[Any] = []
        r = Run(leaving_aux(function, aux) if has_aux else function, arguments, argnums, kwargs)
        outputs, rebuild = flatten_some(r.output)
        n_out = sum(np.size(data_of(y)) for y in outputs)
        n_in = sum(np.size(data_of(x)) for x in r.inputs)
        # columns need a second graph first, which does not pay for few rows
        cheaper = n_out > max(2 * n_in, FEW_ROWS) and not r.nested
        forward = mode == "forward" or (mode == "auto" and cheaper and not _of_users(r, outputs))
        found = rebuild(_blocks(r, outputs, forward))
        return (found, r.outside(aux[0])) if has_aux else found

    return run


def _of_users(r: Run, outputs: list[Any]) -> bool:
    """Whether there are operations of a user, whose pullbacks need not be differentiable."""
    roots = [node for y in outputs if (node := node_of(y)) is not None]
    order = order_down_to(r.nodes, Joint(roots)) if roots else []
    return any(node._operation.of_user for node in order if node._a is not None)


def _blocks(r: Run, outputs: list[Any], forward: bool) -> list[Any]:
    """Return the Jacobian of each output, in the structure of the arguments."""
    if (recorder := value_recorder(outputs)) is not None:
        raise recorder.mixed(jacobian.__name__)  # it gives arrays
    with recording():
        blocks = [_columns(r, y) for y in outputs] if forward else _rows(r, outputs)
        return [r.nest(_shaped(r, y, b)) for y, b in zip(outputs, blocks, strict=True)]


def _shaped(r: Run, y: Any, blocks: list[Any]) -> list[Any]:
    """Return the Jacobians of one output in their shapes, with zeros in place of None."""
    rows = getattr(y, "shape", ())
    found = []
    for block, x in zip(blocks, r.inputs, strict=True):
        shape = (*rows, *x.shape)
        if block is None:
            found.append(np.zeros(shape, _dtype(x)))
        else:
            found.append((block if r.nested else np.asarray(block)).reshape(shape))
    return found


def _rows(r: Run, outputs: list[Any]) -> list[list[Any]]:
    """Return for each output and input the rows of the Jacobian, one per entry of the output."""
    wanted = r.nodes
    values = [y for y in outputs if isinstance(y, Value)]
    # each Value is a row, and all of them share a sweep
    stacks = pull_basis(values, wanted, r.nested) if values else []
    found = iter(range(len(values)))
    blocks = []
    for y in outputs:
        if isinstance(y, Value):
            k = next(found)
            blocks.append([None if s is None else s[k] for s in stacks])
        elif node_of(y) is None:
            blocks.append([None] * len(wanted))
        else:
            blocks.append(pull_basis(y, wanted, r.nested))
    return blocks


def _columns(r: Run, y: Any) -> list[Any]:
    """Return for each input the columns, by pulling back through the recorded pullback."""
    if node_of(y) is None:
        return [None] * len(r.inputs)
    dummy, found = _pulled(r, y, r.nested)
    blocks = []
    for pulled in found:
        stack = None
        if node_of(pulled) is not None:
            output = [pulled] if isinstance(pulled, Value) else pulled
            (stack,) = pull_basis(output, [node_of(dummy)], r.nested)
        blocks.append(None if stack is None else np.moveaxis(stack, 0, -1))
    return blocks


def hessian(
    function: Function, argnums: Argnums = 0, has_aux: bool = False, **options: Argnums
) -> Function:
    """Return a function that computes the Hessian of a function.

    Parameters
    ----------
    function : callable
        Returns a scalar, or else an array, as for `jacobian`.
    argnums : int or sequence of int
        Which arguments, as for `jacobian`.
    has_aux : bool
        Whether the function returns a pair, as for `jacobian`.

    Returns
    -------
    callable
        Returns an array of shape ``output.shape + input.shape + input.shape``; for nests, and for
        several arguments, one for each pair of their leaves, as `jacobian` does.

    Examples
    --------
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    >>> hessian(lambda x: x**2)(np.array([1.0, 2.0])).shape
    (2, 2, 2)
    """
    check_function(function, "hessian")
    argnums = argnums_of("hessian", argnums, options)
    has_aux = checked_flag("hessian: has_aux", has_aux)

    @functools.wraps(function)
    def run(*arguments: Any, **kwargs: Any) -> Any:
        aux: list[Any] = []
        r = Run(leaving_aux(function, aux) if has_aux else function, arguments, argnums, kwargs)
        if isinstance(r.output, NESTS) or np.ndim(data_of(r.output)):
            slope = jacobian(function, argnums, has_aux=has_aux)
            return jacobian(slope, argnums, has_aux=has_aux)(*arguments, **kwargs)
        _, slopes = r.differentiate(create_graph=True)
        outputs, rebuild = flatten_some(r.nest(slopes))
        found = rebuild(_blocks(r, outputs, forward=False))
        return (found, r.outside(aux[0])) if has_aux else found

    return run


def hvp(function: Function, primal: Any, vector: Any, argnums: int = 0, *rest: Any) -> Any:
    """Return the product of the Hessian of a scalar function with a vector.

    Costs a few times the function, however many variables there are.

    Parameters
    ----------
    function : callable
        Returns a scalar.
    primal, vector : float, array, tensor, value, or nested lists, tuples, dicts of them
        The argument to differentiate by, and a direction of the same structure and shapes.
    argnums : int
        The position of ``primal`` among the arguments.
    *rest
        The other arguments, in order.

    Returns
    -------
    as primal
        In the structure and shapes of ``primal``.

    Raises
    ------
    ValueError
        If the structures or shapes differ.

    Examples
    --------
    >>> hvp(lambda x: (x**3).sum(), np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    array([6., 0.])
    """
    whole = "hvp: the vector"
    directions = directions_of(vector, primal, whole, whole, "the argument")
    if isinstance(argnums, bool) or not isinstance(argnums, int | np.integer):
        raise TypeError(f"hvp: argnums is the position of one argument, got {shown(argnums)}")
    arguments, count = list(rest), len(rest) + 1
    if -count <= argnums < count:  # anything else is refused by the run
        arguments.insert(argnums % count, primal)

    r = Run(function, arguments, argnums, {})
    _, slopes = r.differentiate(create_graph=True)
    nested = r.nested or any(is_tracked(v) for v in directions)
    # the Hessian is symmetric, so that its VJP is its JVP
    found = r.pull(slopes, directions, nested)
    if nested:
        return r.nest(found)
    return r.nest([r.present(g, x) for g, x in zip(found, r.given, strict=True)])


__all__ = ["hessian", "hvp", "jacobian", "jvp"]
