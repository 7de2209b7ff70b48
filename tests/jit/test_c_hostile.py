"""Random programs in C over adversarial arrays: the results of NumPy, bit by bit.

Numbers at the edges of every dtype, layouts that C code does not expect, and no entries at all.
What libraries round differently, as exp, ends a program, so that rounding never decides.
"""

import numpy as np
import pytest

from autograd.jit import jit
from autograd.jit.c import build as c_build

pytestmark = [
    pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler"),
    pytest.mark.filterwarnings("ignore:.*encountered:RuntimeWarning"),
]
DTYPES = "f8 f4 f2 i8 i4 i2 i1 u8 u4 u2 u1 ? >f8 >i4".split()
FLOATS = """0 -0.0 1 -1 0.5 -2.5 inf -inf nan 5e-324 -1e-310 1e300 1e-8 709.7 -745 88.7 -104 20
1e-40 -1e-45 7 -7.5 2147483648 9007199254740994 0.1"""
FLOATS = np.array(FLOATS.split(), float)
CONSTANTS = [0, 1, 2, -1, 3, 0.5, -0.0, np.float32(2), np.int8(3), True, 1e300, np.inf, np.nan]
SHAPES = [(), (1,), (3,), (2, 3), (4, 5), (0,), (2, 0, 3), (17,), (3, 40), (1, 3), (130,)]
EXACT = """negative absolute sign square sqrt floor ceil trunc rint isnan isinf isfinite signbit
logical_not invert reciprocal positive add subtract multiply divide floor_divide remainder fmod
maximum minimum fmax fmin copysign heaviside greater greater_equal less less_equal equal not_equal
logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor nextafter""".split()
ROUNDED = "exp log tanh exp2 expm1 log1p arcsinh cbrt log2 log10 arctan power arctan2 hypot".split()
REDUCED = "max min any all".split()
# which may give 0 or -0 where they are given both
EITHER = ("maximum", "minimum", "fmax", "fmin")


