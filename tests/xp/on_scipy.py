"""SciPy's functions that know the array API standard, on tensors: run by test_other_libraries."""

import numpy as np
from scipy import (
    constants,
    differentiate,
    fft,
    integrate,
    interpolate,
    linalg,
    ndimage,
    optimize,
    signal,
    special,
    stats,
)
from scipy.cluster import hierarchy, vq
from scipy.optimize import elementwise as solvers
from scipy.spatial.transform import Rotation

from autograd import Tensor, xp

from .outside import check, check_constant, check_refused

X = np.array([0.3, 0.55, 0.9, 0.2, 0.71, 0.42, 0.37, 0.64])
Y = np.array([0.5, 0.25, 0.8, 0.33, 0.45, 0.9, 0.6, 0.12])
ANGLES = np.array([[0.3, 0.6, 0.9], [0.1, -0.2, 0.5]])
LONG = np.concatenate([X, Y, X[::-1] * Y])


def pairs(x):
    return x.reshape((4, 2))


def square(x, p):
    return x * x - p  # its root is √p, its least value -p


# with a rule in autograd.special, which SciPy finds in the namespace
SPECIAL = {
    **dict.fromkeys(
        "digamma psi entr erf erfc erfcx erfinv exp1 expi expit gamma gammaln i0 i0e i1 i1e j0 j1 "
        "log_ndtr logit ndtr ndtri logsumexp softmax log_softmax".split(),
        (X,),
    ),
    **dict.fromkeys("betaln kl_div rel_entr xlogy xlog1py".split(), (X, Y)),
}
OF_LAST = {
    "gammainc": (1.5,),
    "gammaincc": (1.5,),
    "chdtr": (3.0,),
    "chdtrc": (3.0,),
    "stdtr": (3.0,),
    "betainc": (1.5, 2.5),
    "betaincc": (1.5, 2.5),
    "fdtr": (2.0, 3.0),
    "fdtrc": (2.0, 3.0),
    "polygamma": (1,),
}
ONE_SAMPLE = (
    "skew kurtosis zscore gzscore gmean hmean sem variation circmean circvar circstd tmean tvar "
    "tmin tmax tstd tsem kstat kstatvar lmoment differential_entropy gstd iqr entropy trim_mean "
    "median_abs_deviation quantile pmean moment boxcox_llf yeojohnson_llf"
).split()
MORE = {"trim_mean": 0.2, "quantile": 0.3, "pmean": 3, "moment": 3}
TESTS = (
    "pearsonr ttest_ind ttest_rel bartlett levene f_oneway alexandergovern".split(),
    "skewtest kurtosistest normaltest jarque_bera chisquare power_divergence".split(),
)


def statistic(name):
    function = getattr(stats, name)
    if name.endswith("_llf"):
        return lambda x: function(0.5, x)
    return (lambda x: function(x, MORE[name])) if name in MORE else function


def tested(name, part):
    return lambda *x: getattr(getattr(stats, name)(*x), part)


