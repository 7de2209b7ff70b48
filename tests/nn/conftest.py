"""The formats of saved models, for the tests of files."""

import pytest

ENDINGS = ["npz", "safetensors"]


@pytest.fixture(params=ENDINGS)
def ending(request):
    if request.param == "safetensors":
        pytest.importorskip("safetensors")
    return request.param
