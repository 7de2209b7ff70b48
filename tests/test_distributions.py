"""Distributions of `autograd.scipy.stats`, against SciPy and finite differences."""

import importlib

import numpy as np
import pytest

from autograd import Tensor, Value, check_grads, grad

stats = pytest.importorskip("scipy.stats")


ours = importlib.import_module("autograd.scipy.stats")


RNG = np.random.default_rng(0)


# --------------------------------------------------------------------------------------------------
# Distributions of one number

X = np.array([-3.0, -0.2, 0.0, 0.1, 0.6, 1.0, 1.4, 5.0])
K = np.array([-2.0, -1.0, 0.0, 1.0, 2.0, 2.5, 5.0, 6.0])
INSIDE = np.array([0.11, 0.4, 0.76])
# the shape parameters
CONTINUOUS = {
    "norm": (),
    "t": (2.5,),
    "cauchy": (),
    "laplace": (),
    "logistic": (),
    "gamma": (1.7,),
    "chi2": (3.0,),
    "expon": (),
    "weibull_min": (1.5,),
    "lognorm": (0.8,),
    "beta": (2.0, 1.5),
    "uniform": (),
}
DISCRETE = {"poisson": (2.3,), "binom": (5, 0.3), "bernoulli": (0.3,)}
CUMULATIVE = ["cdf", "logcdf", "sf", "logsf"]
ALL = [(n, m) for n in CONTINUOUS for m in ["pdf", "logpdf", *CUMULATIVE]]
ALL += [(n, m) for n in DISCRETE for m in ["pmf", "logpmf", *CUMULATIVE]]


def test_every_distribution_is_tested():
    assert {*CONTINUOUS, *DISCRETE, "dirichlet", "multivariate_normal"} == set(ours.__all__)


@pytest.mark.parametrize(("name", "method"), ALL)
def test_values_are_scipys(name, method):
    found, expected = (getattr(getattr(module, name), method) for module in (ours, stats))
    shapes, x = (CONTINUOUS | DISCRETE)[name], K if name in DISCRETE else X
    places = [(), (1,)] if name in DISCRETE else [(), (0.2,), (0.2, 1.7)]
    for place in places:
        given = found(x, *shapes, *place)
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(given, expected(x, *shapes, *place), rtol=1e-11, atol=1e-14)
    assert type(found(0.5, *shapes, loc=0.1)) is np.float64
    np.testing.assert_array_equal(found([0.0, 1.0], *shapes), found(np.array([0.0, 1.0]), *shapes))
    assert np.isnan(found(np.nan, *shapes))


@pytest.mark.parametrize(("name", "method"), ALL)
def test_no_warnings_and_nan_for_parameters_that_are_not_allowed(name, method):
    found = getattr(getattr(ours, name), method)
    shapes = (CONTINUOUS | DISCRETE)[name]
    for i in range(len(shapes)):
        wrong = [*shapes[:i], -0.5, *shapes[i + 1 :]]
        assert np.isnan(found([-1.0, 1.0, 9.0], *wrong)).all()
    if name in CONTINUOUS:
        assert np.isnan(found([-1.0, 1.0, 9.0], *shapes, scale=-1.0)).all()
        assert np.isnan(found(1.0, *shapes, 0.0, 0.0))


@pytest.mark.parametrize("method", ["pmf", "logpmf", "cdf", "sf"])
@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        *(("poisson", (mu,)) for mu in (0.0, -0.5)),
        *(("binom", (n, 0.3)) for n in (0, -1, 2.5)),
        *(("binom", (5, p)) for p in (0.0, 1.0, 1.5)),
        *(("bernoulli", (p,)) for p in (0.0, 1.0, 1.5)),
    ],
)
def test_parameters_at_their_limits_and_beyond(name, shapes, method):
    found, expected = (getattr(getattr(module, name), method) for module in (ours, stats))
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(found(K, *shapes), expected(K, *shapes), rtol=1e-12)


