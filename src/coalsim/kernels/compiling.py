"""Compiling kernels, with a disk cache that only the user can write and that no edit can make stale.

Kernel modules define plain functions and bind them at the end, `step = compile(step)`. Numba notices an edit of the
function it has cached but not of a callee in another file or of a global, and it loads its cache by unpickling; so the
cache lies in a private folder named after a hash of every kernel source and of everything else that shapes the code.
"""

import atexit
import contextlib
import functools
import hashlib
import os
import pickle
import re
import shutil
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import llvmlite  # type: ignore[import-untyped]
import llvmlite.binding  # type: ignore[import-untyped]
import numba
import numpy as np

HERE = Path(__file__).resolve().parent
KEPT_DAYS = 30

# Settings of numba that change the code it makes and that its own index does not look at.
SHAPING = [
    "BOUNDSCHECK",
    "CPU_FEATURES",
    "CPU_NAME",
    "DEBUGINFO_DEFAULT",
    "ENABLE_AVX",
    "LOOP_VECTORIZE",
    "OPT",
    "SLP_VECTORIZE",
]

_swap = threading.Lock()


def compile[F: Callable[..., Any]](function: F, **options: Any) -> F:
    """`function` compiled without the GIL, without fast-math and with numpy's division; plain if NUMBA_DISABLE_JIT=1.

    Only functions that live in the kernels package are cached on disk, since only those are in the hash.
    """
    settings: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": False, "cache": False, **options}
    if numba.config.DISABLE_JIT:
        return function
    folder = cache_folder() if HERE in Path(function.__code__.co_filename).resolve().parents else None
    if folder is None or "cache" in options:
        return numba.njit(**settings)(function)
    # Numba reads CACHE_DIR while it decorates; put back, it does not move the caches of other packages.
    with _swap:
        before = numba.config.CACHE_DIR, numba.config.CACHE_LOCATOR_CLASSES
        numba.config.CACHE_DIR, numba.config.CACHE_LOCATOR_CLASSES = str(folder), ""
        try:
            compiled = numba.njit(**{**settings, "cache": True})(function)
        finally:
            numba.config.CACHE_DIR, numba.config.CACHE_LOCATOR_CLASSES = before
    _harden(compiled, folder)
    return compiled


@functools.cache
def cache_folder() -> Path | None:
    """The folder this process keeps compiled kernels in, or None where it cannot have one."""
    base = cache_base()
    folder = base / f"kernels-{digest(HERE, *circumstances())}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not is_private(folder):
            return _temporary_folder()
        with tempfile.TemporaryFile(dir=folder):
            os.utime(folder)
    except OSError:
        return None
    remove_old(base, keep=folder)
    return folder


def cache_base() -> Path:
    """Where the folders of all versions lie: $COALSIM_CACHE_DIR, $XDG_CACHE_HOME/coalsim or ~/.cache/coalsim."""
    chosen = os.environ.get("COALSIM_CACHE_DIR")
    if chosen:
        return Path(chosen).absolute()
    home = os.environ.get("XDG_CACHE_HOME")
    # The XDG base directory specification says that a relative path is to be ignored.
    if home and Path(home).is_absolute():
        return Path(home) / "coalsim"
    return Path(os.path.expanduser("~")).absolute() / ".cache" / "coalsim"


def digest(folder: Path, *also: str) -> str:
    """Hash, 20 hexadecimal digits, of every Python file in and below `folder`, and of the words in `also`."""
    sha = hashlib.sha256()
    parts = [word.encode() for word in also]
    for path in sorted(folder.rglob("*.py")):
        parts += [path.relative_to(folder).as_posix().encode(), path.read_bytes()]
    for part in parts:
        sha.update(len(part).to_bytes(8, "little") + part)
    return sha.hexdigest()[:20]


def circumstances() -> list[str]:
    """What shapes compiled code besides the sources: versions, processor, numba's settings, the package's place."""
    settings = [f"{name}={getattr(numba.config, name, None)}" for name in SHAPING]
    versions = [numba.__version__, llvmlite.__version__, np.__version__, sys.version]
    return [str(HERE), *versions, llvmlite.binding.get_host_cpu_name(), *settings]


def is_private(folder: Path) -> bool:
    """Whether `folder` is a real folder of this user's, closed to others, that nobody else could swap for another.

    Always true on systems without owners and modes of this kind (Windows), where profiles are private as they come.
    """
    if not hasattr(os, "getuid"):
        return True
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        return False
    for above in folder.resolve().parents:
        held = above.stat()
        # Debian and Red Hat give each user a group of their own with the same number; writing by it is harmless.
        others = 0o002 if held.st_gid == held.st_uid == os.getuid() else 0o022
        if held.st_mode & others and not held.st_mode & stat.S_ISVTX:
            return False
    return True


def remove_old(base: Path, keep: Path) -> None:
    """Remove the folders of other versions that no process has opened for `KEPT_DAYS`; what cannot go, stays."""
    with contextlib.suppress(OSError):
        for folder in base.iterdir():
            if folder == keep or not re.fullmatch(r"kernels-[0-9a-f]{20}", folder.name):
                continue
            with contextlib.suppress(OSError):
                found = folder.lstat()
                if stat.S_ISDIR(found.st_mode) and found.st_mtime < time.time() - KEPT_DAYS * 86400:
                    shutil.rmtree(folder, ignore_errors=True)


def _temporary_folder() -> Path | None:
    try:
        folder = Path(tempfile.mkdtemp(prefix="coalsim-kernels-"))
    except OSError:
        return None
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # a forked worker inherits this handler, but not the folder
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return folder


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Only one process at a time; without locks (Windows) at once."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with open(folder / "lock", "wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _harden(compiled: Any, folder: Path) -> None:
    """Make a full disk or a damaged entry cost a compilation instead of a run.

    Numba writes without a lock, so that two processes that compile different signatures at once can leave one's code
    under the other's name; without a checksum, so that damage is executed; and lets errors of the disk through.
    """
    cache = compiled._cache
    load, save, files = cache.load_overload, cache.save_overload, cache._cache_file
    dump, index = files._dump, files._load_index

    def dump_with_sum(content: Any) -> bytes:
        data = dump(content)
        return data + hashlib.sha256(data).digest()  # unpickling stops before it

    def is_sound(found: bytes) -> bool:
        return hashlib.sha256(found[:-32]).digest() == found[-32:]

    def load_data(name: str) -> Any:
        found = (Path(cache.cache_path) / name).read_bytes()
        if not is_sound(found):
            raise OSError(f"{name}: damaged")  # numba takes it for missing
        return pickle.loads(found)

    def load_index() -> Any:
        version = pickle.dumps(numba.__version__, protocol=-1)  # comes first, outside the checksum
        with contextlib.suppress(OSError):
            found = Path(files._index_path).read_bytes()
            if found.startswith(version) and is_sound(found[len(version) :]):
                return index()
        return {}

    def load_overload(signature: Any, context: Any) -> Any:
        with contextlib.suppress(OSError):
            return load(signature, context)
        return None

    def save_overload(signature: Any, data: Any) -> None:
        with contextlib.suppress(OSError), _locked(folder):
            save(signature, data)

    files._dump, files._load_data, files._load_index = dump_with_sum, load_data, load_index
    cache.load_overload, cache.save_overload = load_overload, save_overload
