"""What validation looks at: runs of the nation, of the places and of programmes, and what is kept of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coalsim.agents.business import Business, by_sector
from coalsim.agents.locality import COMPONENTS
from coalsim.agents.resident import Resident
from coalsim.kernels.residents import duration_band
from coalsim.names import EMPLOYED, UNEMPLOYED
from coalsim.results import Run, simulate
from coalsim.scenario.schema import Scenario

Array = NDArray[np.float64]

OUT_OF_WORK = list(COMPONENTS).index("out_of_work")
SNAPSHOTS = (36, 72, 180)  # months after the start at which neighbourhoods are looked at
AGES = (12, 36, 60)  # months at which the survival of new businesses is judged
SIZES = (50, 250)  # jobs


@dataclass
class Record:
    """What is kept of one run."""

    names: tuple[str, ...]  # of indicators
    places: tuple[str, ...]
    courses: Array  # (months + 1, places, indicators)
    adults: Array  # (places,) residents aged 16-64
    kept: dict[str, Any] = field(default_factory=dict)

    def course(self, indicator: str) -> Array:
        """(months + 1, places)."""
        return self.courses[..., self.names.index(indicator)]

    def yearly(self, indicator: str) -> Array:
        """Means over years of the run, (years, places)."""
        course = self.course(indicator)[1:]
        years = course.shape[0] // 12
        return course[: 12 * years].reshape(years, 12, -1).mean(axis=1)


def record(run: Run) -> Record:
    """Indicators of a run."""
    model = run.model
    adults = np.array([locality.place.adults for locality in model.localities], dtype=np.float64)
    return Record(model.indicators.names, tuple(model.indicators.localities), model.indicators.array().copy(), adults)


def watch_nation(scenario: Scenario, policy: str, seed: int, **overrides: Any) -> Record:
    """A run of many places that keeps the deprivation of every neighbourhood at the start and at `SNAPSHOTS`.

    `kept`: `deprivation` {month: [(n,) by place]}; `out_of_work` and `condition` [(n,), (n, 5) by place] at the start;
    `tipped` (places,) bool.
    """
    deprivation: dict[int, list[Array]] = {}

    def look(model: Any) -> None:
        if model.month in SNAPSHOTS:
            deprivation[model.month] = [place.deprivation.copy() for place in model.localities]

    run = simulate(scenario, policy=policy, seed=seed, on_month=look, **overrides)
    places = run.model.localities
    deprivation[0] = [place.geography.deprivation for place in places]
    kept = record(run)
    kept.kept = {
        "deprivation": deprivation,
        "out_of_work": [place.at_start["components"][OUT_OF_WORK] for place in places],
        "condition": [place.at_start["condition"] for place in places],
        "tipped": np.array([place.tipped_month is not None for place in places]),
    }
    return kept


def watch_places(scenario: Scenario, policy: str, seed: int, **overrides: Any) -> Record:
    """A run that follows residents from month to month and businesses from birth.

    `kept`: `stock` (4,) unemployed residents by time out of work (under 6, 6-11, 12-23, 24 and more months), summed over
    months, and `found` (4,) those of them in work a month later; `employed` and `lost` likewise for those who become
    unemployed; `births`, `deaths` and `businesses` summed over months; `due` (3,) and `alive` (3,) businesses born in the run
    that reached or would have reached `AGES`; `jobs`, `small` (2,) jobs at market-sector businesses, and below `SIZES`.
    """
    stock, found, totals = np.zeros(4), np.zeros(4), np.zeros(2)
    due, alive = np.zeros(len(AGES)), np.zeros(len(AGES))
    born: list[int] = []
    deaths = businesses = 0
    before: dict[str, NDArray[Any]] = {}
    band = np.frompyfunc(duration_band, 1, 1)(np.arange(400)).astype(np.intp)

    def look(model: Any) -> None:
        nonlocal deaths, businesses
        people = model.tables[Resident]
        if before:
            same = people["occupant"] == before["occupant"]
            was, now = before["status"], people["status"]
            sought = same & (was == UNEMPLOYED)
            bands = band[np.minimum(before["months_out"][sought], 399)]
            stock[:] += np.bincount(bands, minlength=4)
            found[:] += np.bincount(bands[now[sought] == EMPLOYED], minlength=4)
            worked = same & (was == EMPLOYED)
            totals[:] += worked.sum(), (now[worked] == UNEMPLOYED).sum()
        before.update({name: people[name].copy() for name in ("occupant", "status", "months_out")})
        firms = model.tables[Business]
        born.append(sum(int(place.business_flows[0]) for place in model.localities))
        deaths += sum(int(place.business_flows[1]) for place in model.localities)
        businesses += int(firms["is_alive"].sum())
        ages = firms["age"][firms["is_alive"]]
        for k, age in enumerate(AGES):
            if model.month > age:  # born in the run, whose first month is month 1 here
                due[k] += born[model.month - 1 - age]
                alive[k] += int((ages == age).sum())

    run = simulate(scenario, policy=policy, seed=seed, on_month=look, **overrides)
    firms = run.model.tables[Business]
    jobs = (firms["residents"] + firms["commuters_higher"] + firms["commuters_other"]) * firms["is_alive"]
    jobs = jobs[by_sector("market")[firms["sector"]] > 0].astype(np.int64)
    kept = record(run)
    kept.kept = {
        "stock": stock, "found": found, "employed": totals[0], "lost": totals[1],
        "births": sum(born), "deaths": deaths, "businesses": businesses, "months": run.model.month,
        "due": due, "alive": alive, "jobs": int(jobs.sum()), "small": [int(jobs[jobs < size].sum()) for size in SIZES],
    }  # fmt: skip
    return kept


def watch_programme(scenario: Scenario, policy: str, seed: int, **overrides: Any) -> Record:
    """A run of a policy that keeps the rewards paid.

    `kept`: `rewarded` and `most`, GBP of reward grant paid, and of the largest possible, over the whole run and all places.
    """
    run = simulate(scenario, policy=policy, seed=seed, **overrides)
    kept = record(run)
    grant = run.model.policy.instruments.get("reward_grant")
    payments = run.ledger
    paid = payments[(payments["kind"] == "reward_grant") & (payments["pence"] > 0)]
    agreements = (grant.end or run.model.month) // grant.term if grant is not None else 0
    budgets = sum(place.place.governance.net_budget.value for place in run.model.localities)
    coalition = paid[paid["body"].astype(str).str.contains("oalition")]
    kept.kept = {
        "rewarded": float(coalition["pence"].sum()) / 100,
        "most": agreements * grant.share_of_budget * budgets if grant is not None else 0.0,
    }
    return kept


WATCHES: dict[str, Callable[..., Record]] = {
    "nation": watch_nation,
    "recession": watch_nation,
    "places": watch_places,
    "programme": watch_programme,
}
