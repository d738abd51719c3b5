"""The same bits on any x86-64 processor, in any surroundings; and the same as when they were last recorded."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import coalsim

SCENARIO = Path(__file__).parents[1] / "scenarios" / "four_places.yaml"
GOLDEN = Path(__file__).with_name("golden.json")
RUN = f"""
import coalsim
scenario = coalsim.load_scenario({str(SCENARIO)!r}, sample=0.05, months=24)
print(coalsim.simulate(scenario, policy="growth_coalition", seed=1).fingerprint)
"""
SURROUNDINGS = {
    "as it is": {},
    "another time zone, language and hash seed": {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONHASHSEED": "7"},
    "kernels for any processor": {"NUMBA_CPU_NAME": "generic"},
    "kernels for AVX2": {"NUMBA_CPU_NAME": "haswell"},
    "numpy without wide instructions": {
        "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR AVX2 FMA3"
    },
    "a C library without fused multiply-add": {
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2_Usable,-FMA_Usable,-AVX2,-FMA"
    },
}


def fingerprint(surroundings):
    """Of the run above, in a process of its own."""
    environment = {**os.environ, **surroundings}
    done = subprocess.run([sys.executable, "-c", RUN], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()[-1]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the settings are those of Linux on x86-64")
@pytest.mark.parametrize("surroundings", SURROUNDINGS.values(), ids=SURROUNDINGS)
def test_a_run_has_the_same_bits_in_any_surroundings(surroundings):
    assert fingerprint(surroundings) == json.loads(GOLDEN.read_text())["fingerprint"]


def test_the_record_belongs_to_this_version_of_the_model():
    # A change that alters results raises MODEL_VERSION and says why in CHANGELOG.md; then record the new fingerprint:
    # uv run python tests/record_golden.py "why"
    golden = json.loads(GOLDEN.read_text())
    assert golden["model_version"] == coalsim.MODEL_VERSION
    assert golden["reason"]
