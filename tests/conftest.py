"""Names for the doctests of every package, and the profiles of Hypothesis."""

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

import autograd

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


def pytest_configure(config):
    config.pluginmanager.register(DoctestNames(), "doctest-names")
