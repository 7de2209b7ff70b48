"""The source of a library: a common preamble, then the functions. Next: `address.py`."""

from __future__ import annotations

from collections.abc import Sequence

from . import elementary, tiles
from .emit import Emitter
from .expressions import BINARY, UNARY
from .products import blas


def source(emitters: Sequence[Emitter]) -> tuple[str, list[str]]:
    """Return the C source of programs, and the functions of BLAS that ``bind`` takes."""
    names = list(dict.fromkeys(name for e in emitters for name in e.blas_names))
    functions = [text for e in emitters for text in e.text()]
    return "\n".join([PRELUDE, *_declared(names), *functions, ""]), names


def _declared(names: Sequence[str]) -> list[str]:
    found = blas()
    if not names or found is None:
        return []
    lines = [f"typedef {found.integer} whole;"]
    for name in names:
        kind = "double" if name[0] == "d" else "float"
        sizes = (
            "int, int, int, whole, whole, whole" if name[1:] == "gemm" else "int, int, whole, whole"
        )
        lines.append(
            f"static void (*{name})({sizes}, {kind}, const {kind} *, whole, const {kind} *, "
            f"whole, {kind}, {kind} *, whole);"
        )
    sets = " ".join(f"{name} = f[{i}];" for i, name in enumerate(names))
    lines.append(f"EXPORT void bind(void **f) {{ {sets} }}")
    return lines


_OF_LIBRARY = sorted(name for name in UNARY.values() if not name.startswith("fast_"))
_VECTOR = " ".join(f"VECTOR1({name})" for name in _OF_LIBRARY)
_VECTOR += " " + " ".join(f"VECTOR2({name})" for name in sorted({*BINARY.values()}))
_SCALAR = " ".join(f"PLAIN1({x})" for x in ("sqrt", "floor", "ceil", "trunc", "rint", "fabs"))
_SCALAR += " " + " ".join(f"PLAIN2({x})" for x in ("fmax", "fmin", "copysign", "fmod"))
PRELUDE = f"""\
typedef long long i64;
typedef unsigned long long u64;
#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif
#define NOINLINE __attribute__((noinline))
#ifdef __FMA__
#define MULTIPLY_ADD(x, y, z) __builtin_fma(x, y, z)
#define MULTIPLY_ADDF(x, y, z) __builtin_fmaf(x, y, z)
#else
#define MULTIPLY_ADD(x, y, z) ((x) * (y) + (z))
#define MULTIPLY_ADDF MULTIPLY_ADD
#endif
#ifdef VECTOR_MATH
#define SIMD __attribute__((simd("notinbranch"), const))
#else
#define SIMD __attribute__((const))
#endif
#if defined(__SSE__) || defined(__x86_64__)
#define FLUSHED(call) {{ unsigned old = __builtin_ia32_stmxcsr(); \\
    __builtin_ia32_ldmxcsr(old | 0x8040); call __builtin_ia32_ldmxcsr(old); }}
#elif defined(__aarch64__)
#define FLUSHED(call) {{ u64 old; __asm__ volatile("mrs %0, fpcr" : "=r"(old)); \\
    __asm__ volatile("msr fpcr, %0" : : "r"(old | 1 << 24)); call \\
    __asm__ volatile("msr fpcr, %0" : : "r"(old)); }}
#else
#define FLUSHED(call) call
#endif
/* reductions of clang begin with the smallest and the largest finite number */
#ifdef __clang__
#pragma omp declare reduction(greatest : float, double : \\
    omp_out = omp_in > omp_out ? omp_in : omp_out) initializer(omp_priv = -__builtin_inf())
#pragma omp declare reduction(least : float, double : \\
    omp_out = omp_in < omp_out ? omp_in : omp_out) initializer(omp_priv = __builtin_inf())
#define GREATEST greatest
#define LEAST least
#else
#define GREATEST max
#define LEAST min
#endif
/* does the pieces of a job; with threads, where there is a pool of them */
typedef void (*Job)(void **, int);
static void alone(Job job, void **given, int pieces, int threads) {{
for (int p = 0; p < pieces; p++) job(given, p); }}
static void (*share)(Job, void **, int, int) = alone;
EXPORT void bind_pool(void *f) {{ share = f; }}
/* a position from the start, 0 for one out of range */
static inline i64 inside(i64 i, i64 n) {{
i = i < 0 ? i + n : i; return (u64)i < (u64)n ? i : 0; }}
#define THREADS (int)(i64)t[2]
#define PLAIN1(name) double name(double); float name##f(float);
#define PLAIN2(name) double name(double, double); float name##f(float, float);
#define VECTOR1(name) SIMD double name(double); SIMD float name##f(float);
#define VECTOR2(name) SIMD double name(double, double); SIMD float name##f(float, float);
{_SCALAR}
{_VECTOR}
{elementary.TEXT}
{tiles.TYPES}
static inline double logaddexp(double x, double y) {{
double d = x - y;
return x == y ? x + 0.693147180559945309417 : d != d ? d
    : (d > 0 ? x : y) + log1p(fast_exp(-fabs(d))); }}
static inline float logaddexpf(float x, float y) {{
float d = x - y;
return x == y ? x + 0.6931471805599453f : d != d ? d
    : (d > 0 ? x : y) + log1pf(fast_expf(-fabsf(d))); }}
/* the sign of a remainder is that of y */
#define REMAINDER(f, real) static inline real remainder_of##f(real x, real y) {{ \
    const real r = fmod##f(x, y); \
    return !y ? r : !r ? copysign##f(0, y) : (y < 0) != (r < 0) ? r + y : r; }} \
    static inline real floored##f(real x, real y) {{ \
    if (!y) return x / y; \
    const real r = fmod##f(x, y); \
    const real q = (x - r) / y - (r && (y < 0) != (r < 0)), low = floor##f(q); \
    return !q ? copysign##f(0, x / y) : q - low > (real)0.5 ? low + 1 : low; }}
REMAINDER(, double) REMAINDER(f, float)
#define DIVISION(whole) static inline whole remainder_of_##whole(whole x, whole y) {{ \
    const whole r = y == 0 || y == (whole)-1 && y < 1 ? 0 : x % y; \
    return r != 0 && (y < 1) != (r < 1) ? r + y : r; }} \
    static inline whole floored_##whole(whole x, whole y) {{ \
    if (y == 0 || y == (whole)-1 && y < 1) return -x * (y != 0); \
    const whole r = x % y; \
    return x / y - (r != 0 && (y < 1) != (r < 1)); }}
DIVISION(i64) DIVISION(u64)
#define CLIP(name, real) static inline real name(real x, real low, real high) {{ \\
    const real y = low != low || x < low ? low : x; \\
    return high != high || y > high ? high : y; }}
CLIP(clip, double) CLIP(clipf, float)"""
