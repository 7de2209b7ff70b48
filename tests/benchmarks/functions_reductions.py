"""Reductions, running sums and sorting, by hand. Next: `functions_moves.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
from functions_numbers import Case, holes, m0, mask, other, positive, x0

from autograd import log_softmax, logsumexp, softmax


def hand_std(x: Any) -> tuple[Any, Any]:
    d = x - x.mean()
    s = np.sqrt(d.dot(d) / x.size)
    return s, d / (x.size * s)


def hand_sort(x: Any) -> tuple[Any, Any]:
    i = np.argsort(x, kind="stable")
    y = x[i]
    g = np.empty_like(x)
    g[i] = 2 * y
    return y.dot(y), g


def hand_partition(x: Any) -> tuple[Any, Any]:
    i = np.argpartition(x, x.size // 2)
    y = x[i]
    g = np.empty_like(x)
    g[i] = 2 * y
    return y.dot(y), g


def hand_cumsum(x: Any) -> tuple[Any, Any]:
    y = np.cumsum(x)
    return y.dot(y), np.cumsum((2 * y)[::-1])[::-1]


def hand_cumprod(x: Any) -> tuple[Any, Any]:
    y = np.cumprod(x)
    return y.sum(), np.cumsum(y[::-1])[::-1] / x


def hand_softmax(x: Any) -> tuple[Any, Any]:
    e = np.exp(x - x.max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    g = 2 * p
    return (p * p).sum(), p * (g - (g * p).sum(1, keepdims=True))


def hand_logsumexp(x: Any) -> tuple[Any, Any]:
    m = x.max(1, keepdims=True)
    e = np.exp(x - m)
    s = e.sum(1, keepdims=True)
    return (np.log(s) + m).sum(), e / s


def hand_max(x: Any) -> tuple[Any, Any]:
    y = x.max(1, keepdims=True)
    ties = x == y
    return y.sum(), ties / ties.sum(1, keepdims=True)


def hand_median(x: Any) -> tuple[Any, Any]:
    i = np.argpartition(x, (499, 500), axis=1)[:, 499:501]
    g = np.zeros_like(x)
    np.put_along_axis(g, i, 0.5, 1)
    return np.take_along_axis(x, i, 1).mean(1).sum(), g


def hand_prod(x: Any) -> tuple[Any, Any]:
    y = x.prod(1, keepdims=True)
    return y.sum(), y / x


def hand_norm(x: Any) -> tuple[Any, Any]:
    y = np.sqrt(np.vecdot(x, x))[:, None]
    return y.sum(), x / y


def hand_var(x: Any) -> tuple[Any, Any]:
    d = x - x.mean(1, keepdims=True)
    return np.vecdot(d, d).sum() / x.shape[1], d * (2 / x.shape[1])


def hand_mean(x: Any) -> tuple[Any, Any]:
    y = x.mean(0)
    return y.dot(y), np.broadcast_to(2 * y / len(x), x.shape).copy()


def hand_quantile(x: Any) -> tuple[Any, Any]:
    # 0.3 * 999 = 299.7: between the two of these places
    i = np.argpartition(x, (299, 300), axis=1)[:, 299:301]
    weights = np.array([0.3, 0.7])
    g = np.zeros_like(x)
    np.put_along_axis(g, i, weights, 1)
    return (np.take_along_axis(x, i, 1) * weights).sum(), g


def hand_nansum(x: Any) -> tuple[Any, Any]:
    known = ~np.isnan(x)
    return np.nansum(x), known * 1.0


def hand_std_rows(x: Any) -> tuple[Any, Any]:
    d = x - x.mean(1, keepdims=True)
    s = np.sqrt(np.vecdot(d, d)[:, None] / x.shape[1])
    return s.sum(), d / (x.shape[1] * s)


def hand_prod_zeros(x: Any) -> tuple[Any, Any]:
    # the product of what is before times the product of what is after
    before, after = np.ones_like(x), np.ones_like(x)
    np.cumprod(x[:, :-1], axis=1, out=before[:, 1:])
    np.cumprod(x[:, :0:-1], axis=1, out=after[:, -2::-1])
    return x.prod(1).sum(), before * after


def hand_cumsum_rows(x: Any) -> tuple[Any, Any]:
    y = np.cumsum(x, 1)
    return (y * y).sum(), np.cumsum((2 * y)[:, ::-1], 1)[:, ::-1]


def hand_log_softmax(x: Any) -> tuple[Any, Any]:
    d = x - x.max(1, keepdims=True)
    e = np.exp(d)
    s = e.sum(1, keepdims=True)
    y = d - np.log(s)
    g = 2 * y
    return (y * y).sum(), g - e / s * g.sum(1, keepdims=True)


def hand_ptp(x: Any) -> tuple[Any, Any]:
    high, low = x.max(1, keepdims=True), x.min(1, keepdims=True)
    top, bottom = x == high, x == low
    g = top / top.sum(1, keepdims=True) - bottom / bottom.sum(1, keepdims=True)
    return (high - low).sum(), g


def hand_nanmax(x: Any) -> tuple[Any, Any]:
    y = np.nanmax(x)
    return y, (x == y) * 1.0


def hand_nanmin_rows(x: Any) -> tuple[Any, Any]:
    y = np.nanmin(x, axis=1, keepdims=True)
    return y.sum(), (x == y) * 1.0


def hand_nanmean(x: Any) -> tuple[Any, Any]:
    known = ~np.isnan(x)
    return np.nanmean(x), known / known.sum()


def hand_nanstd(x: Any) -> tuple[Any, Any]:
    known = ~np.isnan(x)
    n = known.sum(1, keepdims=True)
    d = np.where(known, x, 0)
    d -= d.sum(1, keepdims=True) / n
    d *= known
    s = np.sqrt((d * d).sum(1, keepdims=True) / n)
    d /= n * s
    return s.sum(), d


def hand_std_where(x: Any) -> tuple[Any, Any]:
    n = chosen.sum(1, keepdims=True)
    d = x * chosen
    d -= d.sum(1, keepdims=True) / n
    d *= chosen
    s = np.sqrt((d * d).sum(1, keepdims=True) / n)
    d /= n * s
    return s.sum(), d


def hand_average(x: Any) -> tuple[Any, Any]:
    w = positive.reshape(x.shape)
    total = w.sum(1, keepdims=True)
    return ((x * w).sum(1, keepdims=True) / total).sum(), w / total


def hand_average_few(x: Any) -> tuple[Any, Any]:
    w = positive[:1000] / positive[:1000].sum()
    return (x @ w).sum(), np.broadcast_to(w, x.shape).copy()


def hand_sum(x: Any) -> tuple[Any, Any]:
    y = x.sum(1)
    return y.dot(y), np.broadcast_to(2 * y[:, None], x.shape).copy()


def hand_sort_rows(x: Any) -> tuple[Any, Any]:
    i = np.argsort(x, 1)
    y = np.take_along_axis(x, i, 1)
    g = np.empty_like(x)
    np.put_along_axis(g, i, 2 * y, 1)
    return (y * y).sum(), g


def hand_norm3(x: Any) -> tuple[Any, Any]:
    size = np.abs(x)
    y = (size**3).sum(1, keepdims=True) ** (1 / 3)
    return y.sum(), np.sign(x) * (size / y) ** 2


def hand_norm_all(x: Any) -> tuple[Any, Any]:
    y = np.sqrt(x.dot(x))
    return y, x / y


def hand_cov(x: Any) -> tuple[Any, Any]:
    d = x - x.mean(1, keepdims=True)
    c = d @ d.T / (x.shape[1] - 1)
    g = 2 / (x.shape[1] - 1) * c
    g = g @ d + g.T @ d
    return (c * c).sum(), g - g.mean(1, keepdims=True)


def hand_sum_of_maxima(x: Any) -> tuple[Any, Any]:
    y = x.max()
    ties = x == y
    return y, ties / ties.sum()


chosen = mask.reshape(1000, 1000)

CASES: dict[str, Case] = {
    "std": (np.std, hand_std, x0),
    "max over rows": (lambda x: np.max(x, axis=1), hand_max, m0),
    "median over rows": (lambda x: np.median(x, axis=1), hand_median, m0),
    "sort": (lambda x: np.sort(x) ** 2, hand_sort, x0),
    "partition": (lambda x: np.partition(x, x.size // 2) ** 2, hand_partition, x0),
    "cumsum": (lambda x: np.cumsum(x) ** 2, hand_cumsum, x0),
    "cumprod": (np.cumprod, hand_cumprod, 1 + 1e-4 * x0),
    "softmax": (lambda x: softmax(x, axis=1) ** 2, hand_softmax, m0),
    "logsumexp": (lambda x: logsumexp(x, axis=1), hand_logsumexp, m0),
    "prod over rows": (lambda x: np.prod(x, axis=1), hand_prod, 1 + 1e-2 * m0),
    "norm over rows": (lambda x: np.linalg.norm(x, axis=1), hand_norm, m0),
    "var over rows": (lambda x: np.var(x, axis=1), hand_var, m0),
    "mean over columns": (lambda x: np.mean(x, axis=0) ** 2, hand_mean, m0),
    "quantile over rows": (lambda x: np.quantile(x, 0.3, axis=1), hand_quantile, m0 * 1.0),
    "nansum": (np.nansum, hand_nansum, holes),
    "sum over rows": (lambda x: np.sum(x, axis=1) ** 2, hand_sum, m0),
    "std over rows": (lambda x: np.std(x, axis=1), hand_std_rows, m0),
    "prod with zeros": (
        lambda x: np.prod(x, axis=1),
        hand_prod_zeros,
        np.where(mask & (other > 2), 0, 1 + 1e-2 * x0).reshape(1000, 1000),
    ),
    "cumsum over rows": (lambda x: np.cumsum(x, axis=1) ** 2, hand_cumsum_rows, m0),
    "log_softmax": (lambda x: log_softmax(x, axis=1) ** 2, hand_log_softmax, m0),
    "max of all": (np.max, hand_sum_of_maxima, x0),
    "ptp over rows": (lambda x: np.ptp(x, axis=1), hand_ptp, m0),
    "nanmean": (np.nanmean, hand_nanmean, holes),
    "nanmax": (np.nanmax, hand_nanmax, holes),
    "nanmin over rows": (
        lambda x: np.nanmin(x, axis=1),
        hand_nanmin_rows,
        holes.reshape(1000, 1000),
    ),
    "nanstd over rows": (lambda x: np.nanstd(x, axis=1), hand_nanstd, holes.reshape(1000, 1000)),
    "std of some": (lambda x: np.std(x, axis=1, where=chosen), hand_std_where, m0),
    "max with ties": (lambda x: np.max(x, axis=1), hand_max, np.round(m0)),
    "average": (
        lambda x: np.average(x, axis=1, weights=positive.reshape(x.shape)),
        hand_average,
        m0,
    ),
    "average, few": (
        lambda x: np.average(x, axis=1, weights=positive[:1000]),
        hand_average_few,
        m0,
    ),
    "stable sort": (lambda x: np.sort(x, axis=1, stable=True) ** 2, hand_sort_rows, m0),
    "sort over rows": (lambda x: np.sort(x, axis=1) ** 2, hand_sort_rows, m0),
    "sort, float32": (lambda x: np.sort(x, axis=1) ** 2, hand_sort_rows, m0.astype(np.float32)),
    "norm of order 3": (lambda x: np.linalg.norm(x, 3, axis=1), hand_norm3, m0),
    "norm of all": (np.linalg.norm, hand_norm_all, x0),
    "cov": (lambda x: np.cov(x) ** 2, hand_cov, x0.reshape(100, -1)),
}
