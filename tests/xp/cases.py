"""Random arguments for every function of the array API standard, by name."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

BOOL = ("bool",)
SIGNED = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
INTEGERS = SIGNED + UNSIGNED
FLOATS = ("float32", "float64")
COMPLEX = ("complex64", "complex128")
REAL = INTEGERS + FLOATS
NUMERIC = REAL + COMPLEX
ALL = BOOL + NUMERIC

SHAPES = npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
FULL_SHAPES = npst.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)


def arrays(dtypes, shapes=SHAPES, small=False):
    """Return arrays of one of the dtypes; small ones have entries that overflow nowhere."""

    def of(pair):
        dtype, shape = np.dtype(pair[0]), pair[1]
        kind = dtype.kind
        if kind == "b":
            elements = st.booleans()
        elif kind in "iu":
            low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
            elements = st.integers(max(low, -4), 4) if small else st.integers(low, high)
        else:
            width = dtype.itemsize * 8 // (2 if kind == "c" else 1)
            limit = {"max_value": 4, "min_value": -4} if small else {}
            elements = st.floats(width=width, **limit)
            if kind == "c":
                elements = st.complex_numbers(max_magnitude=4, width=2 * width)
        return npst.arrays(dtype, shape, elements=elements)

    return st.tuples(st.sampled_from(dtypes), shapes).flatmap(of)


def pairs(dtypes, small=False):
    """Return two arrays whose shapes broadcast."""
    shapes = npst.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3)

    def of(found):
        dtype, (first, second) = found
        return st.tuples(
            arrays((dtype,), st.just(first), small), arrays((dtype,), st.just(second), small)
        )

    return st.tuples(st.sampled_from(dtypes), shapes.map(lambda found: found.input_shapes)).flatmap(
        of
    )


def with_axis(strategy, many=False, none=True, keepdims=False):
    """Add an axis of the array, or axes, or None, as keyword."""

    def of(x):
        axes = st.integers(-x.ndim, x.ndim - 1) if x.ndim else st.nothing()
        if many and x.ndim:
            axes |= npst.valid_tuple_axes(x.ndim, min_size=0)
        axes = st.none() | axes if none else axes
        options = {"axis": axes}
        if keepdims:
            options["keepdims"] = st.booleans()
        return st.tuples(st.just((x,)), st.fixed_dictionaries(options))

    return strategy.flatmap(of)


def alone(strategy, **options):
    return st.tuples(strategy.map(lambda x: (x,)), st.fixed_dictionaries(options))


def both(strategy, **options):
    return st.tuples(strategy, st.fixed_dictionaries(options))


CASES = {}


def case(names, strategy):
    for name in names.split():
        CASES[name] = strategy


case("abs negative positive square conj", alone(arrays(NUMERIC)))
case("sign", alone(arrays(REAL)))
case(
    "acos acosh asin asinh atan atanh cos cosh exp expm1 log log10 log1p log2 sin sinh sqrt tan "
    "tanh reciprocal",
    alone(arrays(FLOATS + COMPLEX, small=True)),
)
case("ceil floor trunc round", alone(arrays(REAL)))
case("imag real", alone(arrays(COMPLEX)))
case("isfinite isinf isnan", alone(arrays(NUMERIC)))
case("signbit", alone(arrays(FLOATS)))
case("logical_not", alone(arrays(BOOL)))
case("bitwise_invert", alone(arrays(BOOL + INTEGERS)))
case("add multiply subtract", both(pairs(NUMERIC)))
case("divide", both(pairs(FLOATS + COMPLEX, small=True)))
case("equal not_equal", both(pairs(ALL)))
case("greater greater_equal less less_equal maximum minimum", both(pairs(REAL)))
case("floor_divide remainder", both(pairs(FLOATS, small=True)))
case("atan2 copysign hypot logaddexp nextafter", both(pairs(FLOATS)))
case("pow", both(pairs(FLOATS, small=True)))
case("logical_and logical_or logical_xor", both(pairs(BOOL)))
case("bitwise_and bitwise_or bitwise_xor", both(pairs(BOOL + INTEGERS)))
case("bitwise_left_shift bitwise_right_shift", both(pairs(UNSIGNED, small=True)))

case("all any count_nonzero", with_axis(arrays(ALL), many=True, keepdims=True))
case("max min", with_axis(arrays(REAL, FULL_SHAPES), many=True, keepdims=True))
case("sum prod", with_axis(arrays(NUMERIC, small=True), many=True, keepdims=True))
case("mean", with_axis(arrays(FLOATS, FULL_SHAPES, True), many=True, keepdims=True))
case("std var", with_axis(arrays(FLOATS, FULL_SHAPES, True), many=True, keepdims=True))
case(
    "cumulative_sum cumulative_prod",
    with_axis(arrays(NUMERIC, FULL_SHAPES, True), none=False),
)
case("diff", with_axis(arrays(NUMERIC, FULL_SHAPES), none=False))
case("argmax argmin", with_axis(arrays(REAL, FULL_SHAPES), keepdims=True))

case("flip", with_axis(arrays(ALL), many=True))
case("matrix_transpose", alone(arrays(ALL, npst.array_shapes(min_dims=2, max_dims=4))))
case("unstack", with_axis(arrays(ALL, FULL_SHAPES), none=False))
case("tril triu", alone(arrays(ALL, npst.array_shapes(min_dims=2)), k=st.integers(-3, 3)))
case("empty_like ones_like zeros_like", alone(arrays(ALL), dtype=st.none()))
case("broadcast_arrays", both(pairs(ALL)))
case("nonzero", alone(arrays(ALL, FULL_SHAPES)))
case("unique_all unique_counts unique_inverse unique_values", alone(arrays(REAL)))
case("isin", both(pairs(INTEGERS, small=True)))
case("concat stack", alone(st.tuples(arrays(ALL, FULL_SHAPES)).map(lambda x: [*x, *x])))
VECTORS = arrays(("float64",), npst.array_shapes(max_dims=1))
case("meshgrid", both(st.lists(VECTORS, min_size=1, max_size=3)))
case(
    "roll",
    arrays(ALL, FULL_SHAPES).flatmap(
        lambda x: st.tuples(
            st.just((x,)),
            st.fixed_dictionaries(
                {
                    "shift": st.integers(-5, 5),
                    "axis": st.none() | st.integers(-x.ndim, x.ndim - 1),
                }
            ),
        )
    ),
)
case(
    "repeat",
    arrays(ALL).flatmap(lambda x: st.tuples(st.tuples(st.just(x), st.integers(0, 3)), st.just({}))),
)
case(
    "tile",
    arrays(ALL).flatmap(
        lambda x: st.tuples(
            st.tuples(st.just(x), st.lists(st.integers(0, 2), max_size=3).map(tuple)), st.just({})
        )
    ),
)
case(
    "reshape",
    arrays(ALL).flatmap(
        lambda x: st.tuples(
            st.tuples(st.just(x), st.sampled_from([(-1,), x.shape, (1, *x.shape)])), st.just({})
        ).filter(lambda found: found[0][0].size or -1 not in found[0][1])
    ),
)
case(
    "permute_dims",
    arrays(ALL).flatmap(
        lambda x: st.tuples(
            st.tuples(st.just(x), st.permutations(range(x.ndim)).map(tuple)), st.just({})
        )
    ),
)
case(
    "moveaxis",
    arrays(ALL, FULL_SHAPES).flatmap(
        lambda x: st.tuples(
            st.tuples(
                st.just(x),
                st.integers(-x.ndim, x.ndim - 1),
                st.integers(-x.ndim, x.ndim - 1),
            ),
            st.just({}),
        )
    ),
)
case(
    "expand_dims",
    arrays(ALL).flatmap(
        lambda x: st.tuples(
            st.just((x,)), st.fixed_dictionaries({"axis": st.integers(-x.ndim - 1, x.ndim)})
        )
    ),
)
case("squeeze", alone(arrays(ALL).map(lambda x: x[None]), axis=st.just(0)))
case(
    "broadcast_to",
    arrays(ALL).flatmap(lambda x: st.tuples(st.just((x, (2, *x.shape))), st.just({}))),
)
case(
    "take",
    arrays(ALL, FULL_SHAPES).flatmap(
        lambda x: st.tuples(
            st.tuples(
                st.just(x),
                npst.arrays(np.int64, (3,), elements=st.integers(0, x.shape[-1] - 1)),
            ),
            st.just({"axis": -1}),
        )
    ),
)
case(
    "take_along_axis",
    arrays(ALL, FULL_SHAPES).flatmap(
        lambda x: st.tuples(
            st.tuples(
                st.just(x),
                npst.arrays(np.int64, (*x.shape[:-1], 3), elements=st.integers(0, x.shape[-1] - 1)),
            ),
            st.just({"axis": -1}),
        )
    ),
)
ORDER = {"descending": st.booleans(), "axis": st.just(-1)}
case("sort argsort", alone(arrays(REAL, FULL_SHAPES), **ORDER))
case(
    "searchsorted",
    pairs(FLOATS, small=True).map(lambda p: ((np.sort(p[0].ravel()), p[1]), {})),
)
case(
    "where",
    pairs(ALL).map(lambda p: ((np.ones(p[0].shape, bool), *p), {})),
)
case(
    "clip",
    alone(
        arrays(FLOATS, small=True),
        min=st.none() | st.floats(-2, 0),
        max=st.none() | st.floats(0, 2),
    ),
)
SHAPE = st.one_of(st.integers(0, 4), SHAPES)
case("zeros ones empty", st.tuples(SHAPE.map(lambda s: (s,)), st.fixed_dictionaries({})))
case(
    "full",
    st.tuples(st.tuples(SHAPE, st.booleans() | st.integers(-9, 9) | st.floats(-9, 9)), st.just({})),
)
case("full_like", alone(arrays(FLOATS), fill_value=st.floats(-9, 9)))
case(
    "eye",
    st.tuples(
        st.tuples(st.integers(0, 4), st.none() | st.integers(0, 4)),
        st.fixed_dictionaries({"k": st.integers(-5, 5)}),
    ),
)
case(
    "linspace",
    st.tuples(
        st.tuples(st.floats(-9, 9), st.floats(-9, 9), st.integers(0, 9)),
        st.fixed_dictionaries({"endpoint": st.booleans()}),
    ),
)
case(
    "arange",
    st.tuples(
        st.tuples(st.integers(-9, 9), st.integers(-9, 9), st.integers(-3, 3).filter(lambda n: n)),
        st.just({}),
    ),
)

# --------------------------------------------------------------------------------------------------
# Linear algebra and Fourier transforms

SQUARE = st.tuples(SHAPES, st.integers(1, 3)).map(lambda p: (*p[0][:1], p[1], p[1]))
MATRICES = st.tuples(SHAPES, st.integers(1, 3), st.integers(1, 3)).map(
    lambda p: (*p[0][:1], p[1], p[2])
)


def regular(x):
    """Return matrices that are well conditioned."""
    return (x + 20 * np.eye(x.shape[-1])).astype(x.dtype)


def symmetric(x):
    x = regular(x)
    return x + np.conj(np.swapaxes(x, -1, -2))


ANY = FLOATS + COMPLEX
invertible = arrays(ANY, SQUARE, small=True).map(regular)
case("linalg.inv linalg.det linalg.slogdet linalg.matrix_rank", alone(invertible))
case(
    "linalg.pinv linalg.svdvals", alone(arrays(ANY, MATRICES, small=True).map(np.ascontiguousarray))
)
case("linalg.eigvalsh linalg.cholesky", alone(arrays(ANY, SQUARE, small=True).map(symmetric)))
case(
    "linalg.eigh linalg.eig linalg.eigvals",
    alone(arrays(FLOATS, SQUARE, small=True).map(symmetric)),
)
case("linalg.svd", alone(arrays(ANY, MATRICES, small=True), full_matrices=st.booleans()))
case("linalg.qr", alone(arrays(ANY, MATRICES, small=True)))
case("linalg.solve", invertible.map(lambda x: ((x, x[..., :1]), {})))
case("linalg.matrix_power", st.tuples(st.tuples(invertible, st.integers(-2, 4)), st.just({})))
case(
    "linalg.diagonal linalg.trace",
    alone(arrays(NUMERIC, MATRICES, small=True), offset=st.integers(-2, 2)),
)
case("linalg.matrix_transpose", alone(arrays(ALL, MATRICES)))
case(
    "linalg.matrix_norm",
    alone(arrays(ANY, MATRICES, True), ord=st.sampled_from(["fro", "nuc", 1, -1, 2, -2, np.inf])),
)
case(
    "linalg.vector_norm",
    with_axis(arrays(ANY, FULL_SHAPES, True), many=True, keepdims=True),
)
case("linalg.outer", both(pairs(NUMERIC, True).map(lambda p: (p[0].ravel(), p[1].ravel()))))
case(
    "linalg.cross", both(pairs(FLOATS, True).map(lambda p: tuple(np.stack([x] * 3, -1) for x in p)))
)
PRODUCT = arrays(NUMERIC, MATRICES, True).map(lambda x: (x, np.swapaxes(x, -1, -2)))
case("matmul linalg.matmul", both(PRODUCT))
case("vecdot linalg.vecdot", both(arrays(NUMERIC, FULL_SHAPES, True).map(lambda x: (x, x))))
case(
    "tensordot linalg.tensordot",
    both(arrays(NUMERIC, FULL_SHAPES, True).map(lambda x: (x, x.T)), axes=st.just(1)),
)
NORMS = {"norm": st.sampled_from(["backward", "ortho", "forward"])}
case(
    "fft.fft fft.ifft fft.hfft fft.irfft",
    alone(arrays(COMPLEX, FULL_SHAPES.filter(lambda s: s[-1] > 1), True), **NORMS),
)
case("fft.rfft fft.ihfft", alone(arrays(FLOATS, FULL_SHAPES, True), **NORMS))
case("fft.fftn fft.ifftn", alone(arrays(COMPLEX, FULL_SHAPES, True), **NORMS))
case("fft.irfftn", alone(arrays(COMPLEX, FULL_SHAPES.filter(lambda s: s[-1] > 1), True), **NORMS))
case("fft.rfftn", alone(arrays(FLOATS, FULL_SHAPES, True), **NORMS))
case("fft.fftshift fft.ifftshift", alone(arrays(ANY, FULL_SHAPES)))
case(
    "fft.fftfreq fft.rfftfreq",
    st.tuples(st.tuples(st.integers(1, 9)), st.fixed_dictionaries({"d": st.floats(0.5, 2)})),
)
