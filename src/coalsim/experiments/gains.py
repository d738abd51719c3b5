"""Figures of who gains: what an option does where it is adopted and elsewhere, and what bodies and residents pay and gain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from coalsim import figures
from coalsim.experiments.nation_telling import SIDES
from coalsim.experiments.pictures import subject
from coalsim.experiments.telling import title

if TYPE_CHECKING:
    from coalsim.experiments.comparison import Comparison
    from coalsim.experiments.places import Reach
    from coalsim.figures import Picture

type Intervals = dict[str, dict[str, dict[str, tuple[float, float, float]]]]  # by grouping, group and option

SECTORS = {"public": "public bodies: money at their disposal", "residents": "residents, by fifth of neighbourhoods"}


def reach(found: Reach) -> Picture:
    """Persons and jobs where an option is adopted, elsewhere and in all places."""
    comparison = found.comparison
    name = title(comparison, found.option)
    effects: Intervals = {}
    for side, of_side in found.sides.items():
        for what, one in of_side.counts.items():
            effects.setdefault(what.replace("_", " "), {})[SIDES[side]] = {name: (one.effect, one.low, one.high)}
    return figures.groups(
        effects,
        title=f"{subject(comparison)}: how far {name} reaches, difference from "
        f"{title(comparison, comparison.counterfactual).lower()}, last year, mean and 95% interval",
        unit="persons, or jobs that are filled",
        note=comparison.provenance,
    )


def who_pays(comparison: Comparison, options: Sequence[str]) -> Picture:
    """What public bodies and residents pay and gain under options, in present value."""
    effects: Intervals = {}
    for option in options:
        for row in comparison.worth(option).who_pays.to_dict("records"):
            if row["sector"] in SECTORS:
                of_sector = effects.setdefault(SECTORS[str(row["sector"])], {})
                of_body = of_sector.setdefault(str(row["body"]).replace("_", " "), {})
                of_body[title(comparison, option)] = (row["present_value"], row["low"], row["high"])
    prices = comparison.worth(options[0]).economic.prices
    return figures.groups(
        effects,
        title=f"{subject(comparison)}: who pays and who gains, against "
        f"{title(comparison, comparison.counterfactual).lower()}, present value over the run, mean and 95% interval",
        unit=f"GBP million, {prices} prices",
        scale=1e-6,
        note=comparison.provenance,
    )
