"""Patterns of programmes: how many of the jobs are additional, what one costs, and what share of rewards is earned.

Runs of a policy are compared with business as usual on the same luck in year 10. *Gross* jobs are the additional workplace
jobs of the places; *net* are the additional residents in work where mobile investment answers to nothing, since what one
place gains of it another loses. Residents who would have worked elsewhere, and jobs that commuters take, are not net.
"""

from __future__ import annotations

from coalsim.experiments.validation.pattern import Runs, pattern

YEAR = 9  # the tenth, counted from 0
BASE, STILL = "business_as_usual", " without attraction"


def _gross(runs: Runs, policy: str) -> float:
    change = runs[policy].yearly("jobs")[YEAR] - runs[BASE].yearly("jobs")[YEAR]
    return float(change.sum())


def _net(runs: Runs, policy: str) -> float:
    with_it, without = runs[policy + STILL], runs[BASE + STILL]
    change = with_it.yearly("employment_rate")[YEAR] - without.yearly("employment_rate")[YEAR]
    return float((change * with_it.adults).sum())


def _cost(runs: Runs, policy: str) -> float:
    """Programme money of the run, GBP: of ten years, and the rewards for them, which are paid up to a year later."""
    return float(runs[policy].course("programme_money")[1:].sum())


@pattern("growth coalition: net over gross jobs", on="programme")
def net_to_gross(runs: Runs) -> float:
    """Under the growth coalition in the four places."""
    return _net(runs, "growth_coalition") / _gross(runs, "growth_coalition")


@pattern("growth coalition: programme money per net job", "GBP", on="programme")
def cost_per_net_job(runs: Runs) -> float:
    """Programme money of ten years, undiscounted, per additional resident in work in year 10."""
    return _cost(runs, "growth_coalition") / _net(runs, "growth_coalition")


@pattern("extra money alone: net jobs in year 10 per GBP 1m", "jobs", on="programme")
def jobs_per_million_alone(runs: Runs) -> float:
    """Additional residents in work in year 10 per GBP 1m of ten years' money that services spend in their silos."""
    return _net(runs, "extra_money") / (_cost(runs, "extra_money") / 1e6)


@pattern("four-block agreement: share of the largest reward earned", on="programme")
def rewards_earned(runs: Runs) -> float:
    """Reward grant paid over all places and agreements, relative to the most that could be earned."""
    kept = runs["four_block_laa"].kept
    return float(kept["rewarded"] / kept["most"])
