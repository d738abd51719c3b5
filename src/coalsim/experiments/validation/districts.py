"""Patterns of districts: how lasting their differences are, how spread out, and how a national shock meets them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from coalsim.experiments.validation.pattern import Runs, pattern

Array = NDArray[np.float64]
PERCENT = 100


def _worst_fifth(rate: Array) -> NDArray[np.intp]:
    """Positions of the fifth of places with the highest rates."""
    return np.asarray(np.argsort(-rate, kind="stable")[: max(1, rate.size // 5)])


@pattern("AR(1) of the claimant rate's deviation from the mean, a year", on="nation")
def claimant_ar1(runs: Runs) -> float:
    """Pooled regression of districts' deviations from the year's mean on those of the year before."""
    rate = runs["nation"].yearly("claimant_rate")
    deviation = rate - rate.mean(axis=1, keepdims=True)
    return float((deviation[1:] * deviation[:-1]).sum() / (deviation[:-1] ** 2).sum())


@pattern("rank correlation of districts' claimant rates over 14 years", on="nation")
def claimant_rank_correlation(runs: Runs) -> float:
    """Spearman's correlation of the first and the fifteenth year."""
    rate = runs["nation"].yearly("claimant_rate")
    return float(spearmanr(rate[0], rate[14]).statistic)


@pattern("worst-fifth districts below the median 6 years on", on="nation")
def spontaneous_escape(runs: Runs) -> float:
    """Share of the fifth of districts with the highest claimant rates in year 1 that is below the median in year 7."""
    rate = runs["nation"].yearly("claimant_rate")
    return float((rate[6][_worst_fifth(rate[0])] < np.median(rate[6])).mean())


@pattern("worst-fifth districts that left the worst fifth in 6 years", on="nation")
def left_worst_fifth(runs: Runs) -> float:
    """Share of the fifth of districts with the highest claimant rates in year 1 that is not among them in year 7."""
    rate = runs["nation"].yearly("claimant_rate")
    return float(1 - np.isin(_worst_fifth(rate[0]), _worst_fifth(rate[6])).mean())


@pattern("worst-fifth districts that tip by themselves in 15 years", on="nation")
def tips_by_itself(runs: Runs) -> float:
    """Share of the fifth of districts with the highest claimant rates in year 1 that has tipped, without any policy."""
    rate = runs["nation"].yearly("claimant_rate")
    return float(runs["nation"].kept["tipped"][_worst_fifth(rate[0])].mean())


@pattern("lowest-fifth districts by employment above the median 8 years on", on="nation")
def employment_escape(runs: Runs) -> float:
    """Share of the fifth of districts with the lowest employment rates in year 1 that is above the median in year 9."""
    rate = runs["nation"].yearly("employment_rate")
    return float((rate[8][_worst_fifth(-rate[0])] > np.median(rate[8])).mean())


@pattern("rank correlation of output per job over 14 years", on="nation")
def productivity_rank_correlation(runs: Runs) -> float:
    """Spearman's correlation over districts of output per job in the first and the fifteenth year."""
    output = runs["nation"].yearly("output") / runs["nation"].yearly("jobs")
    return float(spearmanr(output[0], output[14]).statistic)


def _claimants(runs: Runs, q: float) -> float:
    return float(PERCENT * np.percentile(runs["nation"].yearly("claimant_rate")[9], q))


@pattern("claimant rate, tenth percentile of districts", "%", on="nation")
def claimants_p10(runs: Runs) -> float:
    """Tenth percentile of districts in year 10: the spread at the start is observed, that it lasts is not built in."""
    return _claimants(runs, 10)


@pattern("claimant rate, median district", "%", on="nation")
def claimants_p50(runs: Runs) -> float:
    """The median in year 10."""
    return _claimants(runs, 50)


@pattern("claimant rate, ninetieth percentile of districts", "%", on="nation")
def claimants_p90(runs: Runs) -> float:
    """The ninetieth percentile in year 10."""
    return _claimants(runs, 90)


def _calendar(runs: Runs, indicator: str, year: int) -> Array:
    """Calendar-year means by place of the recession runs, which begin in January 2005."""
    return runs["recession"].yearly(indicator)[year - 2005]


def _national(runs: Runs, indicator: str, year: int) -> float:
    return float(np.average(_calendar(runs, indicator, year), weights=runs["recession"].adults))


@pattern("rise of claimants 2007-09 per point of the rate of 2007", on="recession")
def shock_slope(runs: Runs) -> float:
    """Regression over districts of the rise of the claimant rate from 2007 to 2009 on the rate of 2007."""
    before = _calendar(runs, "claimant_rate", 2007)
    return float(np.polyfit(before, _calendar(runs, "claimant_rate", 2009) - before, 1)[0])


@pattern("rise of the national claimant rate 2007-09", "pp", on="recession")
def shock_claimants(runs: Runs) -> float:
    """Mean over residents of districts."""
    return PERCENT * (_national(runs, "claimant_rate", 2009) - _national(runs, "claimant_rate", 2007))


@pattern("change of the national employment rate 2007-10", "pp", on="recession")
def shock_employment(runs: Runs) -> float:
    """Mean over residents of districts."""
    return PERCENT * (_national(runs, "employment_rate", 2010) - _national(runs, "employment_rate", 2007))


@pattern("elasticity of pay to local unemployment", on="recession")
def wage_curve(runs: Runs) -> float:
    """Regression of log pay on log unemployment over districts and years, with effects of both."""
    x, y = (np.log(runs["recession"].yearly(name)) for name in ("unemployment_rate", "weekly_pay"))
    x, y = (v - v.mean(axis=0) - v.mean(axis=1, keepdims=True) + v.mean() for v in (x, y))
    return float((x * y).sum() / (x * x).sum())
