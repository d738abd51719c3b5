"""Yearly accounts: money by body and kind, and the months that residents of each part of a place spend in and out of work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from coalsim.agents.locality import Array, Locality
from coalsim.agents.partner import DOMAIN_OF
from coalsim.indicators.distribution import membership
from coalsim.ledger import COALITION
from coalsim.names import BODIES, EMPLOYED, INACTIVE, UNEMPLOYED

if TYPE_CHECKING:
    import pandas as pd

PENCE, MONTHS = "pence", "person-months"
FROM_POT: Final = "pot_in_domain"  # pot money that the plan spends on the condition that a body serves
STATES: Final = ("in_work", "unemployed", "ill", "ill_inactive")  # what residents are, by part of the place
COLUMNS: Final = ("locality", "year", "body", "kind", "unit", "amount")

# Cells of `Locality.people` laid flat (status, qualification, illness), and which of the states each counts towards.
_STATUS, _, _ILL = (axis.ravel() for axis in np.indices((3, 5, 2)))
_COUNTED: Array = np.stack(
    [_STATUS == EMPLOYED, _STATUS == UNEMPLOYED, _ILL == 1, (_ILL == 1) & (_STATUS == INACTIVE)], axis=1
).astype(np.float64)
_DOMAINS = np.array([DOMAIN_OF[body] for body in BODIES])
_SAME_DOMAIN: Array = (_DOMAINS[:, None] == _DOMAINS).astype(np.float64)


class Accounts:
    """Sums by year of a run, year 0 being its first twelve months.

    `coalsim.simulate(scenario, on_month=accounts.record)` records every month.
    """

    def __init__(self) -> None:
        self._places: list[_Place] = []

    def record(self, model: Any) -> None:
        """Take in the month that the model has just finished."""
        if not self._places:
            self._places = [_Place(locality) for locality in model.localities]
        year = (model.month - 1) // 12
        for place, locality in zip(self._places, model.localities):
            place.record(locality, model.ledger.flows[locality.name], year)

    def table(self) -> pd.DataFrame:
        """A row for each locality, year, body and kind.

        Public bodies have `pence` received (negative: paid) under each kind of payment, as in the ledger, and each partner
        under `pot_in_domain` the part of the pot that the plan spends on the condition that it serves: where several serve
        one, in proportion to what they paid in. Parts of the place (its residents by deprivation of their neighbourhood at the
        start) have `person-months` in work, unemployed, with a limiting illness, and inactive with one.
        """
        import pandas as pd

        return pd.DataFrame(self.rows(), columns=list(COLUMNS))

    def rows(self) -> list[tuple[str, int, str, str, str, float]]:
        """The rows of `table`, as tuples."""
        return [row for place in self._places for row in place.rows()]


class _Place:
    """The accounts of one locality."""

    def __init__(self, locality: Locality) -> None:
        self.name, self.weight = locality.name, locality.weight
        self.parts, self.member = membership(locality)
        self.money: list[dict[tuple[str, str], int]] = []  # by year
        self.from_pot: list[Array] = []
        self.people: list[Array] = []

    def record(self, locality: Locality, flows: dict[tuple[str, str], int], year: int) -> None:
        """Add a month."""
        if year == len(self.money):
            self.money.append({})
            self.from_pot.append(np.zeros(len(BODIES)))
            self.people.append(np.zeros((len(self.parts), len(STATES))))
        money = self.money[year]
        for account, pence in flows.items():
            money[account] = money.get(account, 0) + pence
        if spent := -flows.get((COALITION, "pot_spend"), 0):
            self.from_pot[year] += spent * shares_of_pot(locality)
        cells = locality.people.reshape(len(self.member), -1).astype(np.float64)
        self.people[year] += self.weight * (self.member.T @ (cells @ _COUNTED))

    def rows(self) -> list[tuple[str, int, str, str, str, float]]:
        """A row for each year, body and kind."""
        rows: list[tuple[str, int, str, str, str, float]] = []
        for year, (money, from_pot, people) in enumerate(zip(self.money, self.from_pot, self.people)):
            rows += [
                (self.name, year, body, kind, PENCE, float(pence)) for (body, kind), pence in money.items() if pence
            ]
            rows += [
                (self.name, year, body, FROM_POT, PENCE, float(p))
                for body, p in zip(BODIES, from_pot)
                if from_pot.any()
            ]
            rows += [
                (self.name, year, part, state, MONTHS, float(people[i, j]))
                for i, part in enumerate(self.parts)
                for j, state in enumerate(STATES)
            ]
        return rows


def shares_of_pot(locality: Locality) -> Array:
    """Share of this month's pot that is spent on each body's condition (8,), adding up to 1."""
    spent = locality.coalition.spent
    paid_in = np.array([partner.pooled for partner in locality.partners], dtype=np.float64)
    together = _SAME_DOMAIN @ paid_in
    own = np.where(together > 0, paid_in / np.where(together > 0, together, 1), 1 / _SAME_DOMAIN.sum(axis=1))
    return np.asarray(own * spent[_DOMAINS] / spent.sum())
