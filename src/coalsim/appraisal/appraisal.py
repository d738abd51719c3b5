"""An appraisal: costs against benefits in present value; what luck and unit values leave uncertain is carried into the ratio."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from coalsim.analysis import paired_ratio
from coalsim.analysis.told import Told
from coalsim.appraisal.discounting import discount_factor, present_value
from coalsim.appraisal.flow import Flow, as_flows
from coalsim.appraisal.unit_value import STATUSES, UnitValue
from coalsim.hypertext import frame, paragraphs

if TYPE_CHECKING:
    import pandas as pd

    from coalsim.figures import Picture

Array = NDArray[np.float64]

DRAWS = 4000
# Benefits for each pound of public cost, in the Department for Transport's words; that "very high" begins at 4 is from memory.
# The communities department's guide has other words from 1 up, and asks how sure the ratio is.
BANDS = ((1.0, "poor"), (1.5, "low"), (2.0, "medium"), (4.0, "high"), (np.inf, "very high"))


class Estimate(NamedTuple):
    """A number with its interval; both ends nan where there is but one replicate."""

    value: float
    low: float
    high: float


class Appraisal(Told):
    """Costs against benefits by year, in real terms.

    Parameters
    ----------
    costs, benefits : numbers by year, name -> numbers, a data frame, or `Flow`s; see `as_flows`
        GBP; costs are positive numbers, and a saving among the costs a negative one.
    first_year : int, from 0
        The year of the first number; values are brought back to year 0.
    prices : str
        Financial year of all prices, where the lines do not say.
    optimism_bias : float
        Share added to costs that have not been incurred, such as 0.24.
    level : float, 0 to 1
        Of intervals.

    Raises
    ------
    ValueError
        When price bases are mixed, lines cover different years or numbers of replicates, or there is nothing to appraise.
    """

    def __init__(
        self,
        costs: Any,
        benefits: Any,
        *,
        first_year: int = 0,
        prices: str = "",
        optimism_bias: float = 0.0,
        level: float = 0.95,
        seed: int = 0,
    ) -> None:
        if first_year < 0 or int(first_year) != first_year:
            raise ValueError(f"first_year {first_year}: give a whole number from 0")
        if not (np.isfinite(optimism_bias) and optimism_bias > -1):
            raise ValueError(f"optimism_bias {optimism_bias}: give the share to add to costs, such as 0.24")
        if not 0 < level < 1:
            raise ValueError(f"level {level}: give a number between 0 and 1, such as 0.95")
        self.costs = [
            replace(flow, values=(1 + optimism_bias) * np.asarray(flow.values))
            for flow in as_flows(costs, "costs", int(first_year))
        ]
        self.benefits = as_flows(benefits, "benefits", int(first_year))
        self.first_year, self.optimism_bias, self.level, self.seed = int(first_year), optimism_bias, level, seed
        flows = [*self.costs, *self.benefits]
        if not flows:
            raise ValueError("there are neither costs nor benefits: give numbers by year")
        self.prices = _one_base(flows, prices)
        years = {flow.array.shape[1]: flow.name for flow in flows}
        if len(years) > 1:
            (a, first), (b, second) = list(years.items())[:2]
            raise ValueError(
                f"{first} has {a} years and {second} {b}: give all the same years, 0 where nothing is paid"
            )
        replicates = {flow.array.shape[0] for flow in flows} - {1}
        if len(replicates) > 1:
            raise ValueError(f"lines have {' and '.join(map(str, sorted(replicates)))} replicates: give all the same")
        self.years, self.replicates = next(iter(years)), max(replicates, default=1)

    # In present value

    def _pv(self, flows: list[Flow]) -> Array:
        """Present value by flow and replicate (flows, replicates)."""
        found = np.empty((len(flows), self.replicates))
        for row, flow in zip(found, flows):
            row[:] = present_value(flow.array, self.first_year, "health" if flow.is_health else "standard")
        return found

    @cached_property
    def _values(self) -> Array:
        """Present value by flow, costs first, and replicate."""
        return self._pv([*self.costs, *self.benefits])

    @property
    def _signs(self) -> Array:
        return np.repeat([-1.0, 1.0], [len(self.costs), len(self.benefits)])

    @property
    def costs_by_replicate(self) -> Array:
        """Present value of costs (replicates,)."""
        return np.asarray(self._values[: len(self.costs)].sum(axis=0))

    @property
    def benefits_by_replicate(self) -> Array:
        """Present value of benefits (replicates,)."""
        return np.asarray(self._values[len(self.costs) :].sum(axis=0))

    @property
    def pv_costs(self) -> float:
        """Present value of costs, GBP."""
        return float(self.costs_by_replicate.mean())

    @property
    def pv_benefits(self) -> float:
        """Present value of benefits, GBP."""
        return float(self.benefits_by_replicate.mean())

    @property
    def npsv(self) -> float:
        """Net present social value: present value of benefits less that of costs, GBP."""
        return self.npsv_estimate.value

    @property
    def npsv_estimate(self) -> Estimate:
        """Net present social value with its interval over replicates (Student)."""
        return self.estimate(self.benefits_by_replicate - self.costs_by_replicate)

    @property
    def bcr(self) -> float:
        """Present value of benefits for each pound of that of costs; nan where there are no costs on balance."""
        return self.pv_benefits / self.pv_costs if self.has_costs else np.nan

    @property
    def bcr_estimate(self) -> Estimate:
        """The ratio with its interval over replicates (Fieller), unbounded where costs may be nought."""
        if not self.has_costs or self.replicates < 2:
            return Estimate(self.bcr, np.nan, np.nan)
        found = paired_ratio(self.benefits_by_replicate, self.costs_by_replicate, level=self.level)
        return Estimate(self.bcr, found.low, found.high)

    @property
    def has_costs(self) -> bool:
        """Whether there are costs on balance, so that a ratio means something."""
        return self.pv_costs > 1e-9 * max(1.0, float(np.abs(self._values).mean(axis=1).max(initial=0)))

    @property
    def band(self) -> str:
        """Value for money in a word, by the ratio; "no cost" where there is none on balance."""
        return next(word for limit, word in BANDS if self.bcr < limit) if self.has_costs else "no cost"

    @cached_property
    def cumulative(self) -> Array:
        """Running total of discounted net benefits by year, mean over replicates (years,)."""
        net = np.zeros(self.years)
        for sign, flow in zip(self._signs, [*self.costs, *self.benefits]):
            factors = discount_factor(
                self.first_year + np.arange(self.years), "health" if flow.is_health else "standard"
            )
            net += sign * flow.array.mean(axis=0) * factors
        return np.cumsum(net)

    @property
    def payback(self) -> int | None:
        """The year, from 0, from which the running total of discounted net benefits is not below nought again; None if never."""
        below = np.flatnonzero(self.cumulative < -1e-9 * float(np.abs(self._values).mean(axis=1).sum()))
        if below.size == 0:
            return self.first_year
        return None if below[-1] == self.years - 1 else self.first_year + int(below[-1]) + 1

    def estimate(self, by_replicate: Array) -> Estimate:
        """Mean with its interval (Student)."""
        n, mean = by_replicate.size, float(by_replicate.mean())
        if n < 2:
            return Estimate(mean, np.nan, np.nan)
        half = float(stdtrit(n - 1, (1 + self.level) / 2) * by_replicate.std(ddof=1) / np.sqrt(n))
        return Estimate(mean, mean - half, mean + half)

    # What unit values leave uncertain

    @property
    def unit_values(self) -> dict[str, UnitValue]:
        """Unit values that any line rests on, by name."""
        return {one.name: one for flow in [*self.costs, *self.benefits] for one in flow.rests_on}

    @cached_property
    def draws(self) -> tuple[Array, Array]:
        """Present values of costs and of benefits (draws,) each, over luck and unit values from their ranges.

        Luck is drawn from the multivariate Student posterior of the means over replicates, so that without unit values the
        interval is that of `npsv_estimate`.
        """
        rng = np.random.default_rng([self.seed, 83])
        factors = {
            name: one.draws(DRAWS, rng) / one.value if one.value else np.ones(DRAWS)
            for name, one in self.unit_values.items()
        }
        n, mean = self.replicates, self._values.mean(axis=1)
        means = np.tile(mean, (DRAWS, 1))
        if n > 1:
            wide = np.sqrt((n - 1) / rng.chisquare(n - 1, DRAWS) / (n * (n - 1)))
            means += wide[:, None] * (rng.standard_normal((DRAWS, n)) @ (self._values - mean[:, None]).T)
        for k, flow in enumerate([*self.costs, *self.benefits]):
            for one in flow.rests_on:
                means[:, k] *= factors[one.name]
        return means[:, : len(self.costs)].sum(axis=1), means[:, len(self.costs) :].sum(axis=1)

    @property
    def npsv_range(self) -> tuple[float, float]:
        """Interval of the net present social value by luck and unit values together."""
        costs, benefits = self.draws
        return _quantiles(benefits - costs, self.level)

    @property
    def bcr_range(self) -> tuple[float, float]:
        """Interval of the ratio by luck and unit values together; without an upper end where costs may be nought."""
        costs, benefits = self.draws
        if not self.has_costs:
            return (np.nan, np.nan)
        if (costs <= 0).mean() > (1 - self.level) / 2:
            return (-np.inf, np.inf)
        return _quantiles(benefits / np.where(costs > 0, costs, np.nan), self.level)

    @property
    def p_worth(self) -> float:
        """Share of draws in which benefits exceed costs."""
        costs, benefits = self.draws
        return float((benefits > costs).mean())

    # Tables

    def table(self) -> pd.DataFrame:
        """A row for each line, present value with its interval, then totals; the prices are those of `prices`."""
        import pandas as pd

        rows = []
        for side, flows in (("cost", self.costs), ("benefit", self.benefits)):
            for name in dict.fromkeys(flow.name for flow in flows):
                own = [flow for flow in flows if flow.name == name]
                rows.append((side, name, own[0].kind, *self.estimate(self._pv(own).sum(axis=0)), standing(own)))
        costs, benefits = self.estimate(self.costs_by_replicate), self.estimate(self.benefits_by_replicate)
        rows += [
            ("total", "costs", "", *costs, standing(self.costs)),
            ("total", "benefits", "", *benefits, standing(self.benefits)),
            ("total", "net present social value", "", *self.npsv_estimate, standing([*self.costs, *self.benefits])),
        ]
        return pd.DataFrame(rows, columns=["side", "line", "kind", "present_value", "low", "high", "status"])

    def by_body(self) -> pd.DataFrame:
        """A row for each body: what it gains less what it pays by year (mean), and in present value with its interval.

        The last row, `total`, adds up the others.
        """
        import pandas as pd

        years = [f"year {self.first_year + k}" for k in range(self.years)]
        rows: dict[str, list[float]] = {}
        for body in [*dict.fromkeys(flow.body for flow in [*self.costs, *self.benefits]), "total"]:
            by_year = np.zeros(self.years)
            for sign, flow in zip(self._signs, [*self.costs, *self.benefits]):
                if body in ("total", flow.body):
                    by_year += sign * flow.array.mean(axis=0)
            rows[body] = [*by_year, *self.estimate(self.net_of(body))]
        return pd.DataFrame.from_dict(rows, orient="index", columns=[*years, "present_value", "low", "high"])

    def net_of(self, body: str) -> Array:
        """Present value of what a body gains less what it pays, by replicate (replicates,); of all for "total"."""
        flows = [*self.costs, *self.benefits]
        own = np.array([body in ("total", flow.body) for flow in flows])
        return np.asarray((self._signs * own) @ self._values)

    def switching_values(self) -> pd.DataFrame:
        """How far each line and each unit value would have to change for the net present social value to be nought.

        Columns: `what` ("cost", "benefit", "total" or "unit value"), `name`, `value` (present value in GBP, or the unit value),
        `change` (share of it, nan where it changes nothing), `switches_at`, and for unit values `in_range`, whether that lies
        within their range.
        """
        import pandas as pd

        rows: list[tuple[Any, ...]] = []

        def add(what: str, name: str, value: float, weight: float, within: Any = None) -> None:
            """`weight` is what the net present social value changes by when the thing doubles."""
            change = -self.npsv / weight if weight else np.nan
            at = value * (1 + change)
            rows.append((what, name, value, change, at, None if within is None else bool(within[0] <= at <= within[1])))

        for what, sign, flows in (("cost", -1.0, self.costs), ("benefit", 1.0, self.benefits)):
            for name in dict.fromkeys(flow.name for flow in flows):
                value = float(self._pv([flow for flow in flows if flow.name == name]).sum(axis=0).mean())
                add(what, name, value, sign * value)
        add("total", "costs", self.pv_costs, -self.pv_costs)
        add("total", "benefits", self.pv_benefits, self.pv_benefits)
        means = self._signs * self._values.mean(axis=1)
        for name, one in self.unit_values.items():
            rests = [one.name in (u.name for u in flow.rests_on) for flow in [*self.costs, *self.benefits]]
            weight = float(means[rests].sum())
            scale = float(np.abs(means[rests]).sum())
            add("unit value", name, one.value, weight if abs(weight) > 1e-9 * scale else 0.0, (one.low, one.high))
        names = ["what", "name", "value", "change", "switches_at", "in_range"]
        return pd.DataFrame(rows, columns=names)

    def weighted(self, weights: Mapping[str, float]) -> Appraisal:
        """The same with every line of a body times the body's distributional weight; bodies that are not named keep 1."""
        sides = (
            [replace(flow, values=weights.get(flow.body, 1.0) * np.asarray(flow.values)) for flow in flows]
            for flows in (self.costs, self.benefits)
        )
        return Appraisal(
            *sides, first_year=self.first_year, prices=self.prices, level=self.level, seed=self.seed
        )  # optimism bias is in the costs already

    @property
    def sentence(self) -> str:
        """Net present social value, ratio and payback, with their uncertainty."""
        says = f"Net present social value {pounds(self.npsv)}{_within(self.npsv_estimate, pounds)}"
        says += f" in prices of {self.prices}" if self.prices else ""
        if self.has_costs:
            ratio = self.bcr_estimate
            unbounded = self.replicates > 1 and not np.isfinite([ratio.low, ratio.high]).all()
            says += f"; benefit-cost ratio {self.bcr:.2f}"
            says += " (its interval has no end: costs may be nought)" if unbounded else _within(ratio, "{:.2f}".format)
            says += f", {self.band} value for money"
        else:
            says += "; no costs on balance, so there is no ratio"
        back = self.payback
        if back is None:
            says += f"; not paid back within the {self.years} year{'s' * (self.years > 1)} looked at"
        elif back > self.first_year:
            says += f"; paid back in year {back}"
        if self.unit_values:
            low, high = self.npsv_range
            says += f"; with the ranges of the unit values {pounds(low)} to {pounds(high)}"
        return says + "."

    def plot(self) -> Picture:
        """Every line in present value, a cost below nought, with its interval."""
        from coalsim.figures import groups

        sides: dict[str, dict[str, dict[str, tuple[float, float, float]]]] = {}
        for row in self.table().to_dict("records"):
            sign = -1 if row["side"] == "cost" or row["line"] == "costs" else 1
            low, high = sorted((sign * row["low"], sign * row["high"]))
            ends = (sign * row["present_value"], low, high)
            sides.setdefault(f"{row['side']}s", {})[str(row["line"])] = {"mean and interval": ends}
        unit = f"GBP million{f', {self.prices} prices' if self.prices else ''}"
        return groups(
            sides, title=f"Costs and benefits in present value over {self.years} years", unit=unit, scale=1e-6
        )

    def _repr_html_(self) -> str:
        unit = f"GBP{f', {self.prices} prices' if self.prices else ''}"
        return paragraphs(self.sentence) + frame(self.table(), {"present_value": unit, "low": "GBP", "high": "GBP"})

    def __repr__(self) -> str:
        return f"<Appraisal over {self.years} years: {self.sentence}>"


