"""The program in C that replays any tape: an interpreter, compiled once and kept.

Next: `native.py`, which writes what it reads. It knows the elementwise functions of
`../c/expressions.py`; the rules of derivatives stay in Python, where `trace.py` takes them apart.
"""

from __future__ import annotations

import ctypes
import functools
from typing import Any

from ..c import source as c_source
from ..c.build import build
from ..c.expressions import BINARY, UNARY, _float
from .trace import CHOSEN, STRICT

# what is 0 where the product is nan
_ZERO = {STRICT: "a == 0", CHOSEN: "(a == 0 || b == 0)"}
_OTHERS = {
    STRICT: "a * b",
    CHOSEN: "a * b",
    "greater": "a > b",
    "greater_equal": "a >= b",
    "less": "a < b",
    "less_equal": "a <= b",
    "equal": "a == b",
    "not_equal": "a != b",
    "logical_and": "(a != 0) && (b != 0)",
    "logical_or": "(a != 0) || (b != 0)",
    "logical_not": "a == 0",
    "isnan": "a != a",
}
_ONE = [
    *UNARY, "sqrt", "floor", "ceil", "trunc", "rint", "fabs", "negative", "absolute", "square",
    "reciprocal", "sign", "logical_not", "isnan",
]  # fmt: skip
_TWO = [
    *BINARY, "add", "subtract", "multiply", "divide", "maximum", "minimum", "fmax", "fmin",
    "copysign", "heaviside", "logaddexp", STRICT, CHOSEN, "greater", "greater_equal", "less",
    "less_equal", "equal", "not_equal", "logical_and", "logical_or",
]  # fmt: skip
_OFTEN = {"add", "subtract", "multiply", "divide", "maximum", STRICT, CHOSEN}
NAMES = [*_ONE, *_TWO, "where"]
CODES = {name: i for i, name in enumerate(NAMES)}
# The most operands (including numbers) and steps of a rule
OPERANDS, STEPS = 12, 16


def _expression(name: str, arguments: list[str]) -> str:
    if name == "power":
        return "pow(a, b)"
    found = _OTHERS.get(name) or _float(name, arguments, "", [])
    assert found is not None
    return found


def _kernel(i: int, name: str) -> str:
    one = name in _ONE
    value = _expression(name, ["a"] if one else ["a", "b"])
    each = f"double c = {value};"
    if name in _ZERO:
        each = f"double c = ({value}); c = c != c && {_ZERO[name]} ? 0 : c;"
    form = "KERNEL1" if one else "KERNEL2" if name in _OFTEN else "SELDOM2"
    return f"{form}(k{i}, {each})"


@functools.cache
def source() -> str:
    """Return the text of the interpreter."""
    kernels = "\n".join(_kernel(i, name) for i, name in enumerate(NAMES[:-1]))
    table = ", ".join(f"k{i}" for i in range(len(NAMES) - 1))
    sizes = f"#define OPERANDS {OPERANDS}\n#define STEPS {STEPS}\n"
    return "\n".join([c_source.PRELUDE, sizes, _HEAD, kernels, _TABLE % table, _BODY])


@functools.cache
def interpreter() -> Any:
    """Return the function ``interpret(program, length, numbers)``, compiled now or earlier.

    Raises
    ------
    CompileError
        If there is no compiler, or it failed.
    """
    library = build(source())
    library.interpret.argtypes = [ctypes.c_void_p, ctypes.c_longlong, ctypes.c_void_p]
    library.interpret.restype = None
    return library.interpret


def is_ready() -> bool:
    """Whether the interpreter has been loaded."""
    return bool(interpreter.cache_info().currsize)


