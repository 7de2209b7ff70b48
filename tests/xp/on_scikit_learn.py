"""scikit-learn's functions that know the standard, on tensors: run by test_other_libraries."""

import numpy as np
from sklearn import decomposition, linear_model, metrics, preprocessing, set_config
from sklearn.metrics import pairwise

from autograd import Tensor, xp

from .outside import check, check_refused

RNG = np.random.default_rng(0)
X = RNG.uniform(0.1, 1.0, (5, 3))
Y = RNG.uniform(0.1, 1.0, (4, 3))
TARGET = X @ [1.0, 2.0, 3.0] + RNG.normal(size=5)

DIFFERENTIABLE = {
    "euclidean_distances": (pairwise.euclidean_distances, X, Y),
    "rbf_kernel": (pairwise.rbf_kernel, X, Y),
    "linear_kernel": (pairwise.linear_kernel, X, Y),
    "polynomial_kernel": (pairwise.polynomial_kernel, X, Y),
    "cosine_similarity": (pairwise.cosine_similarity, X, Y),
    "sigmoid_kernel": (pairwise.sigmoid_kernel, X, Y),
    "MinMaxScaler": (lambda x: preprocessing.MinMaxScaler().fit_transform(x), X),
    "MaxAbsScaler": (lambda x: preprocessing.MaxAbsScaler().fit_transform(x), X),
    "Normalizer": (lambda x: preprocessing.Normalizer().fit_transform(x), X),
    "PolynomialFeatures": (lambda x: preprocessing.PolynomialFeatures().fit_transform(x), X),
    "PCA": (
        lambda x: decomposition.PCA(1, svd_solver="full").fit(x).explained_variance_,
        X,
    ),
    "Ridge": (lambda x, y: linear_model.Ridge(solver="svd").fit(x, y).coef_, X, TARGET),
}
SCORES = (
    metrics.mean_squared_error,
    metrics.mean_absolute_error,
    metrics.r2_score,
    metrics.explained_variance_score,
    metrics.max_error,
)

if __name__ == "__main__":
    set_config(array_api_dispatch=True)
    for case in DIFFERENTIABLE.values():
        check(*case, rtol=1e-7)
    for score in SCORES:
        # a score is a number of Python's, on whatever it was computed
        numbers = score(Tensor(TARGET, requires_grad=True), xp.asarray(TARGET[::-1].copy()))
        assert type(numbers) is float
        np.testing.assert_allclose(numbers, score(TARGET, TARGET[::-1]))
    labels = xp.asarray(np.array([0, 1, 1, 0]))
    assert metrics.accuracy_score(labels, xp.asarray(np.array([0, 1, 0, 0]))) == 0.75
    check_refused(lambda x, y: linear_model.LinearRegression().fit(x, y).coef_, X, TARGET)
    print(f"gradients of {len(DIFFERENTIABLE)} functions")