def standing(flows: list[Flow]) -> str:
    """The weakest standing of the unit values that lines rest on; "" where they rest on none."""
    found = [STATUSES.index(one.status) for flow in flows for one in flow.rests_on]
    return STATUSES[max(found)] if found else ""


def pounds(value: float) -> str:
    """Money for people: "GBP 1.2m", "-GBP 340,000"."""
    if not np.isfinite(value):
        return "no limit"
    sign, size = "-" if round(value) < 0 else "", abs(value)
    if size >= 999_500:
        return f"{sign}GBP {size / 1e6:,.{1 if size < 99.95e6 else 0}f}m"
    return f"{sign}GBP {round(size, -3 if size >= 10_000 else 0):,.0f}"


def _within(estimate: Estimate, shown: Any) -> str:
    """An interval in brackets; nothing where there is none."""
    if not np.isfinite([estimate.low, estimate.high]).all() or estimate.low == estimate.high:
        return ""
    return f" ({shown(estimate.low)} to {shown(estimate.high)})"


def _quantiles(values: Array, level: float) -> tuple[float, float]:
    low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _one_base(flows: list[Flow], prices: str) -> str:
    """The price base of all lines.

    Raises
    ------
    ValueError
        When they differ.
    """
    found = {flow.prices: flow.name for flow in flows if flow.prices}
    if prices:
        found.setdefault(prices, "the appraisal")
    if len(found) > 1:
        (a, first), (b, second) = list(found.items())[:2]
        raise ValueError(
            f"price bases are mixed: {first} is in prices of {a} and {second} of {b}; bring one to the other's with "
            f"appraisal.rebase(values, {b!r}, {a!r})"
        )
    return next(iter(found), "")
