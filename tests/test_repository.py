"""The repository itself: pins, folders, and nothing in it that only one machine knows."""

import re
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINS = [Requirement(pin) for pin in PROJECT["tool"]["uv"]["constraint-dependencies"]]

FOLDERS = ("benchmarks", "docs", "experiments", "notebooks", "scenarios", "src/coalsim", "tests")

# A backslash stands before each dot, so the patterns do not find themselves.
PRIVATE = {
    "a registry's host": r"\b(pypi|pythonhosted|npmjs|anaconda)\.(org|com)\b",
    "a registry's address": r"index-url\s*=?\s*\"?https?:|registry\s*=\s*\"https?:",
    "a path of one machine": r"(?<![\w.$}])/(tmp|work|root|home|Users|mnt)/[A-Za-z._]|\b[A-Z]:\\+Users\b",
}


def git(*arguments):
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)


@pytest.fixture(scope="module")
def files():
    """Files that are committed, or would be by `git add`."""
    names = git("ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout.split("\0")
    assert "pyproject.toml" in names
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def declared():
    groups = [
        PROJECT["project"]["dependencies"],
        *PROJECT["project"].get("optional-dependencies", {}).values(),
        *PROJECT["dependency-groups"].values(),
    ]
    return [Requirement(entry) for group in groups for entry in group if isinstance(entry, str)]


@pytest.mark.parametrize("requirement", declared(), ids=str)
def test_every_declared_dependency_has_a_pin_that_satisfies_it(requirement):
    pins = [pin for pin in PINS if canonicalize_name(pin.name) == canonicalize_name(requirement.name)]
    assert len(pins) == 1
    (exact,) = pins[0].specifier
    assert exact.operator == "=="
    assert exact.version in requirement.specifier


def test_every_pin_is_exact_and_stands_once():
    assert all([one.operator for one in pin.specifier] == ["=="] for pin in PINS)
    names = [canonicalize_name(pin.name) for pin in PINS]
    assert len(names) == len(set(names))


def test_what_is_installed_is_what_is_pinned():
    installed = {canonicalize_name(found.name): found.version for found in metadata.distributions()}
    pinned = {canonicalize_name(pin.name): next(iter(pin.specifier)).version for pin in PINS}
    assert {name: installed[name] for name in pinned if name in installed} == {
        name: version for name, version in pinned.items() if name in installed
    }


@pytest.mark.parametrize("what", PRIVATE)
def test_no_file_names(what, files):
    found = []
    for path in files:
        text = path.read_bytes().decode("utf-8", errors="replace")
        for match in re.finditer(PRIVATE[what], text):
            found.append(f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}: {match.group()}")
    assert not found


@pytest.mark.parametrize(
    "text",
    [
        "https://pypi" + ".org/simple",
        "index-url = " + "https://mirror.example",
        "/home" + "/ann/x",
        "C:" + r"\Users\ann",
    ],
)
def test_what_must_not_be_named_is_recognised(text):
    assert any(re.search(pattern, text) for pattern in PRIVATE.values())


def test_the_python_of_the_project_is_stated():
    assert (ROOT / ".python-version").read_text().strip() == "3.13"
    assert PROJECT["project"]["requires-python"] == ">=3.12"


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_folder_exists(folder):
    assert (ROOT / folder).is_dir()


def test_the_lock_file_is_never_committed():
    assert git("check-ignore", "uv.lock").stdout.strip() == "uv.lock"
    assert git("ls-files", "uv.lock").stdout == ""


def test_the_version_is_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["project"]["version"] == metadata.version("coalsim")
