"""From C source to a loaded library: the compiler, its flags, and the cache of libraries.

Libraries are kept in the user's cache folder under a hash of source, compiler, flags and processor;
the last bytes are a checksum, so that a damaged file is built again. Next: `expressions.py`.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import errno
import functools
import hashlib
import importlib.util
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

# No reordered sums and no contracted products: the code is computed as written
FLAGS = (
    "-O3 -march=native -fopenmp-simd -fno-math-errno -fno-trapping-math -ffp-contract=off -fwrapv "
    "-fvisibility=hidden -fPIC -shared -w "
    # long bodies are chains of dependent operations: unrolled iterations keep the processor busy
    # (compilers other than gcc ignore these flags)
    "-funroll-loops -fschedule-insns --param=max-unroll-times=4 --param=max-unrolled-insns=800 "
    "--param=max-average-unrolled-insns=400"
).split()
if platform.machine() in ("x86_64", "AMD64"):
    # gcc takes what is below the stack for aligned, and stores vectors there
    FLAGS.append("-mno-red-zone")
PLAIN_FLAGS = "-O2 -ffp-contract=off -fwrapv -fPIC -shared -w".split()
_CHECKSUM = 32
_MARK = b"glassgrad"
# folders from which no library can be loaded
_USELESS: set[Path] = set()
CURE = (
    "install one (as `apt install gcc`, or Xcode's command line tools), set CC, or "
    "pip install 'glassgrad[jit]', which brings one; or use backend='numpy'"
)
_CURE = (
    "free some space for it, let XDG_CACHE_HOME and TMPDIR name folders with space, or use "
    "backend='numpy'"
)
_FULL = os.strerror(errno.ENOSPC)


class CompileError(RuntimeError):
    """There is no compiler, or it failed."""


class CannotLoadError(CompileError):
    """The compiler's output cannot be written, or cannot be loaded from its folder."""


def compiler() -> list[str] | None:
    """Return the command of the C compiler: ``$CC``, cc, gcc, clang, or that of ziglang."""
    chosen = shlex.split(os.environ.get("CC", ""))
    for command in [chosen] if chosen else [["cc"], ["gcc"], ["clang"]]:
        found = shutil.which(command[0])
        if found:
            return [found, *command[1:]]
    if importlib.util.find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", "cc"]
    return None


def cache_folder() -> Path:
    """Return the user's folder for libraries; a temporary one if that cannot be written."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = Path(base) / "glassgrad"
    if not folder.is_absolute():  # there is no home folder
        return _temporary_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        return _temporary_folder()
    return folder if folder not in _USELESS and _is_ours(folder) else _temporary_folder()


@functools.cache
def _temporary_folder() -> Path:
    folder, owner = tempfile.mkdtemp(prefix="glassgrad-"), os.getpid()

    @atexit.register
    def remove() -> None:
        if os.getpid() == owner:  # but not in the child of a fork
            shutil.rmtree(folder, ignore_errors=True)

    return Path(folder)


def _is_ours(path: Path) -> bool:
    """Whether nobody else may write to a file, which is going to be run."""
    if not hasattr(os, "getuid"):
        return True
    status = path.stat()
    return status.st_uid in (os.getuid(), 0) and not status.st_mode & 0o022


@functools.cache
def processor() -> str:
    """Return a text that identifies the processor as far as ``-march=native`` depends on it."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo") as lines:
        return "".join(x for x in lines if x.startswith(("flags", "model name", "Features")))[:8192]
    return platform.processor() + platform.machine() + platform.node()


def _has_vector_math() -> bool:
    """Whether the C library has vector versions of all functions (glibc 2.35, x86-64)."""
    name, version = platform.libc_ver()
    if name != "glibc" or platform.machine() != "x86_64":
        return False
    return tuple(int(x) for x in version.split(".")[:2]) >= (2, 35)


def _attempts() -> list[list[str]]:
    """Return the flags to try, the best first."""
    found = [[*FLAGS], [*PLAIN_FLAGS]]
    if _has_vector_math():
        found.insert(0, [*FLAGS, "-DVECTOR_MATH", "-lmvec"])
    return [[*flags, "-lm"] if os.name != "nt" else flags for flags in found]


