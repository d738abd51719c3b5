"""What these tests share: quick results folders, real processes, and a policy that misbehaves."""

import json
import os
import shutil
from pathlib import Path

import kept
import poison
import pytest
import zygote
from click.testing import CliRunner

from coalsim.cli import cli
from coalsim.experiments import design
from coalsim.experiments.comparison import Comparison
from coalsim.policies.policy import instruments

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def _bytecode(tmp_path_factory):
    """Where Python may not write bytecode, every worker would compile every module at every start."""
    with pytest.MonkeyPatch.context() as patch:
        if os.environ.get("PYTHONDONTWRITEBYTECODE"):
            patch.delenv("PYTHONDONTWRITEBYTECODE")
            patch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.mktemp("bytecode")))
        yield


@pytest.fixture(scope="module", autouse=True)
def _quick():
    """Parts of two runs, so that there are many, and one figure that is quickly drawn."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(design, "PART_S", kept.PART_S)
        patch.setattr(Comparison, "figures", kept.figures)
        yield


REAL_FIGURES = Comparison.figures


@pytest.fixture
def real_figures(monkeypatch):
    """All figures, as users get them."""
    monkeypatch.setattr(Comparison, "figures", REAL_FIGURES)


def invoke(*arguments, code=0):
    """The command line in this process: the exit code must be as said, if one is, and nothing may be raised."""
    result = CliRunner().invoke(cli, list(map(str, arguments)))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert code in (result.exit_code, None), result.output
    return result


@pytest.fixture(scope="session")
def call():
    """`coalsim ARGUMENTS` in this process."""
    return invoke


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    """The folder that `coalsim compare ARGUMENTS` leaves when nothing comes between, on one worker; not to be changed."""
    known = {}

    def look(*arguments, code=0):
        if arguments not in known:
            known[arguments] = tmp_path_factory.mktemp("undisturbed") / "out"
            invoke("compare", *arguments, "--workers", 1, "--out", known[arguments], code=code)
        return known[arguments]

    return look


@pytest.fixture
def copy_of(tmp_path):
    """A copy of a results folder, to be damaged."""

    def copy(folder):
        return Path(shutil.copytree(folder, tmp_path / "out"))

    return copy


@pytest.fixture(scope="module")
def processes(tmp_path_factory, _bytecode):
    """Real processes of the command line."""
    with zygote.Zygote(tmp_path_factory.mktemp("processes")) as started:
        yield started


@pytest.fixture
def poisoned(tmp_path, monkeypatch):
    """A scenario file whose second option misbehaves in the runs of some seeds."""
    monkeypatch.setitem(instruments._members, "poison", poison.Poison)
    folder = shutil.copytree(Path(kept.WALSALL).parent, tmp_path / "scenarios")

    def write(does, **settings):
        policy = {"name": "Poisoned", "instruments": {"poison": {"does": does, **settings}}}
        (folder / "policies" / "poisoned.yaml").write_text(json.dumps(policy))
        scenario = folder / "poisoned.yaml"
        options = "[policies/business_as_usual.yaml, policies/poisoned.yaml]"
        scenario.write_text(
            "name: Walsall, poisoned\nplace: places/walsall.yaml\nworld: worlds/steady.yaml\nstart: 2006-04\n"
            f"months: 6\nsample: 0.05\noptions: {options}\n"
        )
        return str(scenario)

    return write


@pytest.fixture
def folder(tmp_path):
    """A copy of the shipped scenarios and experiments."""
    for name in ("scenarios", "experiments"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path / "experiments"
