"""What an option is worth: its cases, who pays and gains, and how additional it is, all from the same pairs of runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from coalsim import hypertext
from coalsim.analysis.told import Told
from coalsim.appraisal import Appraisal, Estimate
from coalsim.experiments.worth import bodies, cases
from coalsim.experiments.worth.additional import Additionality, measured
from coalsim.experiments.worth.changes import Changes

if TYPE_CHECKING:
    import pandas as pd

    from coalsim.experiments.comparison import Comparison
    from coalsim.figures import Picture


@dataclass(frozen=True, eq=False)
class Worth(Told):
    """Everything that the appraisal of an option says; worked out as it is asked for.

    Raises
    ------
    ValueError
        When results hold no accounts, the option is the counterfactual, or fewer than two pairs are done.
    """

    comparison: Comparison
    option: str

    @cached_property
    def changes(self) -> Changes:
        """What the option changes in money and people's lives."""
        return Changes(self.comparison, self.option)

    @cached_property
    def economic(self) -> Appraisal:
        """Costs and benefits to everybody: net present social value and benefit-cost ratio."""
        return cases.economic_case(self.changes)

    @cached_property
    def financial(self) -> Appraisal:
        """Costs and savings of public bodies."""
        return cases.financial_case(self.changes)

    @cached_property
    def weights(self) -> dict[str, float]:
        """Distributional weight of residents of each part of the place."""
        return cases.part_weights(self.comparison)

    @cached_property
    def weighted(self) -> Appraisal:
        """The economic case with distributional weights by part of the place."""
        return self.economic.weighted(self.weights)

    @cached_property
    def poorest(self) -> Appraisal:
        """The economic case as if all residents who gain or lose belonged to the poorest fifth by income."""
        return self.economic.weighted(dict.fromkeys(self.changes.parts, cases.POOREST))

    @cached_property
    def beside(self) -> dict[str, Appraisal]:
        """Output and surplus, shown beside the social value and in no sum."""
        return cases.beside(self.changes)

    @cached_property
    def yardsticks(self) -> pd.DataFrame:
        """Ratios of the model beside what evaluations found."""
        return cases.yardsticks(self.changes)

    @cached_property
    def public_money(self) -> Appraisal:
        """Money at the disposal of each public body."""
        return bodies.public_money(self.changes)

    @cached_property
    def who_pays(self) -> pd.DataFrame:
        """Bodies, residents and businesses by year and in present value, with intervals."""
        return bodies.who_pays(self.public_money, self.economic, self.changes.parts, self.beside[cases.SURPLUS])

    @cached_property
    def partners(self) -> pd.DataFrame:
        """Pooling as each partner sees it."""
        return bodies.partners(self.changes, self.public_money)

    @cached_property
    def additionality(self) -> Additionality:
        """How much would not have happened anyway."""
        return measured(self.changes)

    @property
    def losers(self) -> list[str]:
        """Partners that pay in and do not gain."""
        return list(self.partners.loc[self.partners["case"] == bodies.PAYS, "body"])

    @property
    def sentence(self) -> str:
        """The economic case in a sentence, with the option and what it is held against."""
        options = self.comparison.scenario.options
        against = options[self.comparison.counterfactual].name
        says = self.economic.sentence
        return f"{options[self.option].name} against {against.lower()}: {says[0].lower()}{says[1:]}"

    def table(self) -> pd.DataFrame:
        """Values and ratios with their intervals, by luck and by luck and unit values; money in GBP of the price base."""
        import pandas as pd

        money = f"GBP, {self.economic.prices} prices"
        nan = (np.nan, np.nan)
        rows = []
        for name, unit, one, span in (
            ("net present social value", money, self.economic.npsv_estimate, self.economic.npsv_range),
            ("benefit-cost ratio", "1", self.economic.bcr_estimate, self.economic.bcr_range),
            ("the same value with distributional weights", money, self.weighted.npsv_estimate, nan),
            ("public bodies' net present value", money, self.financial.npsv_estimate, self.financial.npsv_range),
            ("public bodies' benefit-cost ratio", "1", self.financial.bcr_estimate, self.financial.bcr_range),
        ):
            rows.append((name, unit, *one, *span))
        columns = ["what", "unit", "value", "low", "high", "low_with_unit_values", "high_with_unit_values"]
        return pd.DataFrame(rows, columns=columns)

    def plot(self) -> Picture:
        """Who pays and who gains, in present value with intervals."""
        from coalsim.experiments import gains

        return gains.who_pays(self.comparison, [self.option])

    def _repr_html_(self) -> str:
        loses = (
            f"Pays into the pot and does not gain: {', '.join(self.losers)}.".replace("_", " ") if self.losers else ""
        )
        by_body = self.who_pays[["sector", "body", "present_value", "low", "high"]]
        by_body = by_body.assign(body=by_body["body"].str.replace("_", " "))
        units = {"present_value": f"GBP, {self.economic.prices} prices"}
        return (
            hypertext.paragraphs(self.sentence, loses) + hypertext.frame(self.table()) + hypertext.frame(by_body, units)
        )

    def summary(self) -> dict[str, Any]:
        """What `--json` says of it; money in GBP of the price base."""
        economic, financial = self.economic, self.financial
        return {
            "prices": economic.prices,
            "years": economic.years,
            "npsv": told(economic.npsv_estimate, economic.npsv_range),
            "bcr": told(economic.bcr_estimate, economic.bcr_range),
            "band": economic.band,
            "payback_year": economic.payback,
            "p_worth": economic.p_worth,
            "npsv_weighted": number(self.weighted.npsv),
            "financial": {
                "npv": told(financial.npsv_estimate, financial.npsv_range),
                "bcr": told(financial.bcr_estimate, financial.bcr_range),
                "payback_year": financial.payback,
            },
            "bodies": {
                row["body"]: {name: number(row[name]) for name in ("present_value", "low", "high")}
                for row in self.who_pays.to_dict("records")
            },
            "pays_and_does_not_gain": self.losers,
        }


def told(estimate: Estimate, span: tuple[float, float]) -> dict[str, float | None]:
    """An estimate for JSON: value, interval by luck, interval by luck and unit values."""
    low, high = span
    return {
        "value": number(estimate.value), "low": number(estimate.low), "high": number(estimate.high),
        "low_with_unit_values": number(low), "high_with_unit_values": number(high),
    }  # fmt: skip


def number(value: float) -> float | None:
    """The number for JSON, which knows neither nan nor infinity."""
    return float(value) if np.isfinite(value) else None