def build(source: str, more: Sequence[str] = ()) -> ctypes.CDLL:
    """Return the library of a source, compiled now or in an earlier run; ``more`` are flags.

    Raises
    ------
    CompileError
        If there is no compiler, no space for its output, or it rejects the source: the message has
        the path of the source and the output of the compiler.
    """
    command = compiler()
    if command is not None:
        command = [*command, *more]
    else:
        chosen = os.environ.get("CC")
        what = f"CC is {chosen!r}, which is not found" if chosen else "no C compiler is found"
        raise CompileError(f"jit: {what}; {CURE}")
    name = f"{_key(source, command)}.so"
    path = cache_folder() / name
    found = _load(path)
    if found is None:
        try:
            found = _built(source, command, path)
        except CannotLoadError:  # for example: nothing may be run there, or the disk is full
            found = _built(source, command, _temporary_folder() / name)
            _USELESS.add(path.parent)
    return found


def _built(source: str, command: Sequence[str], path: Path) -> ctypes.CDLL:
    """Compile, with the best flags that give a loadable library."""
    errors = ""
    for flags in _attempts():
        errors = _compile(source, [*command, *flags], path)
        found = None if errors else _load(path)
        if found is not None:
            return found
    if _FULL in errors:
        raise CannotLoadError(f"jit: {command[0]} has no room: {errors.strip()[-800:]}; {_CURE}")
    if not errors:
        what = f"the library {path} that was just built cannot be loaded"
        raise CannotLoadError(f"jit: {what}; {CURE}")
    text = path.with_suffix(".c")
    with contextlib.suppress(OSError):
        text.write_text(source)
    raise CompileError(
        f"jit: {command[0]} does not compile {text}: {errors.strip()[-800:]}; "
        f"please report it, and use backend='numpy'"
    )


def _key(source: str, command: Sequence[str]) -> str:
    tool = Path(command[0])
    status = tool.stat() if tool.exists() else None
    parts = [
        source,
        *command,
        repr(_attempts()),
        processor(),
        platform.machine(),
        sys.platform,
    ]
    parts += [str(status.st_mtime_ns), str(status.st_size)] if status else []
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _load(path: Path) -> ctypes.CDLL | None:
    """Return a kept library; None if it is missing, damaged or may be somebody else's."""
    try:
        if not _is_ours(path):
            return None
        content = path.read_bytes()
    except OSError:
        return None
    body, mark = content[:-_CHECKSUM], content[-_CHECKSUM:]
    if hashlib.sha256(_MARK + body).digest() != mark:
        return None
    try:
        return ctypes.CDLL(str(path))
    except OSError:
        return None


def _compile(source: str, command: Sequence[str], path: Path) -> str:
    """Compile to a temporary file, which then replaces the library atomically.

    Returns the output of the compiler if it failed, else ''.
    """
    folder = tempfile.TemporaryDirectory
    try:
        with folder(None, "build-", path.parent, ignore_cleanup_errors=True) as work:
            text, made = Path(work) / "program.c", Path(work) / "program.so"
            text.write_text(source)
            before = [f for f in command if not f.startswith("-l")]
            libraries = [f for f in command if f.startswith("-l")]
            errors = _run([*before, str(text), "-o", str(made), *libraries])
            if errors or not made.exists():
                return errors or "no output"
            content = made.read_bytes()
            made.write_bytes(content + hashlib.sha256(_MARK + content).digest())
            made.chmod(0o700)
            made.replace(path)
            return ""
    except OSError as error:  # for example on a full disk
        raise CannotLoadError(f"jit: {path} cannot be written: {error}; {_CURE}") from error


_RUNNING: set[subprocess.Popen[str]] = set()


def _run(command: Sequence[str]) -> str:
    """Run the compiler; return its output if it failed, else ''."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        return str(error)
    _RUNNING.add(process)
    with process:
        try:
            errors, _ = process.communicate()
        finally:
            process.kill()  # for example at Ctrl-C
            _RUNNING.discard(process)
    return "" if process.returncode == 0 else errors or f"exit status {process.returncode}"


@atexit.register
def _stop() -> None:
    """Stop compilers that still run when the interpreter exits."""
    for process in list(_RUNNING):
        process.kill()
