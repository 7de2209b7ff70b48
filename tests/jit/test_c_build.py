"""The compiler of the C programs found, missing, failing; kept libraries damaged."""

import ctypes
import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from autograd import Tensor
from autograd.jit import jit
from autograd.jit.c import backend as c_backend
from autograd.jit.c import build as c_build
from autograd.jit.c import caller as c_caller

needs_compiler = pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")
needs_posix = pytest.mark.skipif(os.name != "posix", reason="scripts and modes of POSIX")
SOURCE = '__attribute__((visibility("default"))) int seven(void) { return 7; }\n'


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "glassgrad"


@pytest.fixture
def no_compiler(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setitem(sys.modules, "ziglang", None)
    monkeypatch.setattr(c_build.importlib.util, "find_spec", lambda name: None)


def script(folder, text):
    path = folder / "mycc"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_no_compiler(no_compiler, cache):
    with pytest.raises(
        RuntimeError, match=r"no C compiler is found; install one .*glassgrad\[jit\]"
    ):
        jit(lambda x: x + 1, backend="c")(np.ones(2))


def test_a_compiler_that_is_not_there(monkeypatch, cache):
    monkeypatch.setenv("CC", "/nowhere/cc -O9")
    with pytest.raises(RuntimeError, match="CC is '/nowhere/cc -O9', which is not found"):
        jit(lambda x: x + 1, backend="c")(np.ones(2))


def test_the_compiler_of_ziglang(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(c_build.importlib.util, "find_spec", lambda name: name == "ziglang")
    assert c_build.compiler() == [sys.executable, "-m", "ziglang", "cc"]


@needs_posix
def test_a_compiler_that_fails(tmp_path, monkeypatch, cache):
    monkeypatch.setenv("CC", script(tmp_path, "echo out of order; exit 3"))
    w = Tensor([1.0], requires_grad=True)

    @jit(backend="c")
    def step():
        w.data -= 1.0

    with pytest.raises(RuntimeError, match=r"does not compile .*: out of order; please") as caught:
        step()
    (source,) = [word for word in str(caught.value).split() if word.endswith(".c:")]
    assert "EXPORT int part0" in Path(source.rstrip(":")).read_text()
    np.testing.assert_array_equal(w.data, [1.0])
    assert [p.suffix for p in cache.iterdir()] == [".c"]
    monkeypatch.setenv("CC", script(tmp_path, "exit 3"))
    with pytest.raises(RuntimeError, match="exit status 3"):
        c_build.build("x")
    monkeypatch.setenv("CC", script(tmp_path, "kill -9 $$"))
    with pytest.raises(RuntimeError, match="exit status -9"):
        c_build.build("x")


@needs_posix
def test_a_compiler_that_makes_what_cannot_be_loaded(tmp_path, monkeypatch, cache):
    text = 'while [ "$1" != "-o" ]; do shift; done; echo no library > "$2"'
    monkeypatch.setenv("CC", script(tmp_path, text))
    with pytest.raises(RuntimeError, match="just built cannot be loaded"):
        c_build.build(SOURCE)


@needs_compiler
@needs_posix
def test_flags_that_make_what_cannot_be_loaded_are_left_out(tmp_path, monkeypatch, cache):
    # as a compiler that takes a flag without having what it needs
    real = " ".join(c_build.compiler())
    text = f'''for f; do [ "$f" = -O3 ] && more=-Dlost; done
    exec {real} $more "$@"'''
    monkeypatch.setenv("CC", script(tmp_path, text))
    lost = "#ifdef lost\nint nowhere(void); int f(void) { return nowhere(); }\n#endif\n"
    assert c_build.build(SOURCE + lost).seven() == 7


@needs_compiler
def test_libraries_are_kept(cache, monkeypatch):
    assert c_build.build(SOURCE).seven() == 7
    (library,) = cache.iterdir()
    monkeypatch.setattr(c_build, "_compile", None)
    assert c_build.build(SOURCE).seven() == 7
    assert library.stat().st_mode & 0o077 == 0


@needs_compiler
def test_another_processor_or_compiler_has_libraries_of_its_own(cache, tmp_path, monkeypatch):
    c_build.build(SOURCE)
    monkeypatch.setattr(c_build, "processor", lambda: "flags: sse2")
    c_build.build(SOURCE)
    assert len(list(cache.iterdir())) == 2
    monkeypatch.setenv("CC", " ".join([*c_build.compiler(), "-Dother"]))
    c_build.build(SOURCE)
    c_build.build(SOURCE)
    assert len(list(cache.iterdir())) == 3


@needs_compiler
def test_processes_that_build_the_same_at_once(cache):
    text = f"from autograd.jit.c import build as c_build; print(c_build.build({SOURCE!r}).seven())"
    command = [sys.executable, "-c", text]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert [p.communicate()[0] for p in started] == ["7\n"] * 4
    (library,) = cache.iterdir()
    assert c_build._load(library).seven() == 7


@needs_compiler
@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-100]),
        lambda path: path.write_bytes(path.read_bytes().replace(b"seven", b"eleve")),
        lambda path: path.write_bytes(b"\x7fELF" + os.urandom(4000)),
        lambda path: path.chmod(0o777),
        lambda path: path.unlink(),
    ],
    ids=["empty", "cut", "changed", "random", "writable by all", "gone"],
)
def test_damaged_libraries_are_built_anew(cache, damage):
    path = build_in_another_process(cache)
    damage(path)
    assert c_build.build(SOURCE).seven() == 7
    assert c_build._load(path).seven() == 7
    assert stat.S_IMODE(path.stat().st_mode) == 0o700


