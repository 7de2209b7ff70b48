"""scikit-learn's functions that know the standard, on tensors: run by test_other_libraries."""

import numpy as np
from sklearn import decomposition, linear_model, metrics, model_selection, preprocessing, set_config
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.kernel_approximation import Nystroem
from sklearn.metrics import pairwise
from sklearn.mixture import GaussianMixture
from sklearn.naive_bayes import GaussianNB

from autograd import Tensor, xp

from .outside import check, check_constant, check_refused

RNG = np.random.default_rng(0)
X = RNG.uniform(0.1, 1.0, (6, 3))
Y = RNG.uniform(0.1, 1.0, (4, 3))
TARGET = X @ [1.0, 2.0, 3.0] + RNG.normal(size=6)
WEIGHTS = RNG.uniform(0.5, 1.5, 6)
# the first is not the smallest: classes are numbered in order
LABELS = np.array([1, 0, 0, 1, 1, 0])
CHANCES = RNG.uniform(0.2, 0.8, 6)


def labels_for(x):
    return xp.asarray(LABELS) if isinstance(x, Tensor) else LABELS


def scaled(name, **options):
    return lambda x: getattr(preprocessing, name)(**options).fit_transform(x)


def pca(**options):
    return decomposition.PCA(**{"svd_solver": "full", **options})


def rebuilt(x):
    model = pca(n_components=2).fit(x)
    return model.inverse_transform(model.transform(x))


def ridge(x, y, w=None):
    return linear_model.Ridge(solver="svd").fit(x, y, sample_weight=w).coef_


def classified(model, answer):
    return lambda x: getattr(model().fit(x, labels_for(x)), answer)(x)


KERNELS = (
    "euclidean_distances manhattan_distances cosine_distances rbf_kernel linear_kernel chi2_kernel "
    "polynomial_kernel cosine_similarity sigmoid_kernel laplacian_kernel additive_chi2_kernel"
).split()
PAIRED = "paired_euclidean_distances paired_manhattan_distances paired_cosine_distances".split()
SCALERS = (
    "MinMaxScaler MaxAbsScaler StandardScaler Normalizer PolynomialFeatures QuantileTransformer"
).split()
DIFFERENTIABLE = {
    **{n: (getattr(pairwise, n), X, Y) for n in KERNELS},
    **{n: (getattr(pairwise, n), X[:4], Y) for n in PAIRED},
    **{n: (scaled(n), X) for n in SCALERS if n != "QuantileTransformer"},
    "QuantileTransformer": (scaled("QuantileTransformer", n_quantiles=4), X),
    "Normalizer, l1": (scaled("Normalizer", norm="l1"), X),
    "Normalizer, max": (scaled("Normalizer", norm="max"), X),
    "KernelCenterer": (lambda x: scaled("KernelCenterer")(x @ x.T), X),
    "PCA, variance": (lambda x: pca(n_components=1).fit(x).explained_variance_, X),
    "PCA, whitened": (lambda x: abs(pca(n_components=2, whiten=True).fit_transform(x)), X),
    "PCA, covariance": (lambda x: pca(n_components=1).fit(x).get_covariance(), X),
    "PCA, score": (lambda x: pca(n_components=1).fit(x).score_samples(x), X),
    "PCA, rebuilt": (rebuilt, X),
    "TruncatedSVD": (
        lambda x: decomposition.TruncatedSVD(1, random_state=0).fit(x).explained_variance_,
        X,
    ),
    "Ridge": (ridge, X, TARGET),
    "Ridge, weighted": (ridge, X, TARGET, WEIGHTS),
    "RidgeCV": (lambda x, y: linear_model.RidgeCV(alphas=(0.1, 1.0)).fit(x, y).coef_, X, TARGET),
    "RidgeClassifier": (
        classified(lambda: linear_model.RidgeClassifier(solver="svd"), "decision_function"),
        X,
    ),
    "LinearDiscriminantAnalysis": (classified(LinearDiscriminantAnalysis, "predict_proba"), X),
    "GaussianNB": (classified(GaussianNB, "predict_proba"), X),
    "GaussianMixture": (
        lambda x: (
            GaussianMixture(1, covariance_type="tied", random_state=0, init_params="random")
            .fit(x)
            .covariances_
        ),
        X,
    ),
    "Nystroem": (lambda x: Nystroem(n_components=3, random_state=0).fit_transform(x), X),
    "train_test_split": (lambda x: model_selection.train_test_split(x, random_state=0)[0], X),
}
CONSTANT = {
    "pairwise_distances_argmin": (pairwise.pairwise_distances_argmin, X, Y),
    "GaussianNB, predict": (classified(GaussianNB, "predict"), X),
}
REFUSED = {
    "LinearRegression": (lambda x, y: linear_model.LinearRegression().fit(x, y).coef_, X, TARGET),
    "LogisticRegression": (
        lambda x: linear_model.LogisticRegression().fit(x, labels_for(x)).coef_,
        X,
    ),
    "Lasso": (lambda x, y: linear_model.Lasso(0.1).fit(x, y).coef_, X, TARGET),
    "RobustScaler": (scaled("RobustScaler"), X),
}
SCORES = (
    metrics.mean_squared_error,
    metrics.mean_absolute_error,
    metrics.r2_score,
    metrics.explained_variance_score,
    metrics.max_error,
    metrics.mean_pinball_loss,
)


def check_scores():
    """Check that a score is a Python number, on whatever it was computed."""
    for score in SCORES:
        number = score(Tensor(TARGET, requires_grad=True), xp.asarray(TARGET[::-1].copy()))
        assert type(number) is float
        np.testing.assert_allclose(number, score(TARGET, TARGET[::-1]))
    chances = Tensor(CHANCES, requires_grad=True)
    for score in (metrics.log_loss, metrics.brier_score_loss, metrics.average_precision_score):
        np.testing.assert_allclose(
            score(xp.asarray(LABELS), chances), score(LABELS, CHANCES), rtol=1e-12
        )
    labels = xp.asarray(np.array([0, 1, 1, 0]))
    assert metrics.accuracy_score(labels, xp.asarray(np.array([0, 1, 0, 0]))) == 0.75


if __name__ == "__main__":
    set_config(array_api_dispatch=True)
    for case in DIFFERENTIABLE.values():
        check(*case, rtol=1e-7)
    for case in CONSTANT.values():
        check_constant(*case)
    for case in REFUSED.values():
        check_refused(*case, rtol=1e-3)
    check_scores()
    print(f"gradients of {len(DIFFERENTIABLE)}, {len(REFUSED)} refused")
