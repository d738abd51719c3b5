"""The cache of compiled kernels: private, never stale, and never in the way."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numba
import pytest

from coalsim.kernels import compiling, maths

CALLEE = """
from {name}.compiling import compile
FACTOR = {factor}
def scale(x):
    return FACTOR * x
scale = compile(scale)
"""
CALLER = """
from {name}.compiling import compile
from {name}.callee import scale
def step(x):
    return scale(x) + 1
step = compile(step)
"""
SHOW = """
import sys
from {name}.caller import step
from {name} import compiling
print(step(10), sum(getattr(step, "stats", ((), {{}}))[1].values()), compiling.cache_folder())
"""

needs_jit = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
needs_modes = pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owners and modes here")


@pytest.fixture
def package(tmp_path):
    """A package of two kernels, one of which calls the other, with a compiling module of its own."""
    folder = tmp_path / "toy"
    folder.mkdir()
    (folder / "__init__.py").touch()
    shutil.copy(compiling.__file__, folder / "compiling.py")
    (folder / "callee.py").write_text(CALLEE.format(name="toy", factor=2))
    (folder / "caller.py").write_text(CALLER.format(name="toy"))
    return folder


def run(package, cache, **settings):
    """What step(10) is in a new process, how often it came from the cache, and the cache's folder."""
    env = {**os.environ, "COALSIM_CACHE_DIR": str(cache), "NUMBA_DISABLE_JIT": "0", **settings}
    command = [sys.executable, "-c", SHOW.format(name="toy")]
    done = subprocess.run(command, env=env, cwd=package.parent, capture_output=True, text=True, check=True)
    value, hits, folder = done.stdout.split()
    return int(value), int(hits), folder


def kept(folder):
    return sorted(Path(folder).rglob("*.nb?"))


def test_an_edited_callee_is_never_served_from_the_cache(package, tmp_path):
    value, hits, folder = run(package, tmp_path / "cache")
    assert (value, hits) == (21, 0)
    assert run(package, tmp_path / "cache") == (21, 1, folder)
    stamp = (package / "callee.py").stat()
    (package / "callee.py").write_text(CALLEE.format(name="toy", factor=3))
    os.utime(package / "callee.py", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    shutil.rmtree(package / "__pycache__", ignore_errors=True)  # Python's own cache looks at size and time only
    value, hits, other = run(package, tmp_path / "cache")
    assert (value, hits) == (31, 0)
    assert other != folder


@needs_modes
def test_the_folder_is_private(package, tmp_path):
    folder = Path(run(package, tmp_path / "cache")[2])
    assert folder.parent == tmp_path / "cache"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert kept(folder)


@needs_modes
def test_a_folder_open_to_others_is_not_used(package, tmp_path):
    folder = Path(run(package, tmp_path / "cache")[2])
    folder.chmod(0o770)
    value, hits, other = run(package, tmp_path / "cache")
    assert (value, hits) == (21, 0)
    assert Path(other) != folder
    assert not Path(other).exists()  # a temporary one, gone with its process


@needs_modes
def test_privacy_looks_at_links_modes_and_folders_above(tmp_path):
    folder = tmp_path / "above" / "folder"
    folder.mkdir(parents=True, mode=0o700)
    assert compiling.is_private(folder)
    (tmp_path / "link").symlink_to(folder)
    assert not compiling.is_private(tmp_path / "link")
    folder.chmod(0o701)
    assert not compiling.is_private(folder)
    folder.chmod(0o700)
    folder.parent.chmod(0o777)
    assert not compiling.is_private(folder)
    folder.parent.chmod(0o1777)
    assert compiling.is_private(folder)


def test_without_a_place_to_write_kernels_still_run(package, tmp_path):
    (tmp_path / "cache").write_text("not a folder")
    assert run(package, tmp_path / "cache") == (21, 0, "None")


def flipped(data):
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 4]) + data[middle + 1 :]


@pytest.mark.parametrize("damage", [lambda data: b"", flipped], ids=["emptied", "flipped"])
@pytest.mark.parametrize("ending", ["nbi", "nbc"])
def test_a_damaged_entry_is_compiled_again(package, tmp_path, damage, ending):
    folder = run(package, tmp_path / "cache")[2]
    damaged = list(Path(folder).rglob(f"caller.step*.{ending}"))
    for file in damaged:
        file.write_bytes(damage(file.read_bytes()))
    assert damaged
    assert run(package, tmp_path / "cache")[:2] == (21, 0)
    assert run(package, tmp_path / "cache")[:2] == (21, 1)


def test_plain_functions_without_the_jit(package, tmp_path):
    assert run(package, tmp_path / "cache", NUMBA_DISABLE_JIT="1")[:2] == (21, 0)


def test_the_digest_follows_every_source_and_circumstance(package):
    seen = [compiling.digest(package), compiling.digest(package, "avx2"), compiling.digest(package, "av", "x2")]
    (package / "callee.py").write_text("# another\n")
    seen.append(compiling.digest(package))
    (package / "callee.py").rename(package / "called.py")
    seen.append(compiling.digest(package))
    (package / "below").mkdir()
    (package / "below" / "more.py").touch()
    seen.append(compiling.digest(package))
    assert len(set(seen)) == len(seen)
    (package / "notes.txt").touch()
    assert compiling.digest(package) == seen[-1]


def test_old_versions_go_and_other_files_stay(tmp_path):
    old, new, mine = (tmp_path / f"kernels-{digit * 20}" for digit in "abc")
    other = tmp_path / "kernels-notes"
    for folder in (old, new, mine, other):
        folder.mkdir()
    long_ago = time.time() - (compiling.KEPT_DAYS + 1) * 86400
    for folder in (old, mine, other):
        os.utime(folder, (long_ago, long_ago))
    compiling.remove_old(tmp_path, keep=mine)
    assert not old.exists()
    assert new.exists()
    assert mine.exists()
    assert other.exists()


def test_the_base_folder_is_chosen_by_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("COALSIM_CACHE_DIR", str(tmp_path / "chosen"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert compiling.cache_base() == tmp_path / "chosen"
    monkeypatch.delenv("COALSIM_CACHE_DIR")
    assert compiling.cache_base() == tmp_path / "xdg" / "coalsim"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert compiling.cache_base() == tmp_path / ".cache" / "coalsim"


@needs_jit
def test_kernels_keep_their_options_and_leave_numba_as_it_was():
    assert maths.exp.targetoptions["error_model"] == "numpy"
    assert maths.exp.targetoptions["nogil"]
    assert not maths.exp.targetoptions["fastmath"]
    assert str(compiling.cache_folder()) != numba.config.CACHE_DIR


@needs_jit
def test_a_function_from_elsewhere_is_not_kept_on_disk():
    assert compiling.compile(lambda x: x + 1)(1) == 2
    assert compiling.compile(flipped).stats.cache_path is None