@pytest.mark.parametrize(("name", "method"), [(n, m) for n, m in ALL if n in CONTINUOUS])
def test_gradients_of_densities_and_probabilities(name, method):
    f, shapes = getattr(getattr(ours, name), method), CONTINUOUS[name]
    if method in CUMULATIVE:  # no derivative by the shape is known in general
        check_grads(lambda x, m, s: f(x, *shapes, m, s), [INSIDE, 0.05, 1.3])
    else:
        check_grads(lambda x, p, m, s: f(x, *p, m, s), [INSIDE, list(shapes), 0.05, 1.3])


@pytest.mark.parametrize(("name", "method"), [(n, m) for n, m in ALL if n in DISCRETE])
def test_gradients_of_probabilities_of_whole_numbers(name, method):
    f, (*rest, p) = getattr(getattr(ours, name), method), DISCRETE[name]
    counts = K if method in ("pmf", "cdf", "sf") else np.array([0.0])
    check_grads(lambda p: f(counts, *rest, p), [p])


def test_outside_of_the_support_nothing_is_singular():
    x = np.array([-1.0, 0.0, 0.5, 2.0])
    for name in ("beta", "gamma", "lognorm", "weibull_min"):
        d, shapes = getattr(ours, name), CONTINUOUS[name]
        slope = grad(lambda x, d=d, shapes=shapes: np.sum(d.pdf(x, *shapes)))(x)
        assert np.isfinite(slope).all()
        assert slope[0] == 0.0
        slope = grad(lambda x, d=d, shapes=shapes: np.sum(d.cdf(x, *shapes)))(x)
        assert np.isfinite(slope).all()
        assert slope[0] == 0.0
    assert grad(lambda p: ours.binom.pmf(7, 5, p))(0.5) == 0.0


def test_quantiles():
    check_grads(lambda q, m, s: ours.norm.ppf(q, m, s), [np.array([0.1, 0.6]), 0.3, 2.0])
    for name, shapes in CONTINUOUS.items():
        found, expected = (getattr(module, name).ppf for module in (ours, stats))
        for given in (0.3, *shapes), (INSIDE, *shapes, 0.3), (INSIDE, *shapes, 0.3, 1.7):
            np.testing.assert_allclose(found(*given), expected(*given), rtol=1e-14)
    with pytest.raises(TypeError, match="lose its gradient"):
        ours.gamma.ppf(Tensor(0.5, requires_grad=True), 2.0)


def test_what_has_no_formula_is_scipys():
    assert ours.norm.rvs(size=3, random_state=0).tolist() == (
        stats.norm.rvs(size=3, random_state=0).tolist()
    )
    assert ours.poisson.mean(2.5) == 2.5
    assert ours.dirichlet.mean([1.0, 3.0]).tolist() == [0.25, 0.75]
    assert repr(ours.t) == "<distribution t>"
    assert repr(ours.dirichlet) == "<distribution dirichlet>"
    for d in (ours.t, ours.dirichlet):
        with pytest.raises(AttributeError, match="'_nothing'"):
            d._nothing  # noqa: B018


def test_parameters_are_named_and_counted():
    expected = stats.t.pdf(0.3, df=2.0, scale=2.0)
    assert ours.t.pdf(0.3, df=2.0, scale=2.0) == pytest.approx(expected, rel=1e-14)
    with pytest.raises(TypeError, match="missing a required argument: 'df'"):
        ours.t.pdf(0.3)
    with pytest.raises(TypeError, match="unexpected keyword argument 'scale'"):
        ours.poisson.pmf(1, 2.0, scale=1.0)


def test_densities_on_values_and_in_single_precision():
    x = Value(0.5)
    ours.norm.logpdf(x, 1.0, 2.0).backward()
    assert x.grad == pytest.approx(0.125)
    t = Tensor(np.full(3, 0.5), requires_grad=True, dtype="f4")
    np.sum(ours.norm.logpdf(t, 1.0, 2.0)).backward()
    assert (t.grad.dtype, t.grad.tolist()) == (np.float32, [0.125] * 3)


# --------------------------------------------------------------------------------------------------
# Distributions of vectors

MEAN, ROOT = RNG.normal(size=4), RNG.normal(size=(4, 4))
COV = ROOT @ ROOT.T + np.eye(4)
POINTS = RNG.normal(size=(3, 4))


