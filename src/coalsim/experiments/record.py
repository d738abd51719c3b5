"""Provenance: which code, with which packages, on which machine, and hashes of what it wrote."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import coalsim
from coalsim.kernels.compiling import digest

PACKAGES = ("mesa", "numpy", "numba", "llvmlite", "pandas", "pyarrow", "pydantic", "scipy", "loky")
DECIDING = ("numpy", "numba", "llvmlite")  # other versions of these may change the last bits of a run
LAYERS = ("agents", "columns", "indicators", "kernels", "phases", "policies", "scenario", "start")


@functools.cache
def code() -> dict[str, Any]:
    """The code that runs: version, commit, and whether the checkout differs from it."""
    return {
        "version": coalsim.__version__,
        "model_version": coalsim.MODEL_VERSION,
        "commit": _git("rev-parse", "HEAD"),
        "dirty": bool(_git("status", "--porcelain")),
    }


@functools.cache
def model_sources() -> str:
    """Hash of every source file that a run depends on."""
    home = Path(coalsim.__file__).parent
    single = [
        home / name
        for name in ("model.py", "state.py", "snapshot.py", "loading.py", "ledger.py", "names.py", "results.py")
    ]
    texts = [path.read_bytes().decode() for path in single]
    return hashlib.sha256("".join([*texts, *(digest(home / layer) for layer in LAYERS)]).encode()).hexdigest()[:20]


def deciding() -> dict[str, str]:
    """What must be the same for two runs to be the same to the last bit."""
    return {
        "model_version": str(coalsim.MODEL_VERSION),
        "model_sources": model_sources(),
        **{name: version(name) for name in DECIDING},
    }


def surroundings() -> dict[str, Any]:
    """Code, versions of packages, Python and machine."""
    return {
        **code(),
        "packages": {name: version(name) for name in PACKAGES},
        "python": platform.python_version(),
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()},
    }


def hash_of(content: Any) -> str:
    """sha256 of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def hash_of_file(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _git(*arguments: str) -> str:
    """What git says of the source folder; empty outside a checkout."""
    try:
        here = Path(coalsim.__file__).parent
        return subprocess.run(
            ["git", *arguments], cwd=here, capture_output=True, text=True, timeout=10, check=True
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