def numbers(rng, shape, dtype):
    size = int(np.prod(shape))
    if dtype.kind == "b":
        return (rng.random(shape) < 0.5).astype(dtype)
    if dtype.kind == "f":
        found = np.where(rng.random(size) < 0.5, rng.choice(FLOATS, size), rng.normal(size=size))
        return found.astype(dtype).reshape(shape)
    bounds = np.iinfo(dtype)
    edges = [0, 1, 2, 3, 7, bounds.min, bounds.max, bounds.max // 2 + 1, bounds.min // 2]
    edges = np.array([n for n in edges if n >= bounds.min], dtype)
    return rng.choice(edges, size).reshape(shape)


def laid_out(rng, a):
    """Return an array in one of several layouts."""
    kind = rng.integers(8) if a.ndim else 7
    if kind == 0:
        return a[::-1]
    if kind == 1:
        return np.asfortranarray(a)
    if kind == 2:
        wide = np.zeros([2 * n for n in a.shape], a.dtype)
        part = wide[(slice(None, None, 2),) * a.ndim]
        part[...] = a
        return part
    if kind == 3:
        raw = np.zeros(a.nbytes + 1, np.uint8)
        unaligned = np.ndarray(a.shape, a.dtype, raw, 1)
        unaligned[...] = a
        return unaligned
    if kind == 4 and len(a):
        return np.broadcast_to(a[:1], a.shape)
    if kind == 5:
        a = a.copy()
        a.flags.writeable = False
    return a


def made(rng, shape):
    dtype = np.dtype(DTYPES[rng.integers(len(DTYPES))])
    return laid_out(rng, np.asarray(numbers(rng, shape, dtype)))


def changed(x, y, k):
    """Return another form of x."""
    forms = [
        lambda: np.where(x > 0, x, y),
        lambda: x[::-1] if x.ndim else x + 0,
        lambda: np.transpose(x),
        lambda: np.reshape(x, (-1,)),
        lambda: x.astype(("f8", "f4", "?")[k % 3]),
        lambda: np.clip(x, -1, 1),
        lambda: x[None],
        lambda: np.concatenate([np.reshape(x, (-1,)), np.reshape(x, (-1,))]),
    ]
    return forms[k % len(forms)]()


def chosen(rng):
    """Return a program: exact steps, and how each value ends."""
    steps = []
    for _ in range(rng.integers(1, 6)):
        name = EXACT[rng.integers(len(EXACT))] if rng.random() < 0.75 else "changed"
        steps.append((name, *rng.integers(0, 1 << 20, size=3).tolist()))
    ends = [(*ROUNDED, *REDUCED)[rng.integers(len(ROUNDED) + len(REDUCED))] for _ in steps]
    constants = [CONSTANTS[k] for k in rng.integers(len(CONSTANTS), size=3)]
    return steps, ends, constants


def run(program, arguments):
    """Return what the steps give, and then the ends, as (name, value)."""
    steps, ends, constants = program
    values = list(arguments)
    for name, i, j, k in steps:
        x, y = values[-1 - i % len(values)], [*values, *constants][j % (len(values) + 3)]
        f = getattr(np, name, None)
        if f is None:
            values.append(changed(x, y, k))
        else:
            z = f(x) if f.nin == 1 else f(x, y) if k % 2 else f(y, x)
            values.append(z + z.dtype.type(0) if name in EITHER else z)
    found = [(step[0], z) for step, z in zip(steps, values[3:], strict=True)]
    for name, x in zip(ends, values[3:], strict=True):
        if name in REDUCED:
            axis = None if x.ndim == 0 or x.size % 2 else x.ndim - 1
            found.append((name, getattr(np, name)(x, axis=axis)))
        else:
            f = getattr(np, name)
            found.append((name, f(x) if f.nin == 1 else f(x, arguments[0])))
    return found


def possible(program, arguments):
    """Whether NumPy computes a program."""
    try:
        run(program, arguments)
    except (TypeError, ValueError, OverflowError, ZeroDivisionError, FloatingPointError):
        return False
    return True


def assert_as(name, found, expected, where):
    a, b = np.asarray(expected), np.asarray(found)
    assert (a.dtype, a.shape) == (b.dtype, b.shape), where
    if a.dtype.kind != "f" or name in ("changed", *EXACT, "max", "min"):
        np.testing.assert_array_equal(b, a, err_msg=where)
    else:
        few = 16 * np.finfo(a.dtype).eps
        near = np.isclose(b, a, few, np.finfo(a.dtype).smallest_normal, equal_nan=True)
        assert np.all(near), (where, a[~near], b[~near])
    if a.dtype.kind == "f" and name in EXACT:
        number = ~np.isnan(a)
        np.testing.assert_array_equal(np.signbit(b)[number], np.signbit(a)[number], where)


@pytest.mark.parametrize("seed", range(8))
def test_random_programs_on_hostile_arrays(seed):
    rng = np.random.default_rng(seed)
    programs, arguments = [], []
    with np.errstate(all="ignore"):
        while len(programs) < 24:
            shape = SHAPES[rng.integers(len(SHAPES))]
            other = tuple(1 if rng.random() < 0.2 else n for n in shape)[rng.random() < 0.2 :]
            program, given = chosen(rng), [made(rng, shape), made(rng, other), made(rng, shape)]
            # C leaves programs with such arrays to NumPy: they are not mixed with the others
            empty = any(a.size == 0 for a in given)
            if empty == (seed == 0) and possible(program, given):
                programs.append(program)
                arguments.append(given)

        def f(arguments):
            return [run(p, a) for p, a in zip(programs, arguments, strict=True)]

        compiled, expected = jit(f, backend="c"), f(arguments)
        last = compiled.show(arguments).splitlines()[-1]
        assert last.startswith("runs by NumPy" if seed == 0 else "runs in C; by NumPy: ")
        for _ in range(2):
            for n, (found, wanted) in enumerate(zip(compiled(arguments), expected, strict=True)):
                for (name, y), (_, x) in zip(found, wanted, strict=True):
                    assert_as(name, y, x, f"{name} of program {n}: {programs[n]}")
