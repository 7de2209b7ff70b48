"""The compiler of the C programs found, missing, failing; kept libraries damaged."""

import ctypes
import os
import stat
import subprocess
import sys
import textwrap
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

from autograd import Tensor
from autograd.jit import c_backend, c_background, c_build, c_caller, jit

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
    text = f"from autograd.jit import c_build; print(c_build.build({SOURCE!r}).seven())"
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
    text = f"from autograd.jit import c_build; c_build.build({SOURCE!r})"
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
        from autograd.jit import c_build
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


def training(backend):
    w = Tensor(np.ones(4), requires_grad=True)

    def step(x):
        w.grad = None
        loss = ((w * x - 1) ** 2).sum()
        loss.backward()
        w.data -= 0.01 * w.grad
        return loss

    return w, step, jit(step, backend=backend)


def native(compiled):
    """Whether C has taken over."""
    (recording,) = next(iter(compiled._kept.values()))
    return recording._native


@needs_compiler
def test_c_takes_over_in_the_background(monkeypatch, cache):
    monkeypatch.setattr(c_background, "PATIENCE", 1e-4)
    (w, _, compiled), (v, eager, _) = training("auto"), training("numpy")
    x = np.arange(4.0)
    deadline = time.monotonic() + 60
    count = 0
    while (count < 5 or not native(compiled)) and time.monotonic() < deadline:
        np.testing.assert_allclose(compiled(x).data, eager(x).data, rtol=1e-10)
        count += 1
        time.sleep(0.01)
    assert native(compiled)
    for _ in range(5):
        np.testing.assert_allclose(compiled(x).data, eager(x).data, rtol=1e-10)
    np.testing.assert_allclose(w.data, v.data, rtol=1e-10)
    assert compiled.recordings == 1


class Clock:
    """Takes the place of `perf_counter`: a call of the slower program takes ten seconds."""

    def __init__(self, compiled, slow):
        self.compiled, self.slow = compiled, slow
        self.now, self.reads = 0.0, 0

    def __call__(self):
        self.reads += 1
        if self.reads % 2 == 0:  # the end of a call
            self.now += 10.0 if native(self.compiled) == self.slow else 1.0
        return self.now


@needs_compiler
@pytest.mark.parametrize("slow", [True, False])
def test_numpy_comes_back_where_c_is_slower(monkeypatch, cache, slow):
    (w, _, compiled), (v, eager, _) = training("auto"), training("numpy")
    x = np.arange(4.0)

    def call():
        np.testing.assert_allclose(compiled(x).data, eager(x).data, rtol=1e-10)

    clock = Clock(compiled, slow)
    monkeypatch.setattr(c_background, "perf_counter", clock)
    call()
    deadline = time.monotonic() + 60
    while not native(compiled) and time.monotonic() < deadline:
        call()
        time.sleep(0.01)
    assert native(compiled)
    for _ in range(c_background.TRIAL):
        assert native(compiled)
        call()
    assert native(compiled) != slow
    reads = clock.reads
    for _ in range(c_background.TRIAL):
        call()
    # the choice is made for good, and nothing is timed any more
    assert native(compiled) != slow
    assert clock.reads == reads
    np.testing.assert_allclose(w.data, v.data, rtol=1e-10)
    assert compiled.recordings == 1


def test_a_background_without_compiler_warns_once(no_compiler, monkeypatch, cache):
    monkeypatch.setattr(c_background, "PATIENCE", 0.0)
    monkeypatch.setattr(c_background, "_WARNED", [])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            _, _, compiled = training("auto")
            for _ in range(20):
                compiled(np.arange(4.0))
                time.sleep(0.005)
            assert not native(compiled)
    (warning,) = [w for w in caught if "no C compiler" in str(w.message)]
    assert "the NumPy program goes on" in str(warning.message)


@needs_compiler
@needs_posix
def test_the_interpreter_ends_while_the_compiler_runs(tmp_path):
    text = """
        import numpy as np
        from autograd.jit import c_background, jit
        c_background.PATIENCE = 0.0
        f = jit(lambda x: x + 1)
        f(np.ones(3)); f(np.ones(3))
        import time; time.sleep(0.3)
        print("end")
    """
    slow = script(tmp_path, "sleep 60")
    env = {**os.environ, "CC": slow, "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)],
        env=env, capture_output=True, text=True, timeout=50,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")


@needs_compiler
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_fork_goes_on(cache):
    text = """
        import os
        import numpy as np
        from autograd.jit import c_background, jit
        c_background.PATIENCE = 0.0
        f, g = jit(lambda x: x + 1, backend="c"), jit(lambda x: x * 2)
        f(np.ones(3)); g(np.ones(3))
        child = os.fork()
        for i in range(20):
            assert f(np.ones(3) * i)[0] == i + 1 and g(np.ones(3) * i)[0] == 2 * i
        if child:
            assert os.waitpid(child, 0)[1] == 0
        else:
            os._exit(0)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(text)], check=True, timeout=60)


@needs_compiler
def test_two_models_of_one_form_share_a_library(cache):
    (w, _, first), (v, _, second) = training("c"), training("c")
    v.data = v.data * 2
    x = np.arange(4.0)
    first(x), second(x), first(x)
    assert len(list(cache.glob("*.so"))) <= 2  # the program, and the caller
    expected = np.ones(4)
    for _ in range(2):
        expected = expected - 0.02 * (expected * x - 1) * x
    np.testing.assert_allclose(w.data, expected, rtol=1e-12)
    assert isinstance(c_build.build(SOURCE), ctypes.CDLL)
