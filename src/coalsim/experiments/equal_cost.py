"""Budget-neutral comparisons: options scaled until their programmes cost the public purse the same."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from coalsim.experiments.design import Design
from coalsim.experiments.ensemble import Ensemble
from coalsim.experiments.runner import run_missing
from coalsim.experiments.store import Store, temporary_folder
from coalsim.experiments.target import Target
from coalsim.scenario.schema import Scenario

MOST_PILOTS = 8  # replicates on which costs are made equal
TOLERANCE = 0.005  # of the target, and of the factor
LARGEST_MISS = 0.05  # of the target, where the cost jumps
MOST_STEPS = 14


def scale(
    scenario: Scenario,
    target: Target,
    *,
    replicates: int = MOST_PILOTS,
    seed: int = 0,
    workers: int | None = None,
    known: Mapping[str, float] | None = None,
) -> tuple[Scenario, dict[str, float]]:
    """The scenario with every option that brings money scaled to the same cost, and the factor of each.

    Cost is programme money over the whole run, not discounted: the mean of the first replicates, on common random numbers.
    It jumps where a scaled option reaches one reward more, so it is met to `TOLERANCE` where it can be, and otherwise as
    nearly as the jump allows, at most `LARGEST_MISS` away. Options that bring no money stay as they are.

    Parameters
    ----------
    known : factors found before, used instead of looking for them

    Raises
    ------
    ValueError
        When an option cannot be made to cost so much.
    """
    if known is not None:
        return _scaled(scenario, known), dict(known)
    pilots = min(replicates, MOST_PILOTS)
    costs = programme_costs(scenario, pilots, seed, workers)
    wanted = costs[target.option] if target.option else target.pounds
    if wanted <= 0:
        raise ValueError(f"budget-neutral {target}: its programme costs nothing, so nothing can be scaled to it")
    searches = {
        name: Search(wanted, [(0.0, 0.0), (1.0, costs[name])])
        for name, policy in scenario.options.items()
        if policy.is_scalable
    }
    while open_ones := {name: search.next() for name, search in searches.items() if not search.is_over}:
        costs = programme_costs(_scaled(scenario, open_ones, only=open_ones), pilots, seed, workers)
        for name, factor in open_ones.items():
            searches[name].tried.append((factor, costs[name]))
    for name, search in searches.items():
        if search.miss > LARGEST_MISS:
            raise ValueError(
                f"budget-neutral {target}: {name} cannot be made to cost GBP {wanted:,.0f}; the nearest found is GBP "
                f"{search.best[1]:,.0f}, at {search.best[0]:.3g} times its size"
            )
    factors = {name: search.best[0] for name, search in searches.items()}
    return _scaled(scenario, factors), factors


@dataclass
class Search:
    """The search for the factor at which an option costs what is wanted: regula falsi, halving where that does not help."""

    wanted: float
    tried: list[tuple[float, float]]  # factor and cost

    @property
    def best(self) -> tuple[float, float]:
        """The factor and cost nearest to what is wanted."""
        return min(self.tried, key=lambda point: abs(point[1] - self.wanted))

    @property
    def miss(self) -> float:
        """How far the best is off, as a share of what is wanted."""
        return abs(self.best[1] - self.wanted) / self.wanted

    @property
    def is_over(self) -> bool:
        """Whether it is met, or nothing more can be gained."""
        below, above = self._bracket()
        narrow = above is not None and above[0] - below[0] < TOLERANCE * above[0]
        return self.miss <= TOLERANCE or narrow or len(self.tried) >= MOST_STEPS

    def next(self) -> float:
        """The factor to try next."""
        below, above = self._bracket()
        if above is None:  # cheaper than wanted wherever tried
            a, cost_a = below
            return a * min(4.0, max(1.05, self.wanted / cost_a)) if cost_a > 0 else 2 * max(a, 1.0)
        (a, cost_a), (b, cost_b) = below, above
        falsi = a + (self.wanted - cost_a) * (b - a) / (cost_b - cost_a)
        edge = 0.1 * (b - a)
        return (a + b) / 2 if len(self.tried) % 3 == 1 else min(max(falsi, a + edge), b - edge)

    def _bracket(self) -> tuple[tuple[float, float], tuple[float, float] | None]:
        """The largest factor tried below the first that costs too much, and that one."""
        too_dear = [point for point in self.tried if point[1] > self.wanted]
        above = min(too_dear, default=None)
        return max(point for point in self.tried if point[1] <= self.wanted and (above is None or point < above)), above


def programme_costs(scenario: Scenario, replicates: int, seed: int, workers: int | None) -> dict[str, float]:
    """Mean programme money of each option over the first replicates, GBP."""
    folder = temporary_folder()
    try:
        with Store.open(folder, Design(scenario, replicates, seed)) as store:
            run_missing(store, workers=workers)
            if store.failures:
                raise ValueError(f"budget-neutral: a pilot run failed: {next(iter(store.failures.values()))}")
            found = Ensemble(folder)
        return {
            cell.policy: float(found.courses(cell, "programme_money").sum(axis=1).mean()) for cell in found.design.cells
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _scaled(scenario: Scenario, factors: Mapping[str, float], only: Collection[str] | None = None) -> Scenario:
    options = {}
    for name, policy in scenario.options.items():
        if only is None or name in only:
            try:
                options[name] = policy.scaled(factors[name]) if name in factors else policy
            except ValueError as error:
                raise ValueError(f"budget-neutral: {name} cannot be made to cost so much: {error}") from None
    scaled = scenario.model_copy(update={"options": options})
    scaled._folder = scenario._folder
    return scaled
