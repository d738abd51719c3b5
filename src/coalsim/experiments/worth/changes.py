"""What an option changes in money and in people's lives, by year and pair of runs: the stuff that appraisals are made of."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coalsim.appraisal import financial_year, rebase
from coalsim.indicators.accounts import FROM_POT, MONTHS, PENCE, STATES
from coalsim.ledger import COALITION, GOVERNMENT, PROVIDERS
from coalsim.names import BODIES
from coalsim.scenario.calendar import Month
from coalsim.scenario.schema import Scenario

if TYPE_CHECKING:
    from coalsim.experiments.comparison import Comparison

Array = NDArray[np.float64]

SETTLED = ("grant", "demand_grant")  # what central government pays whatever the policy; all else is the programme's
SERVICES = ("demand_led", "siloed", "pot_spend")  # what providers receive for; all else runs the partnership


class Changes:
    """Option less counterfactual in the pairs that are compared and done under both.

    Raises
    ------
    ValueError
        When results hold no accounts, or fewer than two pairs are there.
    """

    def __init__(self, comparison: Comparison, option: str) -> None:
        self.comparison, self.option, self.base = comparison, option, comparison.counterfactual
        comparison.cell(option)
        if option == self.base:
            raise ValueError(f"{option} is the counterfactual: nothing is additional to it; give another option")
        self.pairs = comparison.compared & comparison.done(option) & comparison.done(self.base)
        if self.pairs.sum() < 2:
            raise ValueError(f"{option}: an appraisal needs two pairs of runs that are done; {self.pairs.sum()} are")
        self.years = -(-comparison.scenario.months // 12)
        self.places = [k for k, name in enumerate(comparison.ensemble.localities) if comparison.place in (None, name)]

    @property
    def prices(self) -> str:
        """The financial year whose prices the model's money is in."""
        return prices(self.comparison.scenario)

    # Money

    @cached_property
    def _money(self) -> dict[tuple[str, str], Array]:
        """By body and kind: GBP received more under the option (pairs, years)."""
        levels = [self._levels(option) for option in (self.base, self.option)]
        nothing = np.zeros((int(self.pairs.sum()), self.years))
        keys = dict.fromkeys([*levels[1], *levels[0]])
        return {key: levels[1].get(key, nothing) - levels[0].get(key, nothing) for key in keys}

    def _levels(self, option: str) -> dict[tuple[str, str], Array]:
        rows = account_rows(self.comparison, PENCE)
        run_ids = np.array(self.comparison.ensemble.design.run_ids(self.comparison.cell(option)))[self.pairs]
        rows = rows[rows["run_id"].isin(run_ids)]
        found = {}
        for (body, kind), own in rows.groupby(["body", "kind"], sort=False, observed=True):
            values = np.zeros((run_ids.size, self.years))
            values[np.searchsorted(run_ids, own["run_id"]), own["year"]] = own["amount"] / 100
            found[str(body), str(kind)] = values
        return found

    def money(self, body: str, *kinds: str) -> Array:
        """GBP that a body receives more (paid: negative) under the option, all kinds where none is named (pairs, years)."""
        found = np.zeros((int(self.pairs.sum()), self.years))
        for (who, kind), values in self._money.items():
            if who == body and (kind in kinds or not kinds) and (kind != FROM_POT or FROM_POT in kinds):
                found = found + values
        return found

    @property
    def programme_kinds(self) -> list[str]:
        """Kinds of payment by central government that a policy brings."""
        return [kind for body, kind in self._money if body == GOVERNMENT and kind not in SETTLED]

    @property
    def partnership_kinds(self) -> list[str]:
        """What providers receive for running the partnership: transaction costs, and support that is bought for it."""
        return [kind for body, kind in self._money if body == PROVIDERS and kind not in SERVICES]

    def avoided(self, body: str) -> Array:
        """Demand-led spending of a body that is avoided, GBP (pairs, years)."""
        return self.money(body, "demand_led")

    def balances(self) -> Array:
        """What partners and coalition hold more at the end of each year than at its start, GBP (pairs, years)."""
        return np.asarray(sum(self.money(body) for body in (*BODIES, COALITION)))

    # People

    @cached_property
    def _people(self) -> tuple[list[str], Array]:
        """Names of the parts of places, and person-years more under the option (pairs, places, parts, years, states)."""
        rows = account_rows(self.comparison, MONTHS, by_place=True)
        parts = list(dict.fromkeys(rows["body"]))
        levels = []
        for option in (self.base, self.option):
            run_ids = np.array(self.comparison.ensemble.design.run_ids(self.comparison.cell(option)))[self.pairs]
            own = rows[rows["run_id"].isin(run_ids)]
            names = self.comparison.ensemble.localities
            values = np.zeros((run_ids.size, len(names), len(parts), self.years, len(STATES)))
            values[
                np.searchsorted(run_ids, own["run_id"]),
                pd.Categorical(own["locality"], names).codes,
                pd.Categorical(own["body"], parts).codes,
                own["year"],
                pd.Categorical(own["kind"], list(STATES)).codes,
            ] = own["amount"] / 12
            levels.append(values[:, self.places])
        return parts, levels[1] - levels[0]

    @property
    def parts(self) -> list[str]:
        """Parts of the place, by deprivation of their neighbourhoods at the start."""
        return self._people[0]

    def person_years(self, part: str, state: str) -> Array:
        """Person-years more that residents of a part spend in a state, places together (pairs, years)."""
        return np.asarray(self._of(part, state).sum(axis=1))

    def earnings(self, part: str) -> Array:
        """Person-years more in work at the counterfactual's local median pay, GBP (pairs, years)."""
        return np.asarray((self._of(part, "in_work") * self.pay).sum(axis=1))

    def _of(self, part: str, state: str) -> Array:
        """(pairs, places, years)."""
        return np.asarray(self._people[1][:, :, self.parts.index(part), :, STATES.index(state)])

    @cached_property
    def pay(self) -> Array:
        """Median pay of employees under the counterfactual, GBP a year (pairs, places, years)."""
        return self._pay(self.base)

    def _pay(self, option: str) -> Array:
        factors = pay_factors(self.comparison.scenario)[self.places]
        return 52 * factors[:, np.newaxis] * self._yearly("weekly_pay", option)

    @cached_property
    def lengths(self) -> Array:
        """How much of each year was simulated (years,): 1, less only in the last."""
        return np.minimum(1.0, self.comparison.scenario.months / 12 - np.arange(self.years))

    def indicator(self, name: str) -> Array:
        """Mean over each year of an indicator that is an amount, over all places, more under the option (pairs, years)."""
        change = self._yearly(name, self.option) - self._yearly(name, self.base)
        return np.asarray(change.sum(axis=1))

    def wage_bill(self) -> Array:
        """Median pay times jobs more under the option, GBP a year (pairs, years)."""
        bills = [self._pay(one) * self._yearly("jobs", one) for one in (self.option, self.base)]
        return np.asarray((bills[0] - bills[1]).sum(axis=1))

    def _yearly(self, name: str, option: str) -> Array:
        """Mean over each year of the run (pairs, places, years)."""
        courses = self.comparison.ensemble.by_place(self.comparison.cell(option), name)[self.pairs][:, self.places, 1:]
        starts = np.arange(0, courses.shape[-1], 12)
        return np.asarray(np.add.reduceat(courses, starts, axis=-1) / np.diff([*starts, courses.shape[-1]]))


def prices(scenario: Scenario) -> str:
    """The financial year whose prices the model's money is in: that of the scenario's first month."""
    return financial_year(*Month.parse(scenario.start))


def pay_factors(scenario: Scenario) -> Array:
    """What brings each place's pay, of April in the year of its figure, to the model's prices (places,)."""
    base = prices(scenario)
    years = [place.residents.weekly_pay.year for place in scenario.places]
    return np.array([1.0 if year is None else rebase(1.0, financial_year(year, 4), base) for year in years])


def account_rows(comparison: Comparison, unit: str, *, by_place: bool = False) -> pd.DataFrame:
    """The rows of the accounts, read once for an ensemble; of one place where the comparison is of one."""
    known = comparison.ensemble.__dict__.setdefault("_accounts", {})
    by_place = by_place or comparison.place is not None
    if (unit, by_place) not in known:
        known[unit, by_place] = comparison.ensemble.accounts(unit, by_place=by_place)
    rows: pd.DataFrame = known[unit, by_place]
    return rows if comparison.place is None else rows[rows["locality"] == comparison.place]
