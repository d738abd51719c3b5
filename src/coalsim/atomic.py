"""Files that are there whole or not at all, whatever stops the program while they are written."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TEMPORARY = re.compile(r".+\.\d+-[0-9a-f]{8}\.tmp")  # names that `atomic` gives


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """A temporary file that takes its place, flushed to the disk, when all is written, and goes when something fails."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
        flush_folder(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """A small file, there whole or not at all."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def flush_folder(folder: Path) -> None:
    """Make a rename last through a loss of power; systems that cannot open folders (Windows) do it on their own."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