@pytest.mark.parametrize("method", ["pdf", "logpdf"])
def test_the_normal_distribution_of_vectors(method):
    f, scipys = (getattr(module.multivariate_normal, method) for module in (ours, stats))
    for arguments in (
        (POINTS, MEAN, COV),
        (POINTS[0], MEAN, COV),
        (POINTS[None], MEAN, COV),
        (POINTS[0], None, COV),
        (POINTS[0], MEAN, 2.0),
        (POINTS[0], MEAN, [1.0, 2.0, 3.0, 4.0]),
        (0.3,),
        (np.array([0.3, 0.4]), 0.1, 2.0),
        (np.array([[0.3], [0.4]]), 0.1, 2.0),
    ):
        found = f(*arguments)
        np.testing.assert_allclose(found, scipys(*arguments), rtol=1e-12)
        assert np.shape(found) == np.shape(scipys(*arguments))
    for singular in (False, True):
        check_grads(
            lambda x, m, c, s=singular: f(x, m, (c + c.T) / 2, allow_singular=s),
            [POINTS, MEAN, COV],
        )


@pytest.mark.parametrize("method", ["pdf", "logpdf"])
def test_a_singular_covariance(method):
    f, scipys = (getattr(module.multivariate_normal, method) for module in (ours, stats))
    cov = np.diag([1.0, 2.0, 0.0, 0.0])
    cov[0, 1] = cov[1, 0] = 0.3
    points = np.concatenate([POINTS[:, :2], np.broadcast_to(MEAN[2:], (3, 2))], axis=1)
    points[1, 3] += 1e-8  # which is rounding
    points[2] += 1.0
    found = f(points, MEAN, cov, allow_singular=True)
    np.testing.assert_allclose(found, scipys(points, MEAN, cov, allow_singular=True), rtol=1e-12)
    check_grads(
        lambda x: f(np.concatenate([x, MEAN[2:]]), MEAN, cov, allow_singular=True), [POINTS[0, :2]]
    )
    with pytest.raises(np.linalg.LinAlgError):
        f(points, MEAN, cov)
    with pytest.raises(np.linalg.LinAlgError, match="covariance has a negative eigenvalue"):
        f(points, MEAN, np.diag([1.0, 2.0, -3.0, 4.0]), allow_singular=True)


def test_entropy_of_the_normal_distribution():
    entropy = ours.multivariate_normal.entropy
    assert entropy() == pytest.approx(np.log(2 * np.pi * np.e) / 2)
    assert entropy(MEAN, COV) == pytest.approx(stats.multivariate_normal.entropy(MEAN, COV))
    # d log det C / dC is the inverse
    np.testing.assert_allclose(grad(entropy, 1)(MEAN, COV), np.linalg.inv(COV) / 2, rtol=1e-10)


def test_shapes_of_the_normal_distribution_that_do_not_fit():
    with pytest.raises(ValueError, match=r"shape \(2,\) and a covariance of shape \(4, 4\) do not"):
        ours.multivariate_normal.logpdf(POINTS, MEAN[:2], COV)


@pytest.mark.parametrize("method", ["pdf", "logpdf"])
def test_the_dirichlet_distribution(method):
    f, scipys = (getattr(module.dirichlet, method) for module in (ours, stats))
    alpha = np.array([0.7, 2.0, 3.0])
    for x in (np.array([0.2, 0.3, 0.5]), np.array([[0.2, 0.1], [0.3, 0.4], [0.5, 0.5]])):
        for given in (x, x[:2]):
            np.testing.assert_allclose(f(given, alpha), scipys(given, alpha), rtol=1e-12)
        check_grads(lambda x, a: f(x / np.sum(x, axis=0), a), [x, alpha])
    for wrong in ([0.2, 0.2, 0.5], [-0.2, 0.6, 0.6]):
        with pytest.raises(ValueError, match="entries of x are not negative and sum to 1"):
            f(np.array(wrong), alpha)
    with pytest.raises(ValueError, match="entries of alpha are positive"):
        f(np.array([0.5, 0.5]), np.array([1.0, 0.0]))
