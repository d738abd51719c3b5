"""Patterns of residents and businesses of the four places under business as usual."""

from __future__ import annotations

from coalsim.experiments.validation.pattern import Runs, pattern

SLOUGH = "Slough"


@pattern("share of the unemployed who find work in a month", "1/month", on="places")
def job_finding(runs: Runs) -> float:
    """Unemployed residents who are in work a month later."""
    kept = runs["places"].kept
    return float(kept["found"].sum() / kept["stock"].sum())


@pattern("share of the employed who become unemployed in a month", "1/month", on="places")
def separation(runs: Runs) -> float:
    """Employed residents who are unemployed a month later."""
    kept = runs["places"].kept
    return float(kept["lost"] / kept["employed"])


@pattern("job finding after a year out of work, relative to under 6 months", on="places")
def duration_dependence(runs: Runs) -> float:
    """Ratio of the monthly shares who find work."""
    stock, found = runs["places"].kept["stock"], runs["places"].kept["found"]
    return float(found[2:].sum() / stock[2:].sum() / (found[0] / stock[0]))


@pattern("entry of businesses", "1/year", on="places")
def entry_rate(runs: Runs) -> float:
    """Births in a year per business."""
    kept = runs["places"].kept
    return float(12 * kept["births"] / kept["businesses"])


@pattern("exit of businesses", "1/year", on="places")
def exit_rate(runs: Runs) -> float:
    """Deaths in a year per business."""
    kept = runs["places"].kept
    return float(12 * kept["deaths"] / kept["businesses"])


def _survival(runs: Runs, k: int) -> float:
    kept = runs["places"].kept
    return float(kept["alive"][k] / kept["due"][k])


@pattern("new businesses alive after 1 year", on="places")
def survival_1_year(runs: Runs) -> float:
    """Of those born in the run."""
    return _survival(runs, 0)


@pattern("new businesses alive after 3 years", on="places")
def survival_3_years(runs: Runs) -> float:
    """Of those born in the run."""
    return _survival(runs, 1)


@pattern("new businesses alive after 5 years", on="places")
def survival_5_years(runs: Runs) -> float:
    """Of those born in the run."""
    return _survival(runs, 2)


@pattern("market jobs in businesses with under 50", on="places")
def jobs_in_small_businesses(runs: Runs) -> float:
    """Share of the jobs of market-sector businesses at the end."""
    return float(runs["places"].kept["small"][0] / runs["places"].kept["jobs"])


@pattern("market jobs in businesses with under 250", on="places")
def jobs_in_small_and_medium_businesses(runs: Runs) -> float:
    """Share of the jobs of market-sector businesses at the end."""
    return float(runs["places"].kept["small"][1] / runs["places"].kept["jobs"])


def _slough(runs: Runs, indicator: str) -> float:
    record = runs["places"]
    return float(record.yearly(indicator)[-1][record.places.index(SLOUGH)])


@pattern("Slough: jobs held by people who live elsewhere", on="places")
def slough_in_commuting(runs: Runs) -> float:
    """In the last year of ten."""
    return _slough(runs, "in_commuting")


@pattern("Slough: employed residents who work elsewhere", on="places")
def slough_out_commuting(runs: Runs) -> float:
    """In the last year of ten."""
    return _slough(runs, "out_commuting")


@pattern("Slough: high-skilled jobs held by residents", on="places")
def slough_higher_jobs(runs: Runs) -> float:
    """In the last year of ten."""
    return _slough(runs, "higher_jobs_held")


def _drift(runs: Runs, indicator: str) -> float:
    record = runs["places"]
    course, weights = record.course(indicator), record.adults / record.adults.sum()
    return float(((course[-12:].mean(axis=0) - course[0]) * weights).sum())


@pattern("employment rate after ten years of business as usual, less the start", "pp", on="places")
def employment_stands_still(runs: Runs) -> float:
    """Mean over residents of the four places."""
    return 100 * _drift(runs, "employment_rate")
