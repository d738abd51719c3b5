"""Budget-neutral comparisons: options scaled until their programmes cost the public purse the same."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from coalsim.experiments.design import Design
from coalsim.experiments.ensemble import Ensemble
from coalsim.experiments.runner import run_missing
from coalsim.experiments.store import Store, temporary_folder
from coalsim.policies.policy import Policy
from coalsim.registry import nearest
from coalsim.scenario.schema import Scenario

PILOT = 4  # replicates on which costs are made equal
TOLERANCE = 0.005  # of the target
MOST_STEPS = 12


@dataclass(frozen=True)
class Target:
    """What every programme shall cost over a run: as much as an option does, or an amount in GBP."""

    option: str = ""
    pounds: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Target:
        """An option's name, or an amount such as 20000000.

        Raises
        ------
        ValueError
            For an amount that is not a positive number.
        """
        try:
            pounds = float(text)
        except ValueError:
            return cls(option=text)
        if not 0 < pounds < float("inf"):
            raise ValueError(f"budget-neutral {text}: give a positive amount in GBP, or an option's name")
        return cls(pounds=pounds)

    def __str__(self) -> str:
        return self.option or f"{self.pounds:.12g}"

    def check(self, scenario: Scenario) -> None:
        """Refuse an option that the scenario lacks, or a scenario in which nothing can be scaled."""
        if self.option and self.option not in scenario.options:
            near = nearest(self.option, scenario.options)
            hint = f"did you mean {near!r}?" if near else f"options: {', '.join(scenario.options)}"
            raise ValueError(f"budget-neutral {self.option[:60]}: there is no such option; {hint}")
        if not any(policy.is_scalable for policy in scenario.options.values()):
            raise ValueError("budget-neutral: no option brings money that could be scaled")


def scale(
    scenario: Scenario,
    target: Target,
    *,
    seed: int = 0,
    workers: int | None = None,
    known: Mapping[str, float] | None = None,
) -> tuple[Scenario, dict[str, float]]:
    """The scenario with every option that brings money scaled to the same cost, and the factor of each.

    Cost is programme money over the whole run, not discounted: the mean of the first replicates, on common random numbers,
    found by the secant method. Options that bring none stay as they are.

    Parameters
    ----------
    known : factors found before, used instead of looking for them

    Raises
    ------
    ValueError
        When an option cannot be made to cost so much.
    """
    options: dict[str, Policy] = scenario.options
    if known is not None:
        return _scaled(scenario, known), dict(known)
    names = [name for name, policy in options.items() if policy.is_scalable]
    costs = programme_costs(scenario, seed, workers)
    wanted = costs[target.option] if target.option else target.pounds
    if wanted <= 0:
        raise ValueError(f"budget-neutral {target}: its programme costs nothing, so nothing can be scaled to it")
    points = {name: [(0.0, 0.0), (1.0, costs[name])] for name in names}
    factors = dict.fromkeys(names, 1.0)
    for _ in range(MOST_STEPS):
        off = [name for name in names if abs(points[name][-1][1] - wanted) > TOLERANCE * wanted]
        if not off:
            return _scaled(scenario, factors), factors
        for name in off:
            factors[name] = _secant(points[name], wanted, name)
        costs = programme_costs(_scaled(scenario, {name: factors[name] for name in off}, only=off), seed, workers)
        for name in off:
            points[name].append((factors[name], costs[name]))
    missed = ", ".join(f"{name} costs GBP {points[name][-1][1]:,.0f}" for name in off)
    raise ValueError(f"budget-neutral {target}: GBP {wanted:,.0f} is not met within {MOST_STEPS} steps; {missed}")


def programme_costs(scenario: Scenario, seed: int, workers: int | None) -> dict[str, float]:
    """Mean programme money of each option over the pilot's replicates, GBP."""
    folder = temporary_folder()
    try:
        with Store.open(folder, Design(scenario, PILOT, seed)) as store:
            run_missing(store, workers=workers)
            if store.failures:
                raise ValueError(f"budget-neutral: a pilot run failed: {next(iter(store.failures.values()))}")
            found = Ensemble(folder)
        return {
            cell.policy: float(found.courses(cell, "programme_money").sum(axis=1).mean()) for cell in found.design.cells
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _secant(points: list[tuple[float, float]], wanted: float, name: str) -> float:
    """The next factor to try, from the two points nearest to what is wanted."""
    (a, cost_a), (b, cost_b) = sorted(points, key=lambda point: abs(point[1] - wanted))[:2]
    if cost_a == cost_b:
        raise ValueError(f"budget-neutral: the cost of {name} does not change with its size")
    return max(0.0, a + (wanted - cost_a) * (b - a) / (cost_b - cost_a))


def _scaled(scenario: Scenario, factors: Mapping[str, float], only: list[str] | None = None) -> Scenario:
    options = {
        name: policy.scaled(factors[name]) if name in factors else policy
        for name, policy in scenario.options.items()
        if only is None or name in only
    }
    scaled = scenario.model_copy(update={"options": options})
    scaled._folder = scenario._folder
    return scaled
