"""Names for the doctests, the profiles of Hypothesis, and a fixture of the tests of Jacobians."""

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

import autograd
import autograd.transforms.rows as rows_module
from autograd.blocks import STATE

try:
    import nn
except ImportError:
    nn = None

settings.register_profile(
    "tests",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tests")


class DoctestNames:
    """A plugin, because the fixtures of a conftest are not seen outside its own directory."""

    @pytest.fixture(autouse=True)
    def _doctest_names(self, doctest_namespace):
        doctest_namespace["np"] = np
        for package in (nn, autograd):
            for name in getattr(package, "__all__", ()):
                doctest_namespace[name] = getattr(package, name)
        if nn is not None:
            doctest_namespace["nn"] = nn


@pytest.fixture(autouse=True)
def _as_before_any_checksum(monkeypatch):
    # once arrays have checksums, every later sweep of the thread looks for them
    monkeypatch.setattr(STATE, "checksums", False)


def pytest_configure(config):
    config.pluginmanager.register(DoctestNames(), "doctest-names")


@pytest.fixture
def row_by_row(monkeypatch):
    """Return a function that runs another with every row in a sweep of its own."""

    def run(function, *arguments):
        with monkeypatch.context() as patch:
            patch.setattr(rows_module._Sweep, "run", lambda *a: None)
            return function(*arguments)

    return run
