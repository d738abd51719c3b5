"""The lock of a results folder: one process at a time, and a word on which."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path

from filelock import FileLock, Timeout

LOCK, OWNER = ".lock", ".owner"


def lock_folder(folder: Path) -> FileLock:
    """Make the folder if need be, and keep other processes out of it.

    Raises
    ------
    ValueError
        When another process is in it, or nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK)
        lock.acquire(timeout=0)
    except Timeout:
        raise ValueError(
            f"another coalsim process{_owner(folder)} writes in {folder}; wait for it or name another folder"
        ) from None
    except OSError as error:
        raise ValueError(f"{folder}: nothing can be written there ({error.strerror}); name another folder") from None
    with contextlib.suppress(OSError):  # a full disk has no room for it, and it is only for the message above
        (folder / OWNER).write_text(f"{os.getpid()} on {socket.gethostname()}")
    return lock


def unlock_folder(folder: Path, lock: FileLock, remove: bool = False) -> None:
    """Leave no trace: the lock goes while it is held, and a new folder in which nothing was begun goes, too."""
    for name in (OWNER, LOCK):
        with contextlib.suppress(OSError):
            (folder / name).unlink()
    lock.release()
    if remove:
        with contextlib.suppress(OSError):
            folder.rmdir()


def _owner(folder: Path) -> str:
    with contextlib.suppress(OSError):
        return f" (pid {(folder / OWNER).read_text()[:80]})"
    return ""
