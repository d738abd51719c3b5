"""The coalition model: a month is an ordered tuple of phases."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from mesa.datacollection import DataCollector

from coalsim.agents.business import Business
from coalsim.agents.central_government import CentralGovernment
from coalsim.agents.coalition import Coalition
from coalsim.agents.council import Council
from coalsim.agents.locality import Locality
from coalsim.agents.nation import Nation
from coalsim.agents.public_service import PublicService
from coalsim.agents.resident import Resident
from coalsim.columns import ColumnModel
from coalsim.indicators import Indicators, record, self_sustaining
from coalsim.kernels.maths import apportion
from coalsim.kernels.random import key
from coalsim.ledger import COALITION, GOVERNMENT, PROVIDERS, Ledger
from coalsim.loading import check_overrides, load_scenario
from coalsim.names import SERVICES
from coalsim.phases import (
    change,
    coalition,
    conditions,
    enterprise,
    exchange,
    labour,
    observation,
    services,
    settlement,
)  # fmt: skip
from coalsim.policies import Policy
from coalsim.scenario.schema import Scenario
from coalsim.start import memory, settling

if TYPE_CHECKING:
    from coalsim.snapshot import Snapshot

MONTH = (settlement, services, coalition, conditions, change, enterprise, labour, observation)


class CoalitionModel(ColumnModel):
    """Councils, services, businesses and residents of one or more places under one policy, month by month.

    Parameters
    ----------
    scenario : Scenario, or path of a scenario file
    policy : str, optional
        Name of one of the scenario's options; the last by default.
    world : str, optional
        Name of another world file to use.
    rng : int, optional
        Seed, 0 to 2**64 - 1; 0 by default. The same seed meets the same luck under every policy.
    threads : int, optional
        Localities run side by side on this many threads; the results do not depend on it.
    **overrides
        Any field of the scenario, or a dotted path such as `**{"policy.pooled_fund.share": 0.3}`.
    """

    def __init__(
        self,
        scenario: Scenario | str | Path,
        *,
        policy: str | None = None,
        world: str | None = None,
        rng: int | None = None,
        threads: int = 1,
        **overrides: Any,
    ):
        seed = 0 if rng is None else int(rng)
        key(seed)  # a bad seed is told before anything is read
        settings = load_scenario(scenario, world=world, policy=policy, **overrides)
        policy_name = policy or list(settings.options)[-1]
        check_overrides(settings, policy_name, overrides)
        memory.check(settings)
        self._found(settings, policy_name, settings.options[policy_name], seed, threads)
        self.in_each(settling.settle)
        self.in_each(settling.balance)
        if self.has_open_borders:
            exchange.open_borders(self)
        for locality in self.localities:
            locality.at_start["sustaining"] = locality.is_sustaining = self_sustaining(self, locality)
        record(self)
        self.datacollector.collect(self)

    def _found(self, settings: Scenario, policy_name: str, policy: Policy, seed: int, threads: int) -> None:
        """Everything but a state, which `settling` draws and a `Snapshot` brings back."""
        self.key = key(seed)
        super().__init__(rng=seed)
        self.seed = seed
        self.threads = max(1, min(threads, os.cpu_count() or 1, 64))
        self.settings = settings
        self.policy_name = policy_name
        self.policy = policy
        self.month = 0
        self.cycle, self.outside_work, self.job_loss = 0.0, 1.0, 0.0
        self.earlier_money_ended = 0  # first month without time-limited money of the policies before this one
        self.ledger = Ledger()
        self.events: list[tuple[int, str, str, str]] = []
        self.government = CentralGovernment(self)
        self.nation = Nation()
        self.localities = self._found_localities()
        self.adopted = self._adopted()
        self.indicators = Indicators()
        self.datacollector = IndicatorCollector(
            self.indicators.names,
            agenttype_reporters={Coalition: {"pot": "pot", "breadth": "breadth", "evidence": "evidence"}},
        )

    def step(self) -> None:
        """One month: in each phase the policies in force act, then the phase runs."""
        self.ledger.open_month(self.month)
        self.cycle, self.outside_work, self.job_loss = enterprise.cycle(self)
        for locality in self.localities:
            locality.open_month()
        in_force = [(one, places) for policy, places in self.adopted for one in policy.in_force(self.month)]
        for phase in MONTH:
            for instrument, places in in_force:
                if phase.__name__.endswith(f".{instrument.phase}"):
                    instrument.act(self, places)
            phase.run(self)
        self.month += 1
        self.running = self.month < self.settings.months
        self.datacollector.collect(self)

    def adopt(self, policy: Policy) -> None:
        """Let another policy be in force from the next month on, whatever the scenario's options say.

        Its instruments' months count from the scenario's start, as in a file. What the place has become stays: members,
        plans, targets; rewards promised are paid only while a reward grant is in force. `settings` keeps saying what was
        asked for at the start; `policy` and `policy_name` say what is in force, by the option's name where it is one.

        Raises
        ------
        TypeError
            If it is not a policy.
        """
        if not isinstance(policy, Policy):
            raise TypeError(f"adopt({policy!r:.80}): give a Policy, such as settings.options[{self.policy_name!r}]")
        if policy == self.policy:
            return
        begun = [one for one in self.policy.instruments.values() if one.brings_money and one.start < self.month]
        ended = [self.month if one.money_ends is None else min(one.money_ends, self.month) for one in begun]
        self.earlier_money_ended = max(self.earlier_money_ended, *ended, 0)
        self.policy_name = next((name for name, one in self.settings.options.items() if one == policy), policy.name)
        self.policy = policy
        self.adopted = self._adopted()

    @property
    def money_ends(self) -> int:
        """First month without time-limited money, of the policies in force and of those before; see `Policy.money_ends`."""
        return max(*(policy.money_ends for policy, places in self.adopted if places), self.earlier_money_ended)

    def _adopted(self) -> list[tuple[Policy, list[Locality]]]:
        """Policies in force and the places of each: the policy where it is adopted, the counterfactual everywhere else."""
        places, found = self.localities, []
        for policy in (self.policy, next(iter(self.settings.options.values()))):
            everywhere = [locality.place for locality in self.localities]
            chosen = range(len(everywhere)) if policy.where is None else policy.where.adopters(everywhere)
            found.append((policy, [place for place in places if place.index in set(chosen)]))
            places = [place for place in places if place.index not in set(chosen)]
        return found

    def snapshot(self) -> Snapshot:
        """The state between two months, to go on from later, elsewhere, with other luck or under another policy."""
        from coalsim.snapshot import Snapshot

        return Snapshot.of(self)

    def _found_localities(self) -> list[Locality]:
        """Tables, localities and their bodies, all empty."""
        homes = settling.n_homes(self.settings)
        slots = [settling.n_slots(n, self.settings) for n in homes]
        self.add_table(Resident, sum(homes))
        self.add_table(Business, sum(slots))
        self.layoff = np.zeros(sum(slots), dtype=np.int64)
        localities: list[Locality] = []
        home = slot = row = 0
        for index, place in enumerate(self.settings.places):
            locality = Locality(index, place, homes[index], home, slots[index], slot, row)
            locality.services = [PublicService(self, locality, name) for name in SERVICES]
            locality.council = Council(self, locality)
            locality.coalition = Coalition(self, locality)
            localities.append(locality)
            home, slot, row = home + homes[index], slot + slots[index], row + place.neighbourhoods
        return localities

    @property
    def has_open_borders(self) -> bool:
        """Whether commuters and movers of one place come from and go to the others."""
        return self.settings.borders == "open"

    def in_each[T](self, act: Callable[..., T], *of_each: Sequence[Any]) -> list[T]:
        """Do something in every locality, with what `of_each` holds for it; returns what comes of it.

        On threads where asked for, since localities share nothing within a phase.
        """
        if self.threads == 1 or len(self.localities) == 1:
            return [act(self, *one) for one in zip(self.localities, *of_each)]
        found: list[Any] = [None] * len(self.localities)

        def work(block: list[int]) -> None:
            for k in block:
                found[k] = act(self, self.localities[k], *(each[k] for each in of_each))

        for done in [pool(self.threads, os.getpid()).submit(work, block) for block in self._blocks]:
            done.result()
        return found

    @cached_property
    def _blocks(self) -> list[list[int]]:
        """Localities in four blocks a thread of about equal size, the largest first (Graham 1969)."""
        sizes = [locality.n_residents for locality in self.localities]
        blocks: list[list[int]] = [[] for _ in range(min(4 * self.threads, len(sizes)))]
        loads = [0] * len(blocks)
        for k in sorted(range(len(sizes)), key=sizes.__getitem__, reverse=True):
            least = loads.index(min(loads))
            blocks[least].append(k)
            loads[least] += sizes[k]
        return [sorted(block) for block in blocks]

    # What instruments use

    def pay_programme(self, locality: Locality, payer: str, payee: str, kind: str, pence: int) -> None:
        """Pay time-limited money of the policy, and remember that it was."""
        self.ledger.pay(locality.name, payer, payee, kind, pence)
        locality.time_limited += pence
        locality.top_slice += pence

    def buy(self, locality: Locality, kind: str, pounds_a_year: float) -> None:
        """Pay a month of something that central government buys for the partnership."""
        pence = round(100 * pounds_a_year / 12)
        self.pay_programme(locality, GOVERNMENT, COALITION, kind, pence)
        self.ledger.pay(locality.name, COALITION, PROVIDERS, kind, pence)

    def split(self, pence: int, weights: Sequence[float]) -> list[int]:
        """Whole pence in proportion to weights, adding up exactly; who gets an odd penny turns with the month."""
        parts = np.empty(len(weights), dtype=np.int64)
        apportion(pence, np.array(weights, dtype=np.float64), parts, self.month)
        return [int(part) for part in parts]

    def share(self, amount: int, weights: Sequence[float]) -> list[int]:
        """A whole amount split among the localities, or as many items of each, in proportion to weights, adding up exactly.

        The split does not depend on the order in which places stand.
        """
        items = len(weights) // len(self.localities)
        by_code = sorted(range(len(self.localities)), key=lambda k: self.localities[k].number)
        order = [items * k + item for k in by_code for item in range(items)]
        shares = [0] * len(weights)
        for k, part in zip(order, self.split(amount, [weights[k] for k in order])):
            shares[k] = part
        return shares

    def tell(self, locality: Locality, kind: str, text: str) -> None:
        """Note an event for `run.events`."""
        self.events.append((self.month, locality.name, kind, text))

    def __repr__(self) -> str:
        names = ", ".join(locality.name for locality in self.localities)
        return f"<CoalitionModel of {names} under {self.policy.name}: month {self.month} of {self.settings.months}>"


@cache
def pool(threads: int, process: int) -> ThreadPoolExecutor:
    """Threads that stay for the whole process, which is named because threads do not follow into another."""
    return ThreadPoolExecutor(threads)


class IndicatorCollector(DataCollector):
    """Mesa's collector, taking the indicators that the month has already measured instead of measuring them again."""

    def __init__(self, names: tuple[str, ...], **reporters: Any):
        super().__init__(model_reporters={name: f"indicators.{name}" for name in names}, **reporters)

    def collect(self, model: CoalitionModel) -> None:
        """Each indicator as last recorded, mean over localities weighted by residents, and whatever else is reported."""
        own: dict[str, str] = self.model_reporters
        self.model_reporters: dict[str, str] = {}
        try:
            super().collect(model)
        finally:
            self.model_reporters = own
        self._collection_steps.append(model.time)
        values = model.indicators.latest([locality.place.adults for locality in model.localities])
        for name, value in zip(own, values):
            self.model_vars[name].append(value)