DIFFERENTIABLE = {
    **{f"special.{n}": (getattr(special, n), *points) for n, points in SPECIAL.items()},
    **{
        f"special.{n}": (lambda x, n=n, shapes=shapes: getattr(special, n)(*shapes, x), X)
        for n, shapes in OF_LAST.items()
    },
    **{f"stats.{n}": (statistic(n), X) for n in ONE_SAMPLE},
    **{f"stats.{n}, {p}": (tested(n, p), X, Y) for n in TESTS[0] for p in ("statistic", "pvalue")},
    **{f"stats.{n}, {p}": (tested(n, p), LONG) for n in TESTS[1] for p in ("statistic", "pvalue")},
    "stats.ttest_1samp": (lambda x: stats.ttest_1samp(x, 0.3).pvalue, X),
    "stats.combine_pvalues": (lambda x: stats.combine_pvalues(x).pvalue, X),
    "stats.zmap": (stats.zmap, X, Y),
    "stats.describe": (lambda x: stats.describe(x).variance, X),
    "stats.sigmaclip": (lambda x: stats.sigmaclip(x)[0], X),
    "stats.directional_stats": (lambda x: stats.directional_stats(pairs(x)).mean_direction, X),
    "stats.false_discovery_control": (stats.false_discovery_control, X),
    "integrate.trapezoid": (lambda y, x: integrate.trapezoid(y, x=x), X, Y),
    "integrate.cumulative_trapezoid": (integrate.cumulative_trapezoid, X),
    "integrate.cumulative_simpson": (lambda x: integrate.cumulative_simpson(x), X),
    "integrate.romb": (lambda x: integrate.romb(x[:5]), X),
    "integrate.cubature": (
        lambda p: integrate.cubature(lambda x: p[0] * x[..., 0], [0.0], [1.0]).estimate,
        X,
    ),
    "optimize.rosen": (optimize.rosen, X),
    "optimize.rosen_der": (optimize.rosen_der, X),
    "optimize.rosen_hess": (optimize.rosen_hess, X),
    "optimize.rosen_hess_prod": (optimize.rosen_hess_prod, X, Y),
    "differentiate.derivative": (lambda x: differentiate.derivative(lambda t: t**3, x).df, X[:3]),
    "differentiate.jacobian": (lambda x: differentiate.jacobian(lambda t: t**2, x).df, X[:3]),
    "linalg.block_diag": (lambda x, y: linalg.block_diag(x[None], y[None]), X, Y),
    "linalg.fiedler": (linalg.fiedler, X),
    "linalg.orthogonal_procrustes": (
        lambda x, y: linalg.orthogonal_procrustes(pairs(x), pairs(y))[0],
        X,
        Y,
    ),
    "constants.convert_temperature": (
        lambda x: constants.convert_temperature(x, "Celsius", "Kelvin"),
        X,
    ),
    "spatial.Rotation, matrix": (lambda v: Rotation.from_rotvec(v).as_matrix(), ANGLES),
    "spatial.Rotation, quaternion": (lambda v: Rotation.from_euler("xyz", v).as_quat(), ANGLES),
    "spatial.Rotation, of points": (
        lambda v, x: Rotation.from_rotvec(v).apply(x),
        ANGLES,
        ANGLES[::-1] + 1,
    ),
    "fft.fftshift": (fft.fftshift, X),
    "signal.gauss_spline": (lambda x: signal.gauss_spline(x, 3), X),
    "signal.normalize": (lambda b, a: signal.normalize(b, a)[0], X, Y),
    "signal.lp2lp": (lambda b, a: signal.lp2lp(b, a, 2.0)[0], X[:3], Y[:3]),
    "cluster.vq.whiten": (lambda x: vq.whiten(pairs(x)), X),
}
# what is computed from ranks is constant almost everywhere
RANKS = {
    "stats.rankdata": (stats.rankdata, X),
    **{
        f"stats.{n}": (tested(n, "statistic"), X, Y)
        for n in "mannwhitneyu kruskal fligner mood ansari wilcoxon spearmanrho".split()
    },
}
# compiled code, whose gradient would be lost
COMPILED = {
    **{f"special.{n}": (getattr(special, n), X) for n in "cbrt k0 spence loggamma".split()},
    "special.gammaincinv": (special.gammaincinv, X, Y),
    "special.gammainc, of its shape": (special.gammainc, X, Y),
    "stats.wasserstein_distance": (stats.wasserstein_distance, X, Y),
    **{
        f"ndimage.{n}": (getattr(ndimage, n), X)
        for n in "sobel laplace prewitt mean variance median maximum".split()
    },
    "ndimage.gaussian_filter": (lambda x: ndimage.gaussian_filter(x, 1.0), X),
    "signal.convolve": (signal.convolve, X, Y),
    "signal.correlate": (signal.correlate, X, Y),
    "signal.savgol_filter": (lambda x: signal.savgol_filter(x, 5, 2), X),
    "signal.detrend": (signal.detrend, X),
    "signal.medfilt": (signal.medfilt, X),
    "signal.upfirdn": (lambda h, x: signal.upfirdn(h, x, 2), X, Y),
    "fft.dct": (fft.dct, X),
    "interpolate.PPoly": (lambda c, x: interpolate.PPoly(pairs(c), x[:3])(0.5), X, np.sort(Y)),
    "cluster.vq.vq": (lambda x, y: vq.vq(pairs(x), pairs(y))[1], X, Y),
    "cluster.hierarchy.linkage": (lambda x: hierarchy.linkage(pairs(x)), X),
}
COMPLEX = {
    **{f"fft.{n}": (getattr(fft, n), X) for n in "fft ifft rfft hfft ihfft".split()},
    "signal.fftconvolve": (signal.fftconvolve, X, Y),
    "signal.hilbert": (signal.hilbert, X),
}


def check_integers_and_solvers():
    """Check what `check` cannot: other dtypes, and solvers that stop where the root is exact."""
    for function in (special.erf, special.gammaln, special.ndtr):
        whole = function(xp.asarray([1, 2]))
        assert isinstance(whole, Tensor)
        np.testing.assert_allclose(whole.data, function(np.array([1, 2])), rtol=1e-15)
        assert function(xp.asarray([0.5], dtype=xp.float32)).dtype == xp.float32
    p = Tensor([2.0, 3.0], requires_grad=True)
    area = integrate.tanhsinh(lambda x, p: p * x * x, 0 * p, p, args=(p,)).integral
    xp.sum(area).backward()
    np.testing.assert_allclose(area.data, p.data**4 / 3, rtol=1e-12)
    np.testing.assert_allclose(p.grad, 4 * p.data**3 / 3, rtol=1e-9)
    root = solvers.find_root(square, (0 * p + 1, p), args=(p,)).x
    np.testing.assert_allclose(root.data, np.sqrt(p.data), rtol=1e-12)
    found = solvers.find_minimum(square, (p - 9, 0 * p, p + 9), args=(p,)).f_x
    p.grad = None
    xp.sum(found).backward()
    np.testing.assert_allclose(p.grad, [-1.0, -1.0])


if __name__ == "__main__":
    for case in DIFFERENTIABLE.values():
        check(*case)
    for case in RANKS.values():
        check_constant(*case)
    for case in (COMPILED | COMPLEX).values():
        check_refused(*case)
    check_integers_and_solvers()
    print(f"gradients of {len(DIFFERENTIABLE)}, {len(COMPILED | COMPLEX)} refused")
