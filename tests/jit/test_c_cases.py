"""Every operation of the table as a C program: the numbers of the interpreted program.

All programs go into a few libraries, as every run of a compiler takes a while.
"""

import copy

import numpy as np
import pytest

from autograd import Tensor
from autograd.jit import jit
from autograd.jit.c import backend as c_backend
from autograd.jit.c import build as c_build
from autograd.jit.c.values import Unsupported
from autograd.jit.program import Program

from .. import cases_arrays, cases_linalg, cases_numpy, cases_special  # noqa: F401 - fill the table
from ..cases import CASES
from .test_jit_cases import step_of

needs_compiler = pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")
pytestmark = [needs_compiler, pytest.mark.filterwarnings("ignore")]
TOGETHER = 150
# of every operation some cases; the numbers of all are compared for NumPy's programs
OF_EACH = 3


def chosen():
    by_name = {}
    for case in CASES:
        by_name.setdefault(case.op, []).append(case)
    return [c for found in by_name.values() for c in found[:: -(-len(found) // OF_EACH)]]


CHOSEN = chosen()


@pytest.fixture(scope="module")
def programs():
    """Return {case: (program, values of its inputs, C program)}, for all that C takes."""
    found = {}
    forget = Program.forget
    values = {}

    def remember(self):
        values.update({step: step.value for step in self.inputs})
        forget(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Program, "forget", remember)
        # what is tested here is the text, not what the compiler makes of it
        patch.setattr(c_build, "FLAGS", ["-O0", *c_build.FLAGS[1:]])
        for i, case in enumerate(CHOSEN):
            leaves = [
                Tensor(a, case.gradient and a.dtype.kind == "f")
                for a in (case.inputs[i] for i in case.tracked)
            ]
            program = jit(step_of(case), backend="numpy").program(*leaves)
            try:
                native = c_backend.CProgram(program, {}, prefix=f"p{i}_")
            except Unsupported:
                continue
            found[id(case)] = program, [values[step] for step in program.inputs], native
        natives = [native for _, _, native in found.values()]
        for i in range(0, len(natives), TOGETHER):
            c_backend.load(natives[i : i + TOGETHER])
    return found


def test_c_takes_nearly_all_programs(programs):
    empty = [c for c in CHOSEN if any(c.inputs[i].size == 0 for i in c.tracked)]
    assert len(programs) + len(empty) > 0.95 * len(CHOSEN)


@pytest.mark.parametrize("case", CHOSEN, ids=str)
def test_c_equals_the_interpreted_program(case, programs):
    if id(case) not in programs:
        pytest.skip("C does not take it")
    program, values, native = programs[id(case)]
    function = native.compile()
    for scale in (1.0, 1.01):
        given = [
            x * np.asarray(scale, x.dtype)[()]
            if isinstance(x, np.ndarray | np.generic) and x.dtype.kind == "f"
            else x
            for x in values
        ]
        expected = program.run(copy.deepcopy(given))
        found = function(*given)
        if expected is None or found is None:
            assert found is expected
            continue
        for x, y in zip(expected[: len(program.outputs)], found, strict=True):
            assert np.shape(x) == np.shape(y)
            assert np.asarray(x).dtype == np.asarray(y).dtype
            np.testing.assert_allclose(y, x, rtol=1e-12, atol=1e-13)
