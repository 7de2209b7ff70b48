"""SciPy's functions that know the array API standard, on tensors: run by test_other_libraries."""

import numpy as np
from scipy import fft, integrate, ndimage, optimize, signal, special, stats
from scipy.cluster import vq

from .outside import check, check_refused

X = np.array([0.3, 0.55, 0.9, 0.2, 0.71, 0.42, 0.37, 0.64])
Y = np.array([0.5, 0.25, 0.8, 0.33, 0.45, 0.9, 0.6, 0.12])

DIFFERENTIABLE = {
    "special.xlogy": (special.xlogy, X, Y),
    "special.rel_entr": (special.rel_entr, X, Y),
    "special.logsumexp": (special.logsumexp, X),
    "special.softmax": (special.softmax, X),
    "special.log_softmax": (special.log_softmax, X),
    "stats.skew": (stats.skew, X),
    "stats.kurtosis": (stats.kurtosis, X),
    "stats.moment": (lambda x: stats.moment(x, 3), X),
    "stats.zscore": (stats.zscore, X),
    "stats.zmap": (stats.zmap, X, Y),
    "stats.gmean": (stats.gmean, X),
    "stats.hmean": (stats.hmean, X),
    "stats.pmean": (lambda x: stats.pmean(x, 3), X),
    "stats.sem": (stats.sem, X),
    "stats.variation": (stats.variation, X),
    "stats.describe": (lambda x: stats.describe(x).variance, X),
    "stats.circmean": (stats.circmean, X),
    "stats.circvar": (stats.circvar, X),
    "stats.circstd": (stats.circstd, X),
    "stats.tmean": (stats.tmean, X),
    "stats.tvar": (stats.tvar, X),
    "stats.tmin": (stats.tmin, X),
    "stats.tmax": (stats.tmax, X),
    "stats.tstd": (stats.tstd, X),
    "stats.tsem": (stats.tsem, X),
    "stats.kstat": (stats.kstat, X),
    "stats.kstatvar": (stats.kstatvar, X),
    "stats.lmoment": (stats.lmoment, X),
    "stats.differential_entropy": (stats.differential_entropy, X),
    "stats.gstd": (stats.gstd, X),
    "integrate.trapezoid": (integrate.trapezoid, X),
    "integrate.cumulative_trapezoid": (integrate.cumulative_trapezoid, X),
    "optimize.rosen": (optimize.rosen, X),
    "cluster.vq.whiten": (lambda x: vq.whiten(x.reshape((4, 2))), X),
}
# compiled code, whose gradient would be lost
COMPILED = {
    "special.erf": (special.erf, X),
    "special.gammaln": (special.gammaln, X),
    "special.expit": (special.expit, X),
    "special.gammainc": (special.gammainc, X, Y),
    "stats.entropy": (stats.entropy, X),
    "stats.ttest_ind": (lambda x, y: stats.ttest_ind(x, y).statistic, X, Y),
    "stats.pearsonr": (lambda x, y: stats.pearsonr(x, y).statistic, X, Y),
    "stats.wasserstein_distance": (stats.wasserstein_distance, X, Y),
    "ndimage.gaussian_filter": (lambda x: ndimage.gaussian_filter(x, 1.0), X),
    "signal.convolve": (signal.convolve, X, Y),
    "fft.dct": (fft.dct, X),
    "integrate.simpson": (integrate.simpson, X),
}

if __name__ == "__main__":
    for case in DIFFERENTIABLE.values():
        check(*case)
    for case in COMPILED.values():
        check_refused(*case)
    print(f"gradients of {len(DIFFERENTIABLE)} functions, {len(COMPILED)} refused")
