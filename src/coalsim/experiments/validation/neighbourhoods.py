"""Patterns of neighbourhoods: who stays deprived, who escapes, how the ranking moves, how domains go together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata, spearmanr

from coalsim.experiments.validation.pattern import Runs, pattern
from coalsim.names import COHESION, HEALTH, SKILLS
from coalsim.start.geography import imd_score

Array = NDArray[np.float64]
ESCAPED = 0.2  # share of neighbourhoods that are worse: decile 3 or better


def _deprivation(runs: Runs, month: int) -> Array:
    return np.concatenate(runs["nation"].kept["deprivation"][month])


def _rank(deprivation: Array) -> Array:
    """Share of neighbourhoods that are as deprived or worse, from just above 0 to 1."""
    return np.asarray(rankdata(-deprivation, method="ordinal") / deprivation.size)


def _stay(runs: Runs, month: int) -> float:
    before, after = _rank(_deprivation(runs, 0)), _rank(_deprivation(runs, month))
    return float((after[before <= 0.1] <= 0.1).mean())


def _escape(runs: Runs, month: int) -> float:
    before, after = _rank(_deprivation(runs, 0)), _rank(_deprivation(runs, month))
    return float((after[before <= 0.1] > ESCAPED).mean())


def _correlation(runs: Runs, month: int) -> float:
    return float(spearmanr(_deprivation(runs, 0), _deprivation(runs, month)).statistic)


def _score_drift(runs: Runs, low: float, high: float) -> float:
    before, after = ([imd_score(z) for z in _deprivation(runs, month)] for month in (0, 72))
    starting = np.array(before)
    inside = (starting >= low) & (starting < high)
    return float((np.array(after) - starting)[inside].mean())


@pattern("stay in the worst tenth after 3 years", on="nation")
def worst_tenth_stays_3_years(runs: Runs) -> float:
    """Share of the worst tenth of neighbourhoods that is in the worst tenth 36 months later."""
    return _stay(runs, 36)


@pattern("stay in the worst tenth after 6 years", on="nation")
def worst_tenth_stays_6_years(runs: Runs) -> float:
    """The same after 72 months."""
    return _stay(runs, 72)


@pattern("stay in the worst tenth after 15 years", on="nation")
def worst_tenth_stays_15_years(runs: Runs) -> float:
    """The same after 180 months."""
    return _stay(runs, 180)


@pattern("from the worst tenth to the third or better in 3 years", on="nation")
def escape_3_years(runs: Runs) -> float:
    """Share of the worst tenth of neighbourhoods that has left the worst fifth 36 months later."""
    return _escape(runs, 36)


@pattern("from the worst tenth to the third or better in 6 years", on="nation")
def escape_6_years(runs: Runs) -> float:
    """The same after 72 months."""
    return _escape(runs, 72)


@pattern("from the worst tenth to the third or better in 15 years", on="nation")
def escape_15_years(runs: Runs) -> float:
    """The same after 180 months."""
    return _escape(runs, 180)


@pattern("rank correlation of neighbourhoods over 3 years", on="nation")
def rank_correlation_3_years(runs: Runs) -> float:
    """Spearman's correlation of deprivation at the start and 36 months later."""
    return _correlation(runs, 36)


@pattern("rank correlation of neighbourhoods over 6 years", on="nation")
def rank_correlation_6_years(runs: Runs) -> float:
    """The same after 72 months."""
    return _correlation(runs, 72)


@pattern("rank correlation of neighbourhoods over 15 years", on="nation")
def rank_correlation_15_years(runs: Runs) -> float:
    """The same after 180 months."""
    return _correlation(runs, 180)


@pattern("score change in 6 years of those at 55 to 60", "IMD points", on="nation")
def score_drift_55_to_60(runs: Runs) -> float:
    """Mean change of the IMD score over 72 months of neighbourhoods that start between 55 and 60."""
    return _score_drift(runs, 55, 60)


@pattern("score change in 6 years of those above 65", "IMD points", on="nation")
def score_drift_above_65(runs: Runs) -> float:
    """Mean change of the IMD score over 72 months of neighbourhoods that start above 65."""
    return _score_drift(runs, 65, 100)


def _between(values: list[Array]) -> float:
    """Share of variance between places."""
    every = np.concatenate(values)
    between = sum(one.size * (one.mean() - every.mean()) ** 2 for one in values)
    return float(between / ((every - every.mean()) ** 2).sum())


@pattern("share of the variance of deprivation between districts", on="nation")
def between_district_share(runs: Runs) -> float:
    """Between-place share of the variance of neighbourhoods' IMD scores at the start."""
    return _between([np.array([imd_score(z) for z in place]) for place in runs["nation"].kept["deprivation"][0]])


@pattern("the same of employment deprivation", on="nation")
def between_district_share_employment(runs: Runs) -> float:
    """Between-place share of the variance of the unemployed and ill inactive share of residents at the start."""
    return _between(runs["nation"].kept["out_of_work"])


def _with_employment(runs: Runs, domain: int) -> float:
    kept = runs["nation"].kept
    condition = np.concatenate(kept["condition"])[:, domain]
    return float(-np.corrcoef(np.concatenate(kept["out_of_work"]), condition)[0, 1])


@pattern("correlation of employment deprivation with health", on="nation")
def employment_and_health(runs: Runs) -> float:
    """Correlation over neighbourhoods at the start of the out-of-work share with the health condition, sign reversed."""
    return _with_employment(runs, HEALTH)


@pattern("correlation of employment deprivation with education", on="nation")
def employment_and_education(runs: Runs) -> float:
    """The same with the skills condition."""
    return _with_employment(runs, SKILLS)


@pattern("correlation of employment deprivation with crime", on="nation")
def employment_and_crime(runs: Runs) -> float:
    """The same with the cohesion condition, which stands for safety."""
    return _with_employment(runs, COHESION)