def build_in_another_process(cache):
    """Build, without this process having the library loaded; return its file."""
    text = f"from autograd.jit.c import build as c_build; c_build.build({SOURCE!r})"
    subprocess.run([sys.executable, "-c", text], check=True)
    (path,) = cache.iterdir()
    return path


@needs_compiler
@pytest.mark.parametrize("kind", ["a file", "writable by all", "not writable"])
def test_a_cache_that_cannot_be_used(tmp_path, monkeypatch, kind):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "glassgrad"
    if kind == "a file":
        folder.write_text("")
    else:
        folder.mkdir()
        folder.chmod(0o777 if kind == "writable by all" else 0o500)
    if kind == "not writable" and os.access(folder, os.W_OK):

        def refused(*_, **__):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(c_build.tempfile, "TemporaryFile", refused)
    assert c_build.build(SOURCE).seven() == 7
    assert folder.is_file() or not list(folder.iterdir())
    assert c_build.cache_folder() == c_build.cache_folder() != folder


def test_a_home_that_nobody_knows(tmp_path, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.chdir(tmp_path)
    assert c_build.cache_folder().is_absolute()
    assert not list(tmp_path.iterdir())


@needs_compiler
@needs_posix
def test_a_folder_of_which_nothing_may_be_run(tmp_path, cache, monkeypatch):
    load, tried = ctypes.CDLL, []

    def refused(path):
        tried.append(path)
        if path.startswith(str(cache)):
            raise OSError("failed to map segment from shared object")
        return load(path)

    monkeypatch.setattr(c_build.ctypes, "CDLL", refused)
    monkeypatch.setattr(c_build, "_USELESS", set())
    assert c_build.build(SOURCE).seven() == 7
    assert c_build.cache_folder() != cache
    tried.clear()
    assert c_build.build(SOURCE + "int more;").seven() == 7
    assert len(tried) == 1  # at once where it can be loaded


@needs_compiler
def test_a_full_disk(cache, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(c_build, "_USELESS", set())
    with monkeypatch.context() as m:
        m.setattr(Path, "write_text", full)
        what = r"cannot be written: .*No space left on device; free some space"
        with pytest.raises(c_build.CompileError, match=what) as caught:
            c_build.build(SOURCE)
    assert "report" not in str(caught.value)
    assert not list(cache.iterdir())


@needs_posix
def test_a_disk_that_is_full_for_the_compiler(tmp_path, monkeypatch, cache):
    monkeypatch.setattr(c_build, "_USELESS", set())
    text = "echo as: cannot write a.o: No space left on device; exit 1"
    monkeypatch.setenv("CC", script(tmp_path, text))
    what = r"has no room: .*No space left on device; free some space"
    with pytest.raises(c_build.CompileError, match=what) as caught:
        c_build.build(SOURCE)
    assert "report" not in str(caught.value)


@needs_compiler
def test_another_disk_is_taken_where_one_is_full(cache, monkeypatch):
    write = Path.write_text

    def full(path, *arguments, **options):
        if cache in path.parents:
            raise OSError(28, "No space left on device")
        return write(path, *arguments, **options)

    monkeypatch.setattr(c_build, "_USELESS", set())
    monkeypatch.setattr(Path, "write_text", full)
    assert c_build.build(SOURCE).seven() == 7
    assert not list(cache.iterdir())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_the_end_of_a_fork_leaves_the_temporary_folder(tmp_path):
    text = """
        import os, sys
        from autograd.jit.c import build as c_build
        folder = c_build._temporary_folder()
        child = os.fork()
        if not child:
            sys.exit()
        os.waitpid(child, 0)
        print(folder.exists(), folder)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)], capture_output=True, text=True, check=True
    )
    kept, folder = done.stdout.split()
    assert kept == "True"
    assert not Path(folder).exists()


@needs_posix
def test_an_interrupt_stops_the_compiler(tmp_path, monkeypatch, cache):
    mark = tmp_path / "done"
    monkeypatch.setenv("CC", script(tmp_path, f"sleep 1; touch {mark}"))
    started = []

    class Interrupted(subprocess.Popen):
        def communicate(self, *_, **__):
            started.append(self)
            raise KeyboardInterrupt

    monkeypatch.setattr(c_build.subprocess, "Popen", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        c_build.build(SOURCE)
    (process,) = started
    assert process.wait() == -9
    assert not c_build._RUNNING


@needs_compiler
def test_without_python_headers(monkeypatch, cache):
    monkeypatch.setattr(c_backend, "caller", lambda: None)
    f = jit(lambda x, y: [(x * y).sum(), x + y, x.T], backend="c")
    x = np.arange(6.0).reshape(2, 3)
    for y in (x, x + 1, 2.0 * x):
        total, both, turned = f(x, y)
        assert total == (x * y).sum()
        np.testing.assert_array_equal(both, x + y)
        np.testing.assert_array_equal(turned, x.T)


@needs_compiler
def test_a_caller_that_does_not_compile(monkeypatch, cache):
    monkeypatch.setattr(c_caller, "SOURCE", "#error no")
    c_caller.extension.cache_clear()
    try:
        assert c_caller.caller() is None
    finally:
        c_caller.extension.cache_clear()
