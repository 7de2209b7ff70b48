"""exp, log and tanh in C without calls and branches, so that every compiler can vectorise them.

Their errors are below 3 units in the last place for all numbers; infinities, nan and -0.0 are as
NumPy has them. Written once for both precisions. Next: `source.py`.

exp: with x = k ln 2 + r and |r| <= ln 2 / 2, e^x = 2^k (1 + r + r² q(r)). Two factors make 2^k,
each in range where 2^k itself is not. tanh: (e^2|x| - 1) / (e^2|x| + 1), with
e^y - 1 = 2^k (e^r - 1) + (2^k - 1). log: with x = 2^k (1 + f) and s = f / (2 + f),
log(1 + f) = f - f²/2 + s (f²/2 + R(s²)).
The polynomials q and R are minimax ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import Template
from typing import NamedTuple

import numpy as np

_EXP = """0x1.0000000000001p-1 0x1.5555555555558p-3 0x1.5555555553d62p-5 0x1.111111110f803p-7
0x1.6c16c1788c304p-10 0x1.a01a01b00c428p-13 0x1.a019b90c007ccp-16 0x1.71ddf6b3c4fc1p-19
0x1.2891869cde2e3p-22 0x1.af632b15d0a10p-26""".split()
_LOG = """0x1.5555555555558p-1 0x1.999999999522cp-2 0x1.2492492e02faap-2 0x1.c71c62d16741ap-3
0x1.7462b9d36b445p-3 0x1.39fdc443ca010p-3 0x1.2b5f37129dc3fp-3""".split()
_EXP_SINGLE = "0.5 0.16666576974 0.04166637513 0.008363181 0.00139411241".split()
_LOG_SINGLE = "0.66666685265 0.39988718328 0.29582073623".split()


class Form(NamedTuple):
    """The differences between the precisions: types, and constants of the formats."""

    real: str
    whole: str
    suffix: str
    digits: int
    bias: int
    exp: Sequence[str]
    log: Sequence[str]
    ln2: tuple[str, str]
    # beyond these exp is infinite or 0, and tanh of half is 1
    limits: tuple[int, int, int]


_FORMS = (
    Form(
        *("double", "u64", "", 52, 1023, _EXP, _LOG),
        ("0x1.62e42fefa3800p-1", "0x1.ef35793c76730p-45"),
        (710, -746, 40),
    ),
    Form(
        *("float", "unsigned", "f", 23, 127, _EXP_SINGLE, _LOG_SINGLE),
        ("0x1.62e4p-1f", "0x1.7f7d1cp-20f"),
        (89, -104, 20),
    ),
)


def _polynomial(x: str, coefficients: Sequence[str]) -> str:
    """Return a polynomial by pairs, which the processor computes side by side.

    The text has names for the powers: x, x2, x4, ...
    """
    terms = [f"{c}$f" for c in coefficients]
    power = 1
    while len(terms) > 1:
        name = x if power == 1 else f"{x}{power}"
        pairs = [terms[i : i + 2] for i in range(0, len(terms), 2)]
        terms = [f"FUSED({name}, {p[1]}, {p[0]})" if len(p) == 2 else p[0] for p in pairs]
        power *= 2
    return terms[0]


_TEXT = """\
static inline $whole bits$f($real x) { $whole u; __builtin_memcpy(&u, &x, sizeof u); return u; }
static inline $real real$f($whole u) { $real x; __builtin_memcpy(&x, &u, sizeof x); return x; }
/* e^r - 1 of the rest r of y; in the last bits of t is k, counted from the number added */
#define REST$F(y, zero) \\
const $real t = FUSED(y, 0x1.71547652b82fep+0$f, zero), k = t - zero; \\
const $real r = FUSED(k, -$low, FUSED(k, -$high, y)), r2 = r * r, r4 = r2 * r2, r8 = r4 * r4; \\
const $real p = FUSED(r2, $exp, r);
static inline $real fast_exp$f($real x) {
const $real zero = 0x1.8p$digits$f + 2 * $bias;
REST$F(x, zero)
const $whole n = bits$f(t) & $mask, half = n >> 1;
const $real power = real$f(half << $digits);
$real found = FUSED(power, p, power) * real$f((n - half) << $digits);
found = x > $most ? __builtin_inf$f() : found;
return x < $least ? 0 : found; }
static inline $real fast_tanh$f($real x) {
const $real zero = 0x1.8p$digits$f + $bias;
const $real y = 2 * __builtin_fabs$f(x);
REST$F(y, zero)
const $real power = real$f(bits$f(t) << $digits), e = FUSED(power, p, power - 1);
const $real found = e / (e + 2);
return __builtin_copysign$f(y > $flat ? 1 : found, x); }
static inline $real fast_log$f($real x) {
const $real tiny = 0x1p-$lowest$f, y = x < tiny ? x * 0x1p$digits$f : x;
const $real zero = 0x1p$digits$f + (x < tiny ? $bias + $digits : $bias);
const $whole u = bits$f(y) + ($one - $root);
const $real k = real$f((u >> $digits) | $count) - zero;
const $real f = real$f((u & $fraction) + $root) - 1, s = f / (f + 2), h = 0.5$f * f * f;
const $real z = s * s, z2 = z * z, z4 = z2 * z2;
$real found = k * $high - ((h - (s * (h + z * $log) + k * $low)) - f);
found = x < __builtin_inf$f() ? found : x;
return x > 0 ? found : x == 0 ? -__builtin_inf$f() : __builtin_nan$f(""); }
"""


def _text(form: Form) -> str:
    single = form.suffix == "f"
    whole = np.uint32 if single else np.uint64

    def pattern(x: float) -> str:
        number = np.array(x, np.float32 if single else np.float64)
        return f"{int(number.view(whole)):#x}{'U' if single else 'ULL'}"

    return (
        Template(_TEXT)
        .substitute(
            real=form.real,
            whole=form.whole,
            f=form.suffix,
            F=form.suffix.upper(),
            digits=form.digits,
            bias=form.bias,
            high=form.ln2[0],
            low=form.ln2[1],
            most=form.limits[0],
            least=form.limits[1],
            flat=form.limits[2],
            lowest=form.bias - 1,
            # wide enough for a k and two biases
            mask=4 * form.bias + 3,
            fraction=(1 << form.digits) - 1,
            one=pattern(1.0),
            root=pattern(0.5**0.5),
            count=pattern(2.0**form.digits),
            exp=Template(_polynomial("r", form.exp)).substitute(f=form.suffix),
            log=Template(_polynomial("z", form.log)).substitute(f=form.suffix),
        )
        .replace("FUSED", f"MULTIPLY_ADD{form.suffix.upper()}")
    )


TEXT = "".join(map(_text, _FORMS))
