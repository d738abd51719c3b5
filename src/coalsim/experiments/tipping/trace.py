"""The course of one run, readable: who joined when, what the pot did, which condition moved first, what passed its limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from coalsim.experiments.tipping.criterion import Criterion
from coalsim.experiments.tipping.question import Changes, Question
from coalsim.names import BODIES, DOMAINS
from coalsim.policies.policy import NEVER
from coalsim.results import Run, simulate
from coalsim.scenario.calendar import Month
from coalsim.text import label

if TYPE_CHECKING:
    import pandas as pd

type Array = NDArray[np.float64]

MOVED, LASTING = 0.01, 6  # a condition has moved when it stands this far above business as usual, for so many months


@dataclass(frozen=True)
class Trace:
    """One run beside business as usual on the same luck."""

    title: str
    seed: int
    start: str
    tipped: int | None
    money_ends: int
    membership: dict[str, tuple[tuple[int, int], ...]]  # body: months in which it belonged, from and to
    money: dict[str, Array]  # GBP a month: from the pot, and of the programme; (months + 1,)
    conditions: dict[str, Array]  # (months + 1,)
    lead: dict[str, int | None]  # condition: first month in which it stands above business as usual for good
    measures: dict[str, Array]  # indicators that success is about
    criterion: Criterion
    events: pd.DataFrame

    @property
    def lines(self) -> list[str]:
        """What happened, in the order in which it did."""
        first = Month.parse(self.start)
        return [f"{first + month} (month {month}): {text}" for month, text in self.happenings] + [self._outcome()]

    @property
    def happenings(self) -> list[tuple[int, str]]:
        """Months and what happened in them."""
        return sorted(self._happenings())

    def _happenings(self) -> Iterator[tuple[int, str]]:
        joined: dict[int, list[str]] = {}
        left: dict[int, list[str]] = {}
        for body, spells in self.membership.items():
            for begun, ended in spells:
                joined.setdefault(begun, []).append(label(body))
                if ended < len(next(iter(self.money.values()))) - 1:
                    left.setdefault(ended, []).append(label(body))
        yield from ((month, f"{_list(names)} join{'s' if len(names) == 1 else ''}") for month, names in joined.items())
        yield from ((month, f"{_list(names)} leave{'s' if len(names) == 1 else ''}") for month, names in left.items())
        yield from self._of_the_pot()
        moved = sorted((month, name) for name, month in self.lead.items() if month is not None)
        for k, (month, name) in enumerate(moved):
            order = "first of the conditions" if k == 0 else "then"
            yield (
                month,
                f"{order}, {name} stands {MOVED:g} or more above business as usual, and stays there for {LASTING} months",
            )
        for month, kind, text in self.events[["month", "kind", "text"]].to_numpy():
            if kind in ("rewarded", "tipped"):
                yield int(month), str(text)
        for limit in self.criterion.limits:
            holds = limit.holds(self.measures[limit.indicator])
            if not holds[0] and holds.any():
                yield int(np.argmax(holds)), f"for the first time: {limit} ({holds.mean():.0%} of all months)"
        if 0 < self.money_ends < NEVER:
            yield self.money_ends, "the last programme money has been paid"

    def _of_the_pot(self) -> Iterator[tuple[int, str]]:
        pot = self.money["pot_spend"]
        if pot.any():
            yield int(np.argmax(pot > 0)), f"the pot spends its first money, GBP {pot[np.argmax(pot > 0)]:,.0f}"
            yield int(np.argmax(pot)), f"the pot is at its largest, GBP {pot.max():,.0f} a month"

    def _outcome(self) -> str:
        never = [str(limit) for limit in self.criterion.limits if not limit.holds(self.measures[limit.indicator]).any()]
        if self.tipped is not None:
            return f"It has tipped in month {self.tipped}: {self.criterion}."
        if never:
            return f"It does not tip. Never in any month: {'; '.join(never)}."
        return "It does not tip: every limit holds at times, but not all together for long enough in the end."


def trace(question: Question, where: Changes, seed: int) -> Trace:
    """Run the point again with a seed, and business as usual beside it, and note what happened when."""
    run = simulate(question.at(where), policy=question.policy, seed=seed)
    quiet = simulate(question.at(where), policy=question.counterfactual, seed=seed)
    names = run.model.indicators.names
    values, before = (one.model.indicators.array()[:, question.place] for one in (run, quiet))

    def course(name: str, of: Array = values) -> Array:
        return np.asarray(of[:, names.index(name)])

    conditions = {domain: course(f"condition_{domain}") for domain in DOMAINS}
    place = run.model.localities[question.place]
    events = run.events
    policy = run.model.policy
    return Trace(
        title=f"{question.scenario.name}: {policy.name}"
        + "".join(f", {path.removeprefix('policy.')} {value:.4g}" for path, value in where),
        seed=seed,
        start=question.scenario.start,
        tipped=question.success.tipped_month(values, names, policy.money_ends),
        money_ends=policy.money_ends,
        membership=_membership(run, place.name),
        money={name: course(name) for name in ("pot_spend", "programme_money")},
        conditions=conditions,
        lead={
            domain: _for_good(values - course(f"condition_{domain}", before) >= MOVED)
            for domain, values in conditions.items()
        },
        measures={limit.indicator: course(limit.indicator) for limit in question.success.limits},
        criterion=question.success,
        events=events[events["locality"] == place.name],
    )


def _membership(run: Run, place: str) -> dict[str, tuple[tuple[int, int], ...]]:
    """Spells of membership of each body; one that lasts ends with the run."""
    spells: dict[str, list[tuple[int, int]]] = {body: [] for body in BODIES}
    for month, where, kind, text in run.model.events:
        if where == place and kind in ("joined", "left"):
            body = text.split()[0]
            if kind == "joined":
                spells[body].append((month, run.model.month))
            else:
                spells[body][-1] = (spells[body][-1][0], month)
    return {body: tuple(those) for body, those in spells.items()}


def _for_good(holds: NDArray[np.bool_]) -> int | None:
    """First month from which it holds for some months running."""
    running = 0
    for month, one in enumerate(holds):
        running = running + 1 if one else 0
        if running == LASTING:
            return month - LASTING + 1
    return None


def _list(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
