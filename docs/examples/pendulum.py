"""A physical model fitted to a measurement: the damping and the length of a swinging pendulum.

The equation of motion is stepped by the Runge-Kutta method, a `scan`; the squared error is
differentiated through all its steps by `value_and_grad`, under `jit`, which records one step; and
`scipy.optimize.minimize` does the rest.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from scipy.optimize import minimize

from autograd import jit, scan, value_and_grad

GRAVITY = 9.81
TIME = 0.05


def swing(parameters: Any, steps: int) -> Any:
    """Return the angles in radians after 0, TIME, 2 TIME, ... seconds.

    parameters: damping in 1/s, length in m, first angle in radians. The angle φ follows
    φ'' = -damping φ' - g/length sin φ.
    """
    damping, length, angle = parameters[0], parameters[1], parameters[2]

    def slope(a: Any, v: Any) -> tuple[Any, Any]:
        return v, -damping * v - GRAVITY / length * np.sin(a)

    def move(state: Any, _: None) -> Any:
        angle, speed = state
        a1, v1 = slope(angle, speed)
        a2, v2 = slope(angle + TIME / 2 * a1, speed + TIME / 2 * v1)
        a3, v3 = slope(angle + TIME / 2 * a2, speed + TIME / 2 * v2)
        a4, v4 = slope(angle + TIME * a3, speed + TIME * v3)
        after = angle + TIME / 6 * (a1 + 2 * a2 + 2 * a3 + a4)
        return (after, speed + TIME / 6 * (v1 + 2 * v2 + 2 * v3 + v4)), angle

    last, angles = scan(move, (angle, 0.0 * angle), length=steps)
    return np.concatenate([angles, np.reshape(last[0], (1,))])


def main(steps: int = 120, seed: int = 0) -> np.ndarray[Any, Any]:
    """Fit the parameters to noisy angles, print them, and return them."""
    true = np.array([0.3, 1.2, 1.0])
    noise = np.random.default_rng(seed).normal(0.0, 0.02, steps + 1)
    measured = swing(true, steps) + noise

    def error(parameters: Any) -> Any:
        return ((swing(parameters, steps) - measured) ** 2).mean()

    compiled = jit(value_and_grad(error))

    def value_and_slope(parameters: Any) -> tuple[float, Any]:
        value, gradient = compiled(parameters)
        return float(value), gradient

    found = minimize(value_and_slope, x0=[0.1, 1.0, 0.8], jac=True, method="L-BFGS-B",
                     bounds=[(0, None), (0.1, None), (-3, 3)])  # fmt: skip
    for name, is_, was in zip(("damping", "length", "angle"), found.x, true, strict=True):
        print(f"{name:8s} {is_:.3f}, in truth {was}")
    print(f"error {found.fun:.2e} after {found.nfev} gradients")
    fitted: np.ndarray[Any, Any] = found.x
    return fitted


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=120)
    main(parser.parse_args().steps)
