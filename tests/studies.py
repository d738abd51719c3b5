"""Small studies, as numbers: `python tests/studies.py` prints as JSON what they find and the fingerprints of their runs."""

import json
import math
from dataclasses import asdict
from pathlib import Path

import numpy as np

import coalsim
from coalsim.analysis import find_threshold

WALSALL = Path(__file__).parents[1] / "scenarios" / "walsall.yaml"
SMALL = {"sample": 0.022, "months": 8}


def comparison():
    """Effects of two options with their intervals, and their appraisals."""
    found = coalsim.compare(WALSALL, replicates=2, workers=1, **SMALL)
    appraisals = {option: found.worth(option).summary() for option in found.options[1:]}
    return {"fingerprint": found.fingerprint, "effects": found.table().to_dict("records"), "appraisals": appraisals}


def sensitivity():
    """Indices of two factors, by way of an emulator."""
    factors = {"world.partnership.reluctance": {}, "policy.pooled_fund.share": (0.0, 1.0)}
    asked = {"method": "emulator", "samples": 40, "policy": "growth_coalition", "workers": 1}
    return coalsim.sensitivity(WALSALL, factors, outputs=["severe_deprivation@change"], **asked, **SMALL).summary()


def threshold():
    """Where a chance that is logistic is one half, and every value that the search looked at."""

    def tips(value, seed):
        return np.random.default_rng(seed).random() < 1 / (1 + math.exp(-(value - 0.37) / 0.05))

    return asdict(find_threshold(tips, 0, 1, seed=1, max_runs=120))


def plain(value):
    """As JSON has it."""
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else str(value)


if __name__ == "__main__":
    print(json.dumps({study.__name__: study() for study in (comparison, sensitivity, threshold)}, default=plain))
