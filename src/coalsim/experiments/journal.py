"""The journal of a results folder: one checksummed line for each finished part; a part exists only if a line names it."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from coalsim.atomic import flush_folder
from coalsim.experiments.parts import DamagedError

NAME = "journal.jsonl"


class Journal:
    """Lines of JSON, each followed by a tab and the first 16 digits of its sha256, flushed one by one.

    A torn last line, all that a crash can leave, is cut; damage anywhere else is refused.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME

    def exists(self) -> bool:
        """Whether there is one."""
        return self.path.is_file()

    def is_empty(self) -> bool:
        """Whether there is none, or none with a line."""
        return not self.exists() or self.path.stat().st_size == 0

    def append(self, entry: dict[str, Any]) -> None:
        """Add a line and flush it to the disk; a line that does not fit on it is taken back."""
        text = json.dumps(entry, separators=(",", ":"))
        line = f"{text}\t{_check(text)}\n".encode()
        is_new = not self.path.exists()
        # Unbuffered, since closing a buffered file would write again what was just taken back.
        with self.path.open("ab", buffering=0) as file:
            before = file.tell()
            try:
                if file.write(line) < len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(file.fileno())
            except OSError:
                os.truncate(self.path, before)
                raise
        if is_new:
            flush_folder(self.path.parent)

    def entries(self) -> Iterator[dict[str, Any]]:
        """Every whole line, the oldest first.

        Raises
        ------
        DamagedError
            With the line that does not match its checksum.
        """
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                entry = _parse(line)
                if entry is None:
                    if not line.endswith(b"\n"):
                        return  # torn: the crash came before the part was promised
                    raise DamagedError(f"{self.path}:{number}: this line is damaged; restore the file from a copy")
                yield entry

    def cut_torn_line(self) -> None:
        """Take away what a crash left of a last line."""
        if not self.exists():
            return
        with self.path.open("rb+") as file:
            content = file.read()
            whole = content.rfind(b"\n") + 1
            if whole < len(content):
                file.truncate(whole)
                os.fsync(file.fileno())


def _parse(line: bytes) -> dict[str, Any] | None:
    text, tab, check = line.rstrip(b"\n").decode("utf-8", "replace").rpartition("\t")
    if not tab or not line.endswith(b"\n") or check != _check(text):
        return None
    entry = json.loads(text)
    return entry if isinstance(entry, dict) else None


def _check(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
