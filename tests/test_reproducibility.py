"""The same bits on any x86-64 processor, in any surroundings; and the same as when they were last recorded."""

import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import coalsim

SCENARIO = Path(__file__).parents[1] / "scenarios" / "four_places.yaml"
STUDIES = Path(__file__).with_name("studies.py")
GOLDEN = Path(__file__).with_name("golden.json")
RUN = f"""
import coalsim
scenario = coalsim.load_scenario({str(SCENARIO)!r}, sample=0.05, months=24)
print(coalsim.simulate(scenario, policy="growth_coalition", seed=1).fingerprint)
"""


def wide_instructions():
    """Groups of instructions that numpy found here beyond those that it asks for; their names change between versions."""
    return np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])


SURROUNDINGS = {
    "as it is": {},
    "another time zone, language and hash seed": {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONHASHSEED": "7"},
    "kernels for any processor": {"NUMBA_CPU_NAME": "generic"},
    "kernels for AVX2": {"NUMBA_CPU_NAME": "haswell"},
    "numpy without wide instructions": {"NPY_DISABLE_CPU_FEATURES": " ".join(wide_instructions())},
    "a C library without fused multiply-add": {
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2_Usable,-FMA_Usable,-AVX2,-FMA"
    },
}
# All of them together, and linear algebra for a processor of 2008.
ANOTHER_MACHINE = {name: value for settings in SURROUNDINGS.values() for name, value in settings.items()} | {
    "NUMBA_CPU_NAME": "generic",
    "OPENBLAS_CORETYPE": "Nehalem",
    "ARROW_USER_SIMD_LEVEL": "NONE",
}


def said(surroundings, *arguments):
    """What Python prints last in a process of its own."""
    environment = {**os.environ, **surroundings}
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def fingerprint(surroundings):
    """Of the run above."""
    return said(surroundings, "-c", RUN)


def leaves(found, path=""):
    """Every number and word of nested lists and dicts, by its place."""
    if not isinstance(found, dict | list):
        return {path: found}
    items = found.items() if isinstance(found, dict) else enumerate(found)
    return {place: value for key, one in items for place, value in leaves(one, f"{path}/{key}").items()}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the settings are those of Linux on x86-64")
@pytest.mark.parametrize("surroundings", SURROUNDINGS.values(), ids=SURROUNDINGS)
def test_a_run_has_the_same_bits_in_any_surroundings(surroundings):
    """The record holds from the lowest to the highest versions of numpy and numba that pyproject.toml allows."""
    assert fingerprint(surroundings) == json.loads(GOLDEN.read_text())["fingerprint"]


def test_numpys_wide_instructions_can_be_switched_off():
    look = f"import numpy as np\n{inspect.getsource(wide_instructions)}\nprint(wide_instructions())"
    assert said(SURROUNDINGS["numpy without wide instructions"], "-c", look) == "[]"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the settings are those of Linux on x86-64")
def test_studies_find_the_same_on_another_machine_to_a_billionth():
    """Runs to the last bit; analysis rests on sums and linear algebra, which add in the order that suits the processor.

    What an emulator foretells is 1 less a ratio: near 0, only its tenth decimal is meant.
    """
    here, there = (leaves(json.loads(said(machine, str(STUDIES)))) for machine in ({}, ANOTHER_MACHINE))
    numbers = {path: value for path, value in here.items() if isinstance(value, float)}
    assert {path: there[path] for path in numbers} == pytest.approx(numbers, rel=1e-9, abs=1e-10, nan_ok=True)
    assert {**there, **numbers} == here  # words and whole numbers, fingerprints of runs among them
    assert {"/comparison/fingerprint", "/sensitivity/fingerprint"} <= set(here)


def test_the_record_belongs_to_this_version_of_the_model():
    # A change that alters results raises MODEL_VERSION and says why in CHANGELOG.md; then record the new fingerprint:
    # uv run python tests/record_golden.py "why"
    golden = json.loads(GOLDEN.read_text())
    assert golden["model_version"] == coalsim.MODEL_VERSION
    assert golden["reason"]