_HEAD = r"""
#define RESTRICT __restrict
/* entries that a step of a rule works on at a time, and those that a sum does */
enum { CHUNK = 256, WIDTH = 32 };
#define KERNEL1(name, EACH) \
static void name(i64 n, double *RESTRICT d, const double *x, i64 sx, const double *y, i64 sy) { \
    i64 m = sx ? n : 1; \
    for (i64 i = 0; i < m; i++) { double a = x[i]; EACH d[i] = c; } \
    for (i64 i = m; i < n; i++) d[i] = d[0]; }
/* the functions met most often have a loop for each case, the others one */
#define KERNEL2(name, EACH) \
static void name(i64 n, double *RESTRICT d, const double *x, i64 sx, const double *y, i64 sy) { \
    if (sx && sy) for (i64 i = 0; i < n; i++) { double a = x[i], b = y[i]; EACH d[i] = c; } \
    else if (sx) { double b = *y; for (i64 i = 0; i < n; i++) { double a = x[i]; EACH d[i] = c; } }\
    else if (sy) { double a = *x; for (i64 i = 0; i < n; i++) { double b = y[i]; EACH d[i] = c; } }\
    else { double a = *x, b = *y; EACH for (i64 i = 0; i < n; i++) d[i] = c; } }
#define SELDOM2(name, EACH) \
static void name(i64 n, double *RESTRICT d, const double *x, i64 sx, const double *y, i64 sy) { \
    double same[CHUNK]; \
    i64 m = sx || sy ? n : 1; \
    if (m > 1 && !(sx && sy)) { \
        for (i64 i = 0; i < m; i++) same[i] = sx ? *y : *x; \
        if (sx) y = same; else x = same; } \
    for (i64 i = 0; i < m; i++) { double a = x[i], b = y[i]; EACH d[i] = c; } \
    for (i64 i = m; i < n; i++) d[i] = d[0]; }
"""
_TABLE = r"""
typedef void (*Kernel)(i64, double *, const double *, i64, const double *, i64);
static const Kernel kernels[] = { %s };
enum { WHERE = sizeof kernels / sizeof *kernels };
"""
_BODY = r"""
/* how an operand is found: side by side; one number; vectors, or one number for each vector, from
   a list of places; picked one by one from such a list; a number in the program itself */
enum { SLICE, ONE, VECTORS, ROWS, EACH, NUMBER };
typedef struct { const double *x; i64 step; } Operand;

static inline Operand find(const i64 *o, const double *v, i64 row, i64 length, i64 at, i64 n,
                           double *buffer)
{
    switch (o[0]) {
    case SLICE: return (Operand){v + o[1] + row * length + at, 1};
    case ONE: return (Operand){v + o[1], 0};
    case VECTORS: return (Operand){v + ((const i64 *)o[1])[row] + at, 1};
    case ROWS: return (Operand){v + ((const i64 *)o[1])[row], 0};
    case NUMBER: return (Operand){(const double *)(o + 1), 0};
    }
    const i64 *place = (const i64 *)o[1] + row * length + at;
    for (i64 i = 0; i < n; i++) buffer[i] = v[place[i]];
    return (Operand){buffer, 1};
}

/* rows, length, out, number of operands, operands, number of steps, steps (code, arguments) */
static const i64 *elementwise(const i64 *p, double *v)
{
    double buffers[OPERANDS][CHUNK], results[STEPS][CHUNK];
    Operand found[OPERANDS + STEPS];
    i64 rows = p[0], length = p[1], out = p[2], operands = p[3];
    const i64 *o = p + 4, *steps = o + 2 * operands;
    i64 count = *steps++;
    for (i64 row = 0; row < rows; row++)
        for (i64 at = 0; at < length; at += CHUNK) {
            i64 n = length - at < CHUNK ? length - at : CHUNK;
            for (i64 k = 0; k < operands; k++)
                found[k] = find(o + 2 * k, v, row, length, at, n, buffers[k]);
            const i64 *s = steps;
            for (i64 k = 0; k < count; k++, s += 4) {
                double *d = k == count - 1 ? v + out + row * length + at : results[k];
                Operand a = found[s[1]], b = found[s[2]];
                if (s[0] == WHERE) {
                    Operand c = found[s[3]];
                    for (i64 i = 0; i < n; i++)
                        d[i] = a.x[i * a.step] != 0 ? b.x[i * b.step] : c.x[i * c.step];
                }
                else kernels[s[0]](n, d, a.x, a.step, b.x, b.step);
                found[OPERANDS + k] = (Operand){d, 1};
            }
        }
    return steps + 4 * count;
}

/* rows, length, out, number of terms, terms: vectors added up one after the other */
static const i64 *vector_sum(const i64 *p, double *v)
{
    i64 rows = p[0], length = p[1], out = p[2], terms = p[3];
    const i64 *o = p + 4;
    double buffer[WIDTH];
    for (i64 row = 0; row < rows; row++)
        for (i64 at = 0; at < length; at += WIDTH) {
            i64 n = length - at < WIDTH ? length - at : WIDTH;
            double sum[WIDTH];
            for (i64 i = 0; i < WIDTH; i++) sum[i] = -0.0;
            for (i64 k = 0; k < terms; k++) {
                Operand a = find(o + 2 * k, v, row, length, at, n, buffer);
                if (!a.step) for (i64 i = 0; i < WIDTH; i++) sum[i] += *a.x;
                else if (n == WIDTH) for (i64 i = 0; i < WIDTH; i++) sum[i] += a.x[i];
                else for (i64 i = 0; i < n; i++) sum[i] += a.x[i];
            }
            for (i64 i = 0; i < n; i++) v[out + row * length + at + i] = sum[i];
        }
    return o + 2 * terms;
}

static void add_each(i64 count, i64 terms, const i64 *place, const double *v, double *d)
{
    for (i64 at = 0; at < count; at += WIDTH) {
        i64 n = count - at < WIDTH ? count - at : WIDTH;
        double sum[WIDTH];
        for (i64 i = 0; i < n; i++) sum[i] = -0.0;
        for (i64 k = 0; k < terms; k++)
            for (i64 i = 0; i < n; i++) sum[i] += v[place[k * count + at + i]];
        for (i64 i = 0; i < n; i++) d[at + i] = sum[i];
    }
}

/* count, out, number of terms, places of terms: numbers picked one by one */
static const i64 *sum(const i64 *p, double *v)
{
    add_each(p[0], p[2], (const i64 *)p[3], v, v + p[1]);
    return p + 4;
}

/* count, out, number of other terms, their places, terms side by side, where they begin */
static const i64 *run_sum(const i64 *p, double *v)
{
    i64 count = p[0], length = p[4];
    const i64 *first = (const i64 *)p[5];
    double *d = v + p[1];
    add_each(count, p[2], (const i64 *)p[3], v, d);
    for (i64 i = 0; i < count; i++) {
        const double *x = v + first[i];
        double part[8], rest = -0.0;
        for (i64 j = 0; j < 8; j++) part[j] = -0.0;
        i64 k = 0;
        for (; k + 8 <= length; k += 8)
            for (i64 j = 0; j < 8; j++) part[j] += x[k + j];
        for (; k < length; k++) rest += x[k];
        d[i] += ((part[0] + part[4]) + (part[1] + part[5]))
            + ((part[2] + part[6]) + (part[3] + part[7])) + rest;
    }
    return p + 6;
}

/* code, out, operands: one number by a function of one or two others */
static const i64 *number(const i64 *p, double *v)
{
    kernels[p[0]](1, v + p[1], v + p[2], 0, v + p[3], 0);
    return p + 4;
}

EXPORT void interpret(const i64 *p, i64 length, double *v)
{
    const i64 *end = p + length;
    while (p < end)
        switch (*p++) {
        case 0: p = elementwise(p, v); break;
        case 1: p = vector_sum(p, v); break;
        case 2: p = sum(p, v); break;
        case 3: p = run_sum(p, v); break;
        default: p = number(p, v); break;
        }
}
"""
