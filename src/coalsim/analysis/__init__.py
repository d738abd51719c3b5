"""Compares what runs have shown: arrays and tables in, effects with their uncertainty out; knows no model."""

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

__all__ = [
    "Paired",
    "Robustness",
    "best",
    "compare_paired",
    "next_size",
    "regret",
    "robustness",
    "share_interval",
]
