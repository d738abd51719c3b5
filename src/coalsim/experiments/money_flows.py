"""Who pays whom: yearly money between central government, partners, the pot and what it is spent on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coalsim.agents.partner import DOMAIN_OF
from coalsim.experiments.worth.changes import SETTLED, account_rows
from coalsim.indicators.accounts import FROM_POT, PENCE
from coalsim.ledger import COALITION, GOVERNMENT, PROVIDERS
from coalsim.names import BODIES, DOMAINS

if TYPE_CHECKING:
    from coalsim.experiments.comparison import Comparison

POT, DEMAND, PARTNERSHIP = "pot", "demand-led services", "running the partnership"
CONDITIONS = tuple(f"condition_{domain}" for domain in DOMAINS)  # as their indicators are called
COLUMNS = ((*BODIES, GOVERNMENT), (POT,), (*CONDITIONS, PARTNERSHIP))  # of what is left after demand-led services


def money_flows(
    comparison: Comparison, option: str, first: int = 0, last: int | None = None
) -> dict[tuple[str, str], float]:
    """GBP a year from a source to a target, mean over runs and over years of twelve months.

    Parameters
    ----------
    first, last : years, counted from 0, the last included; all that the programme lasts by default

    Raises
    ------
    ValueError
        When results hold no accounts.
    """
    if last is None:
        last = max(-(-comparison.programme_ends(option) // 12) or -(-comparison.scenario.months // 12), 1) - 1
    rows = account_rows(comparison, PENCE)
    run_ids = np.array(comparison.ensemble.design.run_ids(comparison.cell(option)))[comparison.compared]
    rows = rows[rows["run_id"].isin(run_ids) & rows["year"].between(first, last)]
    sums = rows.groupby(["body", "kind"], observed=True)["amount"].sum() / (100 * len(run_ids) * (last - first + 1))
    paid = dict(zip(((str(body), str(kind)) for body, kind in sums.index.tolist()), sums.tolist()))
    found: dict[tuple[str, str], float] = {}

    def add(source: str, target: str, pounds: float) -> None:
        if pounds > 0:
            found[source, target] = found.get((source, target), 0.0) + pounds

    for body in BODIES:
        add(GOVERNMENT, body, sum(paid.get((body, kind), 0.0) for kind in SETTLED))
        add(body, DEMAND, -paid.get((body, "demand_led"), 0.0))
        add(body, CONDITIONS[DOMAIN_OF[body]], -paid.get((body, "siloed"), 0.0))
        add(body, POT, -paid.get((body, "pooled"), 0.0))
        add(POT, CONDITIONS[DOMAIN_OF[body]], paid.get((body, FROM_POT), 0.0))
    add(POT, PARTNERSHIP, -paid.get((COALITION, "transaction"), 0.0))
    for (body, kind), pounds in paid.items():
        if body == GOVERNMENT and kind not in SETTLED:
            bought = paid.get((PROVIDERS, kind), 0.0)
            add(GOVERNMENT, PARTNERSHIP, bought)
            add(GOVERNMENT, POT, -pounds - bought)
    return found
