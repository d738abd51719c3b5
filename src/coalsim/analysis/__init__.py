"""Compares what runs have shown, and fits parameters: arrays, tables and callables in, numbers with their uncertainty out; knows
no model."""

from coalsim.analysis.calibration import calibrate
from coalsim.analysis.comparison import (
    Paired,
    Robustness,
    best,
    compare_paired,
    next_size,
    regret,
    robustness,
    share_interval,
)
from coalsim.analysis.findings import Calibration, Target

__all__ = [
    "Calibration",
    "Paired",
    "Robustness",
    "Target",
    "best",
    "calibrate",
    "compare_paired",
    "next_size",
    "regret",
    "robustness",
    "share_interval",
]
