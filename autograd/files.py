"""Files written as a whole or not at all. Next: `jit/`."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a new file that takes the place of ``path`` when the block ends well.

    It is written beside the old one, flushed to disk and renamed, so that at every moment there is
    a complete file of that name. The permissions of the old file stay; a link stays a link.

    Raises
    ------
    OSError
        If the file cannot be written. The old file is unchanged.
    """
    target = Path(os.path.realpath(path))
    beside = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.tmp")
    try:
        mode = _mode_of(target)
        file = open(beside, "xb")
        try:
            with file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            if mode is not None:
                os.chmod(beside, mode)
            os.replace(beside, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(beside)
            raise
        _sync_folder(target.parent)
    except OSError as error:
        error.add_note(f"{path} could not be written; a file that was there is as it was")
        raise


def _mode_of(target: Path) -> int | None:
    """Return the permissions of a file to be replaced; None if there is none."""
    if target.is_dir():
        raise IsADirectoryError(f"{target} is a folder; give the name of a file in it")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {target.parent}; make it first")
    if not target.exists():
        return None
    if not os.access(target, os.W_OK):
        raise PermissionError(f"{target} is read-only; change its permissions or its name")
    return target.stat().st_mode & 0o7777


def _sync_folder(folder: Path) -> None:
    """Flush a rename to disk, if the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        pass  # some file systems cannot sync folders; the rename itself has succeeded
    finally:
        os.close(handle)
