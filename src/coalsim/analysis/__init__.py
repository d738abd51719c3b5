"""Compares what runs have shown, fits parameters and looks for tipping points: arrays, tables and callables in, numbers with
their uncertainty out; knows no model."""

from coalsim.analysis.attempts import Failure
from coalsim.analysis.basins import Basins, TwoStarts, basins, two_starts
from coalsim.analysis.boundary import Boundary, Cheapest, find_boundary
from coalsim.analysis.calibration import calibrate
from coalsim.analysis.committor import Committor, committor
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
from coalsim.analysis.discovery import Box, Discovery, Limit, discover
from coalsim.analysis.dose_response import DoseResponse, dose_response
from coalsim.analysis.early_warning import EarlyWarning, early_warning
from coalsim.analysis.findings import Calibration, Target
from coalsim.analysis.hysteresis import Hysteresis, hysteresis
from coalsim.analysis.ratio import Ratio, paired_ratio
from coalsim.analysis.sensitivity import Exploration, Sensitivity, SensitivityTable, explore, sensitivity
from coalsim.analysis.threshold import Threshold, find_threshold
from coalsim.analysis.transition import Transition, binder_cumulant, transition

__all__ = [
    "Basins",
    "Boundary",
    "Box",
    "Calibration",
    "Cheapest",
    "Committor",
    "Discovery",
    "DoseResponse",
    "EarlyWarning",
    "Exploration",
    "Failure",
    "Hysteresis",
    "Limit",
    "Paired",
    "Ratio",
    "Robustness",
    "Sensitivity",
    "SensitivityTable",
    "Target",
    "Threshold",
    "Transition",
    "TwoStarts",
    "basins",
    "best",
    "binder_cumulant",
    "calibrate",
    "committor",
    "compare_paired",
    "discover",
    "dose_response",
    "early_warning",
    "explore",
    "find_boundary",
    "find_threshold",
    "hysteresis",
    "next_size",
    "paired_ratio",
    "regret",
    "robustness",
    "sensitivity",
    "share_interval",
    "transition",
    "two_starts",
]
