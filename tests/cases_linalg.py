"""Rows of the table of cases for products, `numpy.linalg` and special functions."""

from __future__ import annotations

import numpy as np

from .cases import OPERATIONS, case, sample


def regular(shape, seed=0):
    """Return well-conditioned square matrices with well-separated singular values."""
    n = shape[-1]
    x = np.random.default_rng(seed + n).normal(size=shape) / 4
    return x + np.diag(1.0 + 0.7 * np.arange(n))


def random(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def symmetric(x):
    return (x + np.swapaxes(x, -1, -2)) / 2


SQUARES = {
    "matrix": (3, 3),
    "batch": (2, 2, 2),
    "batches": (1, 3, 2, 2),
    "one": (1, 1),
    "no-matrices": (0, 2, 2),
}

# --------------------------------------------------------------------------------------------------
# Products

PAIRS = {
    "vectors": ((3,), (3,)),
    "stacks": ((2, 3), (2, 3)),
    "broadcast": ((2, 1, 3), (4, 3)),
    "empty": ((0, 3), (3,)),
    "of-nothing": ((2, 0), (0,)),
}
for _name, (_p, _q) in PAIRS.items():
    case("vecdot", _name, np.vecdot, sample(_p), sample(_q, seed=4))
for _fixed in (0, 1):
    case(
        "vecdot",
        f"one-constant-{_fixed}",
        np.vecdot,
        sample((3, 1, 2)),
        sample((4, 2), seed=4),
        fixed=(_fixed,),
    )
case(
    "vecdot",
    "axis",
    lambda x, y: np.linalg.vecdot(x, y, axis=0),
    sample((3, 2)),
    sample((3, 2), seed=4),
)
MATRIX_VECTOR = {
    "one": ((2, 3), (3,)),
    "vectors": ((2, 3), (4, 3)),
    "matrices": ((2, 2, 3), (3,)),
    "broadcast": ((2, 1, 2, 3), (3, 3)),
    "empty": ((0, 2, 3), (3,)),
}
for _name, (_p, _q) in MATRIX_VECTOR.items():
    case("matvec", _name, np.matvec, sample(_p), sample(_q, seed=4))
    _t = np.swapaxes(sample(_p), -1, -2)
    case("vecmat", _name, np.vecmat, sample(_q, seed=4), np.ascontiguousarray(_t))

EINSUMS = {
    "trace": ("ii->", (3, 3)),
    "diagonal": ("ii->i", (3, 3)),
    "implicit-trace": ("ii", (3, 3)),
    "transpose": ("ij->ji", (2, 3)),
    "implicit-order": ("ba", (2, 3)),
    "sum": ("ij->", (2, 3)),
    "rows": ("ij->i", (2, 3)),
    "ellipsis": ("...i->...", (2, 2, 3)),
    "ellipsis-moved": ("i...->...i", (2, 2, 3)),
    "repeated-and-free": ("iij->j", (2, 2, 3)),
    "three-times": ("iii->i", (2, 2, 2)),
    "two-traces": ("iijj->", (2, 2, 2, 2)),
    "nothing": ("i->", (0,)),
    "number": ("", ()),
    "product": ("ij,jk->ik", (2, 3), (3, 2)),
    "implicit": ("ij,jk", (2, 3), (3, 2)),
    "inner": ("ij,ij->", (2, 3), (2, 3)),
    "outer": ("i,j->ji", (2,), (3,)),
    "stretched": ("i,i", (1,), (3,)),
    "stretched-kept": ("ij,jk->ijk", (2, 1), (3, 2)),
    "stretched-diagonal": ("ii,i->", (1, 1), (3,)),
    "diagonal-times": ("ii,i->i", (2, 2), (2,)),
    "batch": ("...ij,...jk->...ik", (2, 1, 2, 3), (2, 3, 2)),
    "ellipsis-broadcast": ("i...,...i->...", (2, 3), (4, 3, 2)),
    "with-number": (",ij->ij", (), (2, 3)),
    "one-sided-sum": ("ij,k->i", (2, 3), (2,)),
    "no-rows": ("ij,j->i", (0, 3), (3,)),
    "inner-0": ("ij,j->i", (3, 0), (0,)),
    "chain": ("ij,jk,kl->il", (2, 3), (3, 2), (2, 2)),
    "four": ("ij,jk,kl,lm->", (2, 3), (3, 2), (2, 2), (2, 1)),
    "stretched-by-others": ("ij,ij,kj->ik", (2, 3), (1, 3), (2, 1)),
    "stretched-by-two": ("ij,ij,ij->ij", (2, 1), (2, 3), (1, 3)),
    "bilinear": ("i,ij,j->", (2,), (2, 3), (3,)),
}
# of one array without sums: a view of it
VIEWS = {
    **dict.fromkeys(("diagonal", "three-times"), "getitem"),
    **dict.fromkeys(("transpose", "implicit-order", "ellipsis-moved"), "transpose"),
}
for _name, (_text, *_shapes) in EINSUMS.items():
    case(
        VIEWS.get(_name, "einsum"),
        f"einsum-{_name}" if _name in VIEWS else _name,
        lambda *xs, t=_text: np.einsum(t, *xs),
        *(sample(_shape, seed=k) for k, _shape in enumerate(_shapes)),
    )
case(
    "einsum",
    "sublists",
    lambda x, y: np.einsum(x, [0, 1], y, [1, 30], [30, 0]),
    sample((2, 3)),
    sample((3, 2), seed=4),
)
case(
    "transpose",
    "einsum-implicit-sublists",
    lambda x: np.einsum(x, [..., 30, 1]),
    sample((2, 2, 3)),
)
case("einsum", "same-twice", lambda x: np.einsum("ij,kj->ik", x, x), sample((2, 3)))
case(
    "einsum",
    "array-left",
    lambda x, y: np.einsum("ij,jk", x, y),
    *map(sample, [(2, 3), (3, 2)]),
    fixed=(0,),
)
for _offset in (0, 1, -1, 5):
    case("einsum", f"np.trace-{_offset}", lambda x, k=_offset: np.trace(x, k), sample((3, 4)))
case("einsum", "np.trace-axes", lambda x: np.trace(x, 0, 2, 0), sample((3, 2, 3)))
case("einsum", "linalg.diagonal", lambda x: np.linalg.diagonal(x, offset=1), sample((2, 3, 3)))

for _n, _m in ((5, 3), (3, 5), (4, 4), (2, 6), (1, 3), (1, 1)):
    for _mode in ("full", "same", "valid"):
        _xy = sample((_n,)), sample((_m,), seed=4)
        case("convolve", f"{_n}-{_m}-{_mode}", lambda x, y, m=_mode: np.convolve(x, y, m), *_xy)
        case(
            "convolve",
            f"correlate-{_n}-{_m}-{_mode}",
            lambda x, y, m=_mode: np.correlate(x, y, m),
            *_xy,
        )
case("convolve", "itself", lambda x: np.convolve(x, x), sample((3,)))

# --------------------------------------------------------------------------------------------------
# Norms

for _ord in (2, 3, 1.5, 0.5, -1, -2):
    case("norm", f"ord={_ord}", lambda x, o=_ord: np.linalg.norm(x, o), sample((4,)))
    for _axis in (0, -1):
        for _keep in (False, True):
            case(
                "norm",
                f"ord={_ord}-axis={_axis}{'-keepdims' if _keep else ''}",
                lambda x, o=_ord, a=_axis, k=_keep: np.linalg.norm(x, o, a, k),
                sample((2, 3)),
            )
case("norm", "default", np.linalg.norm, sample((2, 3, 2)))
case("norm", "default-keepdims", lambda x: np.linalg.norm(x, keepdims=True), sample((2, 3)))
case("norm", "fro", lambda x: np.linalg.norm(x, "fro"), sample((2, 3)))
case("norm", "fro-axes", lambda x: np.linalg.norm(x, "fro", (2, 0), True), sample((2, 3, 2)))
case("norm", "matrix_norm", np.linalg.matrix_norm, sample((2, 3, 2)))
case("norm", "vector_norm", lambda x: np.linalg.vector_norm(x, axis=(0, 2)), sample((2, 3, 2)))
case("norm", "0-d", np.linalg.norm, sample(()))
case("norm", "empty", lambda x: np.linalg.norm(x, axis=1), np.zeros((0, 3)))

# --------------------------------------------------------------------------------------------------
# Systems, determinants

for _name, _shape in SQUARES.items():
    _x = regular(_shape)
    case("inv", _name, np.linalg.inv, _x)
    case("det", _name, np.linalg.det, sample(_shape))
    case("slogdet", _name, lambda x: np.linalg.slogdet(x).logabsdet, _x)
    case("solve", _name, np.linalg.solve, _x, sample((*_shape[:-1], 2), seed=1))
    case(
        "cofactor",
        _name,
        OPERATIONS["cofactor"],
        _x,
        reference=lambda x: (
            np.linalg.det(x)[..., None, None] * np.swapaxes(np.linalg.inv(x), -1, -2)
        ),
    )
case("inv", "power", lambda x: np.linalg.matrix_power(x, -3), regular((2, 2)))
case("inv", "tensorinv", np.linalg.tensorinv, regular((4, 4)).reshape(2, 2, 4))
case("solve", "vector", np.linalg.solve, regular((3, 3)), sample((3,)))
case("solve", "stack-and-vector", np.linalg.solve, regular((2, 2, 2)), sample((2,)))
case("solve", "broadcast", np.linalg.solve, regular((2, 1, 2, 2)), sample((3, 2, 1)))
case("solve", "array-left", np.linalg.solve, regular((3, 3)), sample((3,)), fixed=(0,))
case("solve", "array-right", np.linalg.solve, regular((3, 3)), sample((3,)), fixed=(1,))
case(
    "solve", "tensorsolve", np.linalg.tensorsolve, regular((4, 4)).reshape(2, 2, 4), sample((2, 2))
)
case("det", "singular", np.linalg.det, np.outer([1.0, -2.0, 0.5], [0.3, 1.0, 2.0]) + np.eye(3, k=1))
case("det", "no-rows", np.linalg.det, np.zeros((2, 0, 0)))
case("slogdet", "negative", lambda x: np.linalg.slogdet(x)[1], -regular((3, 3)))
for _shape in ((3, 3), (4, 2), (2, 4), (2, 3, 2)):
    case("pinv", f"{_shape}", np.linalg.pinv, sample(_shape))
case("pinv", "lstsq", lambda x, y: np.linalg.lstsq(x, y)[0], sample((4, 2)), sample((4,)))
case(
    "pinv",
    "residuals",
    lambda x, y: np.linalg.lstsq(x, y)[1],
    random((4, 2)),
    random((4, 2), seed=1),
)

# --------------------------------------------------------------------------------------------------
# Decompositions

for _name, _shape in SQUARES.items():
    _x = regular(_shape)
    case("cholesky", _name, lambda x: np.linalg.cholesky(symmetric(x)), _x)
    case("eigh", f"values-{_name}", lambda x: np.linalg.eigh(symmetric(x)).eigenvalues, _x)
    case("eigh", f"vectors-{_name}", lambda x: np.linalg.eigh(symmetric(x)).eigenvectors, _x)
    case("qr", f"q-{_name}", lambda x: np.linalg.qr(x).Q, _x)
    case("svd", f"full-{_name}", lambda x: np.linalg.svd(x).U, _x)
case("cholesky", "upper", lambda x: np.linalg.cholesky(symmetric(x), upper=True), regular((3, 3)))
case("eigh", "upper", lambda x: np.linalg.eigvalsh(symmetric(x), "U"), regular((3, 3)))
case(
    "eigh",
    "both",
    lambda x: (lambda r: r[1] * r[0])(np.linalg.eigh(symmetric(x))),
    regular((3, 3)),
)
for _shape in ((3, 3), (4, 2), (2, 4), (2, 3, 2), (2, 2, 3)):
    _x = sample(_shape)
    case("qr", f"q-{_shape}", lambda x: np.linalg.qr(x)[0], _x)
    case("qr", f"r-{_shape}", lambda x: np.linalg.qr(x, mode="r"), _x)
    case("svd", f"u-{_shape}", lambda x: np.linalg.svd(x, full_matrices=False).U, _x)
    case("svd", f"vh-{_shape}", lambda x: np.linalg.svd(x, full_matrices=False).Vh, _x)
    case("svd", f"s-{_shape}", np.linalg.svdvals, _x)
case("svd", "nuc", lambda x: np.linalg.norm(x, "nuc"), sample((2, 3)))
for _ord in (2, -2):
    case("svd", f"norm-{_ord}", lambda x, o=_ord: np.linalg.norm(x, o, (0, 2)), sample((2, 3, 2)))
    case("svd", f"cond-{_ord}", lambda x, o=_ord: np.linalg.cond(x, o), regular((2, 2, 2)))
