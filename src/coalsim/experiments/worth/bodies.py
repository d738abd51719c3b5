"""Who pays and who gains: money at each body's disposal by year, and pooling as each partner sees it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coalsim.agents.partner import DOMAIN_OF
from coalsim.appraisal import Appraisal, Flow
from coalsim.experiments.worth.changes import Changes
from coalsim.indicators.accounts import FROM_POT
from coalsim.ledger import COALITION, GOVERNMENT, PROVIDERS
from coalsim.names import BODIES, DOMAINS

Array = NDArray[np.float64]

GAINS, PAYS, FIELD, UNCLEAR, OUT = (
    "gains money",
    "pays and does not gain",
    "pays, and its field gains",
    "cannot be told",
    "does not pay in",
)


def public_money(change: Changes) -> Appraisal:
    """Money at the disposal of each public body, more under the option.

    Central government has what it pays less. A partner has what it spends in its own silo and what the pot spends on the
    condition that it serves; what partners or the coalition hold at the end of a year stands under the coalition. The total is
    the demand-led spending that is avoided less what running the partnership takes; `used` works it out from the other side.
    """
    base = change.prices
    flows = [Flow("received less paid", change.money(GOVERNMENT), GOVERNMENT, prices=base)]
    flows += [
        Flow("own spending and pot", change.money(body, FROM_POT) - change.money(body, "siloed"), body, prices=base)
        for body in BODIES
    ]
    if np.abs(held := change.balances()).max() >= 0.01:
        flows.append(Flow("held", held, COALITION, prices=base))
    return Appraisal([], flows)


def used(change: Changes) -> Array:
    """Demand-led spending avoided less what running the partnership takes, GBP (pairs, years): what `public_money` adds up to."""
    avoided = sum(change.avoided(body) for body in BODIES)
    return np.asarray(avoided - change.money(PROVIDERS, *change.partnership_kinds))


def who_pays(public: Appraisal, economic: Appraisal, parts: list[str], surplus: Appraisal) -> pd.DataFrame:
    """Public bodies, their total, residents by part of the place, and businesses: GBP by year, present value, interval.

    Public bodies have money at their disposal (`public_money`), residents what the economic case gives them, businesses their
    output less pay. `sector` tells them apart: a pound of each is another thing, so they are not added up.
    """
    frames = {
        "public": public.by_body().rename(index={"total": "all public bodies"}),
        "residents": economic.by_body().loc[parts],
        "businesses": surplus.by_body().drop(index="total"),
    }
    whole = pd.concat([frame.assign(sector=sector) for sector, frame in frames.items()])
    return whole.rename_axis("body").reset_index()


def partners(change: Changes, public: Appraisal) -> pd.DataFrame:
    """Pooling as each partner sees it, present value in GBP with intervals.

    `pays_in` to the pot, `from_pot` spent on the condition that it serves, `avoided` demand-led spending, `from_government`
    more or less, `net` money at its disposal, the change of the condition it serves in the last year, and in a word whether it
    gains. Where several bodies serve one condition the pot's money is shared between them as they paid in.
    """
    rows = []

    def value(flow: Array) -> list[float]:
        return list(Appraisal([], [Flow("", flow)]).npsv_estimate)

    for body in BODIES:
        condition = f"condition_{DOMAINS[DOMAIN_OF[body]]}"
        effect = change.comparison.effect(change.option, condition)
        pays_in = -change.money(body, "pooled")
        net = list(public.estimate(public.net_of(body)))
        says = OUT if not pays_in.any() else judged(net[1], net[2], effect.low)
        rows.append(
            [
                body, *value(pays_in), *value(change.money(body, FROM_POT)), *value(change.avoided(body)),
                *value(change.money(body) - change.money(body, "demand_led", "siloed", "pooled")), *net,
                condition, effect.effect, effect.low, effect.high, says,
            ]
        )  # fmt: skip
    money = ("pays_in", "from_pot", "avoided", "from_government", "net")
    names = [f"{name}{end}" for name in money for end in ("", "_low", "_high")]
    return pd.DataFrame(
        rows, columns=["body", *names, "condition", "condition_change", "condition_low", "condition_high", "case"]
    )


def judged(low: float, high: float, condition_low: float) -> str:
    """Whether a partner that pays in gains, by the interval of its money and the lower end of its condition's change."""
    if low > 0:
        return GAINS
    if high >= 0:
        return UNCLEAR
    return FIELD if condition_low > 0 else PAYS
