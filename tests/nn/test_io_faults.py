"""Saving that fails: full disks, killed programs, folders that cannot be written."""

import errno
import os
import signal
import subprocess
import sys

import pytest

import nn
from autograd import files

from .saved import ROOT, numbers


def _saved(tmp_path):
    model = nn.Linear(2, 2, rng=0)
    return nn.save(tmp_path / "m.npz", model), model


@pytest.mark.parametrize("place", ["fsync", "replace", "chmod"])
def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch, place):
    path, model = _saved(tmp_path)
    old = path.read_bytes()

    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    model.weight.data[:] = 7
    monkeypatch.setattr(os, place, full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        nn.save(path, model)
    assert "a file that was there is as it was" in caught.value.__notes__[0]
    monkeypatch.undo()
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["m.npz"]


@pytest.mark.skipif(sys.platform == "win32", reason="limits are POSIX")
def test_a_write_that_the_system_refuses(tmp_path):
    path, _ = _saved(tmp_path)
    old = path.read_bytes()
    code = """if True:
        import resource, signal, sys, nn
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
        try:
            nn.save(sys.argv[1], nn.Linear(100, 100))
        except OSError as error:
            print("refused", error.errno)
        """
    run = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == f"refused {errno.EFBIG}\n"
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["m.npz"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
@pytest.mark.parametrize("place", ["write", "fsync", "chmod", "replace"])
def test_kill_9_while_saving_leaves_the_old_file(tmp_path, place):
    path, model = _saved(tmp_path)
    code = """if True:
        import os, signal, sys, zipfile, nn
        path, place = sys.argv[1:]
        model = nn.Linear(2, 2, rng=0)
        def die(*arguments, **options):
            os.kill(os.getpid(), signal.SIGKILL)
        if place == "write":
            zipfile.ZipFile.close = die
        else:
            setattr(os, place, die)
        model.weight.data[:] = 7
        nn.save(path, model)
        """
    run = subprocess.run(
        [sys.executable, "-c", code, str(path), place],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert run.returncode == -signal.SIGKILL
    other = nn.Linear(2, 2, rng=1)
    nn.load(path, other)
    assert numbers(other) == numbers(model)


def test_ctrl_c_while_saving(tmp_path, monkeypatch):
    path, model = _saved(tmp_path)
    old = path.read_bytes()

    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        nn.save(path, model)
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["m.npz"]


def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    path, model = _saved(tmp_path)
    old = path.read_bytes()
    if os.geteuid():
        tmp_path.chmod(0o555)
    else:
        # root may write everywhere
        def refuse(*arguments, **options):
            raise PermissionError(errno.EACCES, "Permission denied")

        monkeypatch.setattr(files, "open", refuse, raising=False)
    try:
        with pytest.raises(PermissionError, match="Permission denied"):
            nn.save(path, model)
    finally:
        tmp_path.chmod(0o755)
    assert path.read_bytes() == old


def test_paths_that_cannot_be_files(tmp_path, monkeypatch):
    path, model = _saved(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*none; make it first"):
        nn.save(tmp_path / "none" / "m.npz", model)
    (tmp_path / "d.npz").mkdir()
    with pytest.raises(IsADirectoryError, match="is a folder; give the name of a file in it"):
        nn.save(tmp_path / "d.npz", model)
    monkeypatch.setattr(os, "access", lambda *arguments: False)
    with pytest.raises(PermissionError, match=r"m.npz is read-only; change its permissions"):
        nn.save(path, model)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX")
def test_permissions_and_links_stay(tmp_path):
    path, model = _saved(tmp_path)
    umask = os.umask(0)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask
    path.chmod(0o640)
    link = tmp_path / "link.npz"
    link.symlink_to(path)
    nn.save(link, model)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
