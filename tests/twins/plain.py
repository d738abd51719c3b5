"""The model once more as ordinary Mesa agents: one object a resident, one a business, one month as their methods.

Written from what the kernels say they do, not by calling them. Draws (`kernels.random`) and mathematics
(`kernels.maths`) are shared, and so are institutions and the thresholds that a neighbourhood's state leads to
(`kernels.labour`); who does what with them is told again here. After any number of months every column of every agent
is to be exactly equal to the columnar model's: `tests/test_twin.py`.
"""

from __future__ import annotations

import importlib.util
from fractions import Fraction
from typing import Any, NamedTuple

import mesa
import numpy as np

from coalsim import model as columnar
from coalsim.agents.business import Business, by_sector
from coalsim.agents.resident import Resident
from coalsim.kernels import labour
from coalsim.kernels.enterprise import FLOWS as BUSINESS_FLOWS
from coalsim.kernels.maths import exp, logistic, power
from coalsim.kernels.maths import log as ln
from coalsim.kernels.random import draw, normal_word, threshold, uniform
from coalsim.kernels.residents import FLOWS
from coalsim.kernels.streams import (
    BUSINESS_ENGAGE,
    BUSINESS_ENTRY,
    BUSINESS_EXIT,
    BUSINESS_MONTH,
    COMMUTER,
    HIRING,
    RESIDENT_ENGAGE,
    RESIDENT_LIFE,
    RESIDENT_NEWCOMER,
)
from coalsim.names import COHESION, DOMAINS, EMPLOYED, HEALTH, INACTIVE, SECTORS, SKILLS, UNEMPLOYED
from coalsim.phases import exchange
from coalsim.phases.exchange import SPARE
from coalsim.start.market import HIGHER, REACH, as_threshold

OUTSIDE, NOBODY = -2, -1  # employers that are no business
CERTAIN = 2**32
MOST_MONTHS = 32767
TRADABLE, PULL = by_sector("is_tradable"), by_sector("pull")
TIERS = ("other", "higher")  # of posts and of residents; from level 3 one is of the higher tier


# A second copy of the program, with some functions of its phases replaced


def second_copy(module: str, **ours: Any) -> Any:
    """A module run a second time under its own name, with some of its names ours; the first stays as it is."""
    spec = importlib.util.find_spec(module)
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    unknown = ours.keys() - vars(copy).keys()
    if unknown:
        raise AttributeError(f"{module} has no {', '.join(sorted(unknown))} to replace")
    vars(copy).update(ours)
    return copy


def model_with(**phases: dict[str, Any]) -> Any:
    """A second `CoalitionModel` class whose phases have some functions replaced: `labour={"hire": my_hire}`."""
    copies = {f"coalsim.phases.{name}": second_copy(f"coalsim.phases.{name}", **ours) for name, ours in phases.items()}
    month = tuple(copies.get(phase.__name__, phase) for phase in columnar.MONTH)
    return second_copy("coalsim.model", MONTH=month).CoalitionModel


# What the state of a locality means for its residents and businesses this month: the same for both twins


class Chances(NamedTuple):
    """Thresholds of residents' events this month; arrays by neighbourhood (n) where not said otherwise."""

    find: Any  # (n, 5, 2, 4, 4) by level, illness, time out of work: higher post, other post, outside, giving up
    leave_work: Any  # (n, 5, 2, 2) losing work; losing or leaving it
    begin: Any  # (n, 5, 2) beginning to search
    fall_ill: Any  # (n, 5)
    recover: int
    learn: Any  # (n,)
    move: Any  # (n, 2) by tier
    newcomer_level: Any  # (n, 5) cumulative
    newcomer_ill: Any  # (n, 5)
    newcomer_status: Any  # (n, 5, 2, 2) inactive; inactive or unemployed
    stay_local: Any  # (2,) by tier
    direct_moves: float  # share of those laid off who apply for a local post at once
    outside_loss: int  # of losing a job outside to closures and layoffs there


def tightness(model: Any, locality: Any, posts: tuple[int, int]) -> tuple[float, float]:
    """Chance of a match relative to the start for other and for higher posts, given how many are open."""
    market, searching = locality.market, np.empty(2)
    labour.expected_hires(locality.seekers, locality.rates.finding, market.local, REACH, searching)
    elasticity = model.settings.world.labour.matching_elasticity
    higher, other = (
        labour.tightness(
            float(open_posts),
            float(market.vacancies[k]),
            float(searching[k] + market.commuting[k] * model.nation.searchers),
            float(market.searching[k] + market.commuting[k]),
            elasticity,
        )
        for k, open_posts in ((0, posts[1]), (1, posts[0]))
    )
    return other, higher


def chances(model: Any, locality: Any, other: float, higher: float) -> Chances:
    """What residents may expect of a month when posts are so easy to find."""
    world, market, rates, start = model.settings.world, locality.market, locality.rates, locality.at_start
    work, life, strength = world.labour, world.life, world.mechanisms
    n = locality.n_homes.size
    open_posts = int(locality.business_totals[4] + locality.business_totals[5])
    share_engaged = int(locality.business_totals[6]) / open_posts if open_posts else 0.0
    helped = 1 + work.brokerage_effect * strength.brokerage * share_engaged
    find = np.empty((n, 5, 2, 4, 4), dtype=np.int64)
    labour.prospects(
        rates.finding,
        market.local,
        REACH,
        rates.giving_up,
        higher * helped,
        other * helped,
        locality.outside_work * model.nation.chance * (SPARE if model.has_open_borders else 1),
        find,
    )
    encouraged = power(max((higher + other) / 2, 1e-6), work.encouragement)
    fall_ill, learn, move = (np.empty(shape, dtype=np.int64) for shape in ((n, 5), n, (n, 2)))
    newcomer_level = np.empty((n, 5), dtype=np.int64)
    effect = strength.conditions_to_residents
    labour.life_chances(
        np.stack([(locality.condition - start["condition"])[:, d] for d in (SKILLS, HEALTH)], axis=1),
        locality.quality - start["quality"],
        *(rates.falling_ill, life.illness_effect * effect),
        *(rates.learning, life.learning_effect * effect),
        *(life.ageing, rates.moving, life.moving_effect * effect),
        *(rates.newcomer_level, life.sorting_effect * effect),
        *(model.nation.elsewhere, model.nation.newcomers),
        *(fall_ill, learn, move, newcomer_level),
    )
    return Chances(
        find=find,
        leave_work=market.leave_work,
        begin=as_threshold(np.minimum(rates.searching * encouraged, 0.9)),
        fall_ill=fall_ill,
        recover=threshold(life.recovery_rate),
        learn=learn,
        move=move,
        newcomer_level=newcomer_level,
        newcomer_ill=market.newcomer_ill,
        newcomer_status=market.newcomer_status,
        stay_local=as_threshold(market.local),
        direct_moves=work.direct_moves,
        outside_loss=model.nation.at_risk if model.has_open_borders else market.outside_loss,
    )


def engaging(model: Any, locality: Any) -> tuple[int, int, list[int]]:
    """Thresholds of reconsidering, of a business's engaging and of a resident's, the last by neighbourhood."""
    world, coalition = model.settings.world, locality.coalition
    p, life, strength = world.partnership, world.life, world.mechanisms

    def chance(peer: float, at_start: float, now: float, field: float) -> float:
        # Brock and Durlauf (2001), with the inclination under which the starting share stays as it is
        rest = ln(at_start / (1 - at_start)) / (2 * p.beta) - peer * (2 * at_start - 1)
        return logistic(2 * p.beta * (rest + field + peer * (2 * now - 1)))

    profit = float((locality.market.sector_shares * locality.outlook).sum())
    field = p.business_growth_effect * profit + coalition.terms.engagement_support
    peers = p.business_peer * strength.peer_influence
    business = chance(peers, p.business_engaged_share, coalition.business_engagement, field)
    better = locality.condition[:, COHESION] - locality.at_start["condition"][:, COHESION]
    pull = life.engagement_effect * strength.conditions_to_residents
    peers = life.engagement_peer * strength.peer_influence
    residents = [
        chance(peers, life.engaged_share, int(engaged) / int(homes), pull * float(change))
        for engaged, homes, change in zip(locality.engaged, locality.n_homes, better)
    ]
    return threshold(p.reconsidering), threshold(business), [threshold(share) for share in residents]


class Entry(NamedTuple):
    """New businesses of a month: how many, and what they are drawn from."""

    n: int
    mobile: int  # of these, mobile investments; they come first
    any_sector: list[int]  # cumulative thresholds
    tradable_sector: list[int]


def entry(model: Any, locality: Any, attraction: float) -> Entry:
    """How many businesses open this month, and in which sectors they are likely to."""
    world, market = model.settings.world, locality.market
    firms = world.enterprise
    luck = draw(2**31, model.month, BUSINESS_ENTRY, locality.number, *model.key)
    profit = float((market.sector_shares * locality.outlook).sum())
    ordinary = int(market.entrants * exp(firms.entry_response * profit) + uniform(luck[0]))
    mobile = int(market.mobile * attraction * exp(firms.entry_response * model.cycle) + uniform(luck[1]))
    changes = locality.condition - locality.at_start["condition"]
    change = np.array([locality.mean(changes[:, d]) for d in range(len(DOMAINS))])
    pull = firms.sector_response * world.mechanisms.conditions_to_business * (PULL * change).sum(axis=1)
    weights = market.sector_shares * np.array([exp(float(x)) for x in pull])

    def cumulative(parts: Any) -> list[int]:
        passed = np.cumsum(parts)
        return [threshold(float(share)) for share in passed / passed[-1]]

    return Entry(ordinary + mobile, mobile, cumulative(weights), cumulative(weights * TRADABLE))


# Agents


class PlainBusiness(mesa.Agent):
    """A workplace in a slot of its locality."""

    def __init__(self, model: Any, place: PlainPlace, slot: int, occupant: int, **columns: Any):
        super().__init__(model)
        self.place, self.slot, self.occupant = place, slot, occupant
        self.sector = 0
        self.scale = self.shock = self.dither = self.productivity = 0.0
        self.age = self.target = self.residents = 0
        self.commuters = {"other": 0, "higher": 0}
        self.vacancies = {"other": 0, "higher": 0}
        self.is_engaged = self.is_closing = False
        self.layoff = 0  # threshold at which each resident it employs loses the job this month
        for name, value in columns.items():
            setattr(self, name, value)

    @property
    def jobs(self) -> int:
        """Jobs that somebody holds."""
        return self.residents + self.commuters["higher"] + self.commuters["other"]

    def trade(self) -> None:
        """Grow older, take stock, and close, shed jobs or open posts."""
        place, firms = self.place, self.place.firms
        outlook = place.outlook[self.sector]
        self.age += 1
        innovation = firms.shock_sd * float(np.sqrt(1 - firms.shock_persistence**2))
        luck = normal_word(*place.draw(self.slot, BUSINESS_MONTH))
        self.shock = firms.shock_persistence * self.shock + innovation * luck
        closing, higher_leave, other_leave, higher_open = place.draw(self.slot, BUSINESS_EXIT)
        hazard = self.yearly_hazard() / 12 * exp(-firms.exit_response * outlook)
        if closing < threshold(hazard):
            self.give_up()
            return
        self.target = max(1, int(self.scale * exp(outlook + self.shock) + self.dither))
        shed = firms.layoff_speed * (self.jobs - self.target) / self.jobs if self.jobs > self.target else 0.0
        self.layoff = threshold(shed)
        self.lose_commuters(shed, {"higher": higher_leave, "other": other_leave})
        gap = max(self.target - self.jobs, 0)
        self.open_posts(gap, higher_open)

    def yearly_hazard(self) -> float:
        """Hazard of closing, by age and natural size."""
        under = [self.age < months for months in (12, 36, 60)]
        hazard = self.place.hazards[under.index(True) if True in under else 3]
        size = max(self.scale / self.place.unit_size[self.sector], 1.0)
        return hazard * power(size, self.place.firms.exit_size_elasticity)

    def give_up(self) -> None:
        """Close at the end of the month: commuters go at once, residents in the course of their month."""
        self.is_closing = True
        self.layoff = CERTAIN
        self.target = 0
        self.vacancies = {"other": 0, "higher": 0}
        self.place.count("deaths")
        self.place.count("jobs_in_closures", self.jobs)
        self.place.count("commuters_left", self.commuters["higher"] + self.commuters["other"])
        self.commuters = {"other": 0, "higher": 0}

    def lose_commuters(self, shed: float, luck: dict[str, int]) -> None:
        """In-commuters quit or are laid off."""
        model = self.place.model
        leaving = (0 if model.has_open_borders else model.settings.world.labour.commuter_quits) + shed
        for tier in TIERS:
            gone = min(int(self.commuters[tier] * leaving + uniform(luck[tier])), self.commuters[tier])
            self.commuters[tier] -= gone
            self.place.count("commuters_left", gone)

    def open_posts(self, posts: int, luck: int) -> None:
        """Open posts, part of them higher-skilled."""
        higher = int(posts * self.place.higher_share[self.sector] + uniform(luck))
        self.vacancies = {"other": posts - higher, "higher": higher}
        self.place.count("vacancies_opened", posts)

    def engage(self, reconsider: int, choose: int) -> None:
        """Perhaps reconsider working with the coalition."""
        thinks, chooses, _, _ = self.place.draw(self.slot, BUSINESS_ENGAGE)
        if thinks < reconsider:
            self.is_engaged = chooses < choose


class PlainResident(mesa.Agent):
    """Somebody of working age in a home of a neighbourhood."""

    def __init__(
        self,
        model: Any,
        area: Area,
        home: int,
        occupant: int,
        qualification: int,
        is_ill: bool,
        status: int,
        employer: PlainBusiness | int,
        months_out: int = 0,
        is_engaged: bool = False,
    ):
        super().__init__(model)
        self.area, self.home, self.occupant = area, home, occupant
        self.qualification, self.is_ill, self.status = qualification, is_ill, status
        self.employer, self.months_out, self.is_engaged = employer, months_out, is_engaged

    @property
    def tier(self) -> str:
        """The better kind of post that the resident may fill."""
        return "higher" if self.qualification >= 3 else "other"

    @property
    def works_here(self) -> bool:
        """Whether a business of the locality employs the resident."""
        return isinstance(self.employer, PlainBusiness)

    def live(self) -> None:
        """A month: work or search, health, learning; or moving away, and somebody else in the home."""
        if self.status != EMPLOYED:
            self.months_out = min(self.months_out + 1, MOST_MONTHS)
        work, health, moving, learning = self.area.place.draw(self.home, RESIDENT_LIFE)
        was_away = self.employer == OUTSIDE
        if moving < self.area.move[self.tier]:
            newcomer = self.make_room(work)
            self.area.place.left += was_away and newcomer.employer != OUTSIDE
            return
        level, was_ill = self.qualification, self.is_ill
        if self.status == EMPLOYED:
            self.at_work(work)
        elif self.status == UNEMPLOYED:
            self.search(work)
        elif work < self.area.begin[level][was_ill]:
            self.become(UNEMPLOYED, "began_search")
            self.months_out = 0
        self.area.place.left += was_away and self.employer != OUTSIDE
        if was_ill and health < self.area.recover:
            self.is_ill = False
            self.area.count("recovered")
        elif not was_ill and health < self.area.fall_ill[level]:
            self.is_ill = True
            self.area.count("fell_ill")
        if learning < self.area.learn and level < 4:
            self.qualification += 1
            self.area.count("learned")

    def at_work(self, word: int) -> None:
        """Keep the job, lose it, leave it for good, or be laid off, perhaps with another in sight."""
        losing, leaving = self.area.leave_work[self.qualification][self.is_ill]
        shed = self.employer.layoff if self.works_here else self.area.outside_loss
        if word >= leaving + shed:
            return
        if self.model.has_open_borders and self.employer == OUTSIDE and word >= leaving:
            self.area.place.at_risk.append((word, self.home, self))
            return
        had_local_job = self.works_here
        if had_local_job:
            self.employer.residents -= 1
        self.employer = NOBODY
        self.months_out = 0
        if losing <= word < leaving:
            self.become(INACTIVE, "left_work")
            return
        self.become(UNEMPLOYED, "lost_work")
        if had_local_job and leaving <= word < leaving + int(self.area.direct_moves * shed):
            self.apply(word, self.tier)

    def search(self, word: int) -> None:
        """Apply for a local post, find one elsewhere, give up, or go on searching."""
        by_duration = self.area.find[self.qualification][self.is_ill]
        higher, other, outside, giving_up = by_duration[duration_band(self.months_out - 1)]
        if word < higher:
            self.apply(word, "higher")
        elif word < other:
            self.apply(word, "other")
        elif word < outside and self.model.has_open_borders:
            self.area.place.away.append((word, self.home, self))
        elif word < outside:
            self.become(EMPLOYED, "found_outside")
            self.employer = OUTSIDE
            self.months_out = 0
        elif word < giving_up:
            self.become(INACTIVE, "gave_up")

    def become(self, status: int, flow: str) -> None:
        """Change status, and be counted doing so."""
        self.status = status
        self.area.count(flow)

    def apply(self, word: int, tier: str) -> None:
        """Stand in line for local posts of a tier; the lowest word is served first."""
        self.area.place.seekers[tier].append((word, self.home, self))

    def make_room(self, word: int) -> PlainResident:
        """Leave the home to a newcomer, who takes over its local job if employed and the job is safe."""
        area, place = self.area, self.area.place
        level_word, illness_word, status_word, local_word = place.draw(self.home, RESIDENT_NEWCOMER)
        level = sum(level_word >= passed for passed in area.newcomer_level[:4])
        is_ill = illness_word < area.newcomer_ill[level]
        inactive, without_work = area.newcomer_status[level][is_ill]
        status = INACTIVE if status_word < inactive else UNEMPLOYED if status_word < without_work else EMPLOYED
        left = self.employer
        newcomer = PlainResident(self.model, area, self.home, self.occupant + 1, level, is_ill, status, NOBODY)
        area.residents[self.home - area.first_home] = newcomer
        area.count("moved")
        self.remove()
        if self.works_here and status == EMPLOYED and left.layoff < CERTAIN:
            newcomer.employer = left
            return newcomer
        if self.works_here:
            left.residents -= 1
        if status != EMPLOYED:
            return newcomer
        if left != OUTSIDE and local_word < area.stay_local[newcomer.tier]:
            newcomer.status = UNEMPLOYED
            newcomer.apply(word, newcomer.tier)
        elif left != OUTSIDE and self.model.has_open_borders:
            newcomer.status = UNEMPLOYED
            place.brought.append((newcomer.home, newcomer))
        else:
            newcomer.employer = OUTSIDE
        return newcomer

    def work_away(self) -> None:
        """Take work in another place."""
        self.become(EMPLOYED, "found_outside")
        self.employer = OUTSIDE
        self.months_out = 0

    def be_dismissed(self) -> None:
        """Lose work in another place."""
        self.become(UNEMPLOYED, "lost_work")
        self.employer = NOBODY
        self.months_out = 0

    def start_work(self, business: PlainBusiness) -> None:
        """Take a post."""
        self.status = EMPLOYED
        self.employer = business
        self.months_out = 0
        business.residents += 1

    def engage(self, reconsider: int, choose: int) -> None:
        """Perhaps reconsider taking part in the coalition's work."""
        thinks, chooses, _, _ = self.area.place.draw(self.home, RESIDENT_ENGAGE)
        if thinks < reconsider:
            self.is_engaged = chooses < choose


def duration_band(months_out: int) -> int:
    """0 under 6 months out of work, 1 under 12, 2 under 24, 3 from there on."""
    return 0 if months_out < 6 else 1 if months_out < 12 else 2 if months_out < 24 else 3


# The ground they meet on


class Area:
    """A neighbourhood: its residents, and this month's thresholds for them."""

    def __init__(self, place: PlainPlace, index: int):
        self.place, self.index = place, index
        self.row = place.locality.rows.start + index
        self.first_home = int(place.locality.bounds[index])
        self.residents: list[PlainResident] = []

    def offer(self, month: Chances) -> None:
        """Take this neighbourhood's part of the month's thresholds."""
        n = self.index
        for name in set(Chances._fields) - {"move", "stay_local", "recover", "direct_moves", "outside_loss"}:
            setattr(self, name, getattr(month, name)[n].tolist())
        self.move = dict(zip(TIERS, month.move[n].tolist()))
        self.stay_local = dict(zip(TIERS, month.stay_local.tolist()))
        self.recover, self.direct_moves, self.outside_loss = month.recover, month.direct_moves, month.outside_loss
        self.flows = dict.fromkeys(FLOWS, 0)

    def count(self, flow: str) -> None:
        """Note that something happened to a resident."""
        self.flows[flow] += 1


class PlainPlace:
    """A locality's areas of residents and slots of businesses."""

    def __init__(self, model: Any, locality: Any):
        self.model, self.locality = model, locality
        self.firms = model.settings.world.enterprise
        self.hazards, self.unit_size = locality.market.hazards.tolist(), locality.market.unit_size.tolist()
        self.entrant_size = locality.market.entrant_size.tolist()
        self.sector_productivity = locality.market.sector_productivity.tolist()
        self.higher_share = HIGHER.tolist()
        self.slots: list[PlainBusiness | None] = []
        self.occupants: list[int] = []  # how many businesses each slot has held
        self.areas = [Area(self, n) for n in range(locality.n_homes.size)]
        self.look_again()
        self.move_in()

    def look_again(self) -> None:
        """Forget who stood in line last month."""
        self.seekers: dict[str, list[tuple[int, int, PlainResident]]] = {tier: [] for tier in TIERS}
        self.away: list[tuple[int, int, PlainResident]] = []  # for work in other places
        self.brought: list[tuple[int, PlainResident]] = []  # newcomers who bring it
        self.at_risk: list[tuple[int, int, PlainResident]] = []  # of losing it
        self.left = 0  # residents who gave it up

    def move_in(self) -> None:
        """Make agents of the starting columns."""
        tables, locality = self.model.tables, self.locality
        slots = {name: tables[Business][name][locality.slots].tolist() for name in tables[Business]}
        homes = {name: tables[Resident][name][locality.homes].tolist() for name in tables[Resident]}
        self.occupants = slots["occupant"]
        plain = [
            name for name in Business.columns if not name.startswith(("commuters", "vacancies")) and name != "is_alive"
        ]
        for b, is_alive in enumerate(slots["is_alive"]):
            if not is_alive:
                self.slots.append(None)
                continue
            business = PlainBusiness(self.model, self, b, self.occupants[b], **{name: slots[name][b] for name in plain})
            business.commuters = {tier: slots[f"commuters_{tier}"][b] for tier in TIERS}
            business.vacancies = {tier: slots[f"vacancies_{tier}"][b] for tier in TIERS}
            self.slots.append(business)
        plain = ("occupant", "qualification", "is_ill", "status", "months_out", "is_engaged")
        for area, stop in zip(self.areas, locality.bounds[1:].tolist()):
            for home in range(area.first_home, stop):
                boss = homes["employer"][home]
                employer = self.slots[boss - locality.slots.start] if boss >= 0 else boss
                columns = {name: homes[name][home] for name in plain}
                area.residents.append(PlainResident(self.model, area, home, employer=employer, **columns))

    def draw(self, agent: int, stream: int) -> tuple[int, int, int, int]:
        """The four words of an agent of this place this month."""
        return draw(agent, self.model.month, stream, self.locality.number, *self.model.key)

    def businesses(self) -> list[PlainBusiness]:
        """Those that trade, in the order of their slots."""
        return [business for business in self.slots if business is not None]

    def count(self, flow: str, n: int = 1) -> None:
        """Note that something happened to businesses."""
        self.locality.business_flows[BUSINESS_FLOWS.index(flow)] += n

    def posts(self, tier: str) -> int:
        """Posts open."""
        return sum(business.vacancies[tier] for business in self.businesses())

    def open_business(self, order: int, slot: int, plan: Entry) -> None:
        """Let the entrant that comes `order`-th this month into a free slot."""
        number = 2 * (2**20 + order if order < plan.mobile else order - plan.mobile)
        sector_word, size_word, dither_word, posts_word = self.draw(number, BUSINESS_ENTRY)
        luck = self.draw(number + 1, BUSINESS_ENTRY)
        passed = plan.tradable_sector if order < plan.mobile else plan.any_sector
        sector = next((s for s in range(len(SECTORS) - 1) if sector_word < passed[s]), len(SECTORS) - 1)
        firms, size_luck = self.firms, uniform(size_word)
        if order < plan.mobile:
            scale = firms.mobile_size * (0.5 + size_luck)
        else:
            tail = firms.size_exponent - firms.exit_size_elasticity
            scale = min(self.entrant_size[sector] * power(size_luck, -1 / tail), firms.largest_entrant)
        self.occupants[slot] += 1
        business = PlainBusiness(self.model, self, slot, self.occupants[slot], sector=sector, scale=scale)
        business.shock = firms.shock_sd * normal_word(*luck)
        business.dither = uniform(dither_word)
        business.productivity = self.sector_productivity[sector]
        business.target = max(1, int(scale * exp(business.shock) + business.dither))
        business.open_posts(business.target, posts_word)
        self.slots[slot] = business
        self.count("births")

    def take_posts(self, n: int, tier: str, offset: float) -> list[PlainBusiness]:
        """Who hires, when up to `n` of the open posts, numbered through the slots, are filled at even distances."""
        owner = [business for business in self.businesses() for _ in range(business.vacancies[tier])]
        n = min(n, len(owner))
        hiring = [owner[min(int((k + offset) / n * len(owner)), len(owner) - 1)] for k in range(n)]
        for business in hiring:
            business.vacancies[tier] -= 1
        return hiring


# The month


def engage(model: Any, locality: Any) -> None:
    """Each quarter: businesses and residents think again about the coalition."""
    place = model.plain[locality.index]
    reconsider, choose, by_area = engaging(model, locality)
    for business in place.businesses():
        business.engage(reconsider, choose)
    for area in place.areas:
        for resident in area.residents:
            resident.engage(reconsider, by_area[area.index])


def trade(model: Any, locality: Any) -> None:
    """Businesses trade."""
    place = model.plain[locality.index]
    place.outlook = locality.outlook.tolist()
    locality.business_flows[:] = 0
    for business in place.businesses():
        business.layoff = 0
        business.trade()


def enter(model: Any, locality: Any, attraction: float) -> None:
    """New businesses take the first free slots."""
    place, plan = model.plain[locality.index], entry(model, locality, attraction)
    free = [slot for slot, business in enumerate(place.slots) if business is None]
    for order in range(plan.n):
        place.open_business(order, free[order], plan)


def search_and_match(model: Any, locality: Any) -> None:
    """Residents live, posts are filled, and businesses that have closed are cleared away."""
    place = model.plain[locality.index]
    other, higher = tightness(model, locality, (place.posts("other"), place.posts("higher")))
    live_and_hire(model, place, other, higher)
    for k, tier, chance in ((0, "higher", higher), (1, "other", other)):
        (number, luck, _, _) = place.draw(k, COMMUTER)
        wanted = int(locality.market.commuting[k] * chance + uniform(number))
        let_in(place, k, tier, wanted, uniform(luck))
    clear(place)


def live_and_hire(model: Any, place: PlainPlace, other: float, higher: float) -> None:
    """Residents live, and those in line for local posts are hired."""
    locality = place.locality
    month = chances(model, locality, other, higher)
    place.look_again()
    for area in place.areas:
        area.offer(month)
        for resident in list(area.residents):
            resident.live()
        locality.resident_flows[area.index] = list(area.flows.values())
    for k, tier in enumerate(("higher", "other")):
        (luck, _, _, _) = place.draw(k, HIRING)
        in_line = sorted(place.seekers[tier], key=lambda seeker: seeker[:2])
        hiring = place.take_posts(len(in_line), tier, uniform(luck))
        for business, (_, _, resident) in zip(hiring, in_line):
            resident.start_work(business)
        locality.hired[k] = len(hiring)


def let_in(place: PlainPlace, k: int, tier: str, wanted: int, luck: float) -> None:
    """Commuters take open posts of a kind."""
    from_outside = place.take_posts(wanted, tier, luck)
    for business in from_outside:
        business.commuters[tier] += 1
    place.locality.hired[2 + k] = len(from_outside)


def clear(place: PlainPlace) -> None:
    """Businesses that have closed make room."""
    for business in place.businesses():
        if business.is_closing:
            assert business.jobs == 0, "people still work at a closed business"
            place.slots[business.slot] = None
            business.remove()


def labour_month(model: Any) -> None:
    """The labour market of a month: of each place on its own, or of a nation."""
    if not model.has_open_borders:
        for locality in model.localities:
            search_and_match(model, locality)
        return
    exchange.look_around(model)
    places, commuter = model.plain, {}
    tight = [tightness(model, p.locality, (p.posts("other"), p.posts("higher"))) for p in places]
    exchange.expect(model, [(higher, other) for other, higher in tight])
    for place, (other, higher) in zip(places, tight):
        live_and_hire(model, place, other, higher)
        for k, tier, chance in ((0, "higher", higher), (1, "other", other)):
            (number, luck, _, _) = place.draw(k, COMMUTER)
            wanted = int(place.locality.market.commuting[k] * chance * model.nation.searchers + uniform(number))
            commuter[place, tier] = k, min(wanted, place.posts(tier)), uniform(luck)
    in_order = sorted(places, key=lambda place: place.locality.number)
    ended = sum(int(place.locality.business_flows[BUSINESS_FLOWS.index("commuters_left")]) for place in places)
    offers = sum(offered for _, offered, _ in commuter.values())
    at_once = min(round(model.settings.world.labour.direct_moves * ended), offers)
    newcomers = min(sum(len(place.brought) for place in places), offers - at_once)
    searchers = min(sum(len(place.away) for place in places), offers - at_once - newcomers)

    def shared(amount: int, number: Any, items: list[Any] = in_order) -> dict[Any, int]:
        return dict(zip(items, largest_remainder(amount, [number(item) for item in items], model.month)))

    dismissed = shared(ended - at_once, lambda place: len(place.at_risk))
    bringing, found = (
        shared(newcomers, lambda place: len(place.brought)),
        shared(searchers, lambda place: len(place.away)),
    )
    held = lambda place: sum(b.commuters[tier] for b in place.businesses() for tier in TIERS)  # noqa: E731
    quitting = shared(sum(place.left for place in places), held)
    kinds = [(place, tier) for place in in_order for tier in ("higher", "other")]
    coming = shared(at_once + newcomers + searchers, lambda kind: commuter[kind][1], kinds)
    for place in places:
        for _, _, resident in sorted(place.at_risk, key=lambda one: one[:2])[: dismissed[place]]:
            resident.be_dismissed()
        for _, resident in sorted(place.brought, key=lambda one: one[0])[: bringing[place]]:
            resident.work_away()
        for _, _, resident in sorted(place.away, key=lambda one: one[:2])[: found[place]]:
            resident.work_away()
        for area in place.areas:
            place.locality.resident_flows[area.index] = list(area.flows.values())
        quit_posts(place, quitting[place])
        for tier in ("higher", "other"):
            k, _, luck = commuter[place, tier]
            let_in(place, k, tier, coming[place, tier], luck)
        clear(place)


def quit_posts(place: PlainPlace, n: int) -> None:
    """So many commuters leave their posts, evenly over all of them, the higher-skilled of a business first."""
    posts = [(b, tier) for b in place.businesses() for tier in ("higher", "other") for _ in range(b.commuters[tier])]
    (luck, _, _, _) = place.draw(2, COMMUTER)
    for k in range(n):
        business, tier = posts[min(int((k + uniform(luck)) / n * len(posts)), len(posts) - 1)]
        business.commuters[tier] -= 1
    place.count("commuters_left", n)


def largest_remainder(amount: int, weights: list[int], turn: int) -> list[int]:
    """A whole number in whole parts by weights (Hamilton's method); by turns where nobody has any."""
    whole, n = sum(weights), len(weights)
    if not whole:
        return [amount // n + ((k - turn) % n < amount % n) for k in range(n)]
    exact = [Fraction(amount * weight, whole) for weight in weights]
    parts = [int(share) for share in exact]
    first = sorted(range(n), key=lambda k: (parts[k] - exact[k], k))
    for k in first[: amount - sum(parts)]:
        parts[k] += 1
    return parts


def count(model: Any, locality: Any) -> None:
    """Count residents and businesses afresh."""
    place = model.plain[locality.index]
    for counts in (locality.people, locality.seekers, locality.engaged, locality.outside):
        counts[:] = 0
    for area in place.areas:
        people, seekers = locality.people[area.index], locality.seekers[area.index]
        for resident in area.residents:
            level, ill = resident.qualification, int(resident.is_ill)
            people[resident.status, level, ill] += 1
            if resident.status == UNEMPLOYED:
                seekers[level, ill, duration_band(resident.months_out)] += 1
            if resident.employer == OUTSIDE:
                locality.outside[area.index, TIERS.index(resident.tier)] += 1
            locality.engaged[area.index] += resident.is_engaged
    businesses = place.businesses()
    locality.stock[:] = [sum(b.sector == s for b in businesses) for s in range(len(SECTORS))]
    locality.jobs[:] = [sum(b.jobs for b in businesses if b.sector == s) for s in range(len(SECTORS))]
    locality.business_totals[:] = [
        sum(b.is_engaged for b in businesses),
        sum(b.residents for b in businesses),
        *(sum(b.commuters[tier] for b in businesses) for tier in ("higher", "other")),
        *(place.posts(tier) for tier in ("higher", "other")),
        sum(b.vacancies["higher"] + b.vacancies["other"] for b in businesses if b.is_engaged),
    ]
    locality.output = 0.0
    for business in businesses:
        locality.output += business.jobs * business.productivity
    locality.total()


class PlainTwin(
    model_with(
        coalition={"engage": engage},
        enterprise={"trade": trade, "enter": enter},
        labour={"run": labour_month},
        observation={"count": count},
    )
):
    """A coalition model whose residents and businesses are ordinary Mesa agents; it starts from the columns."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.plain = [PlainPlace(self, locality) for locality in self.localities]
        # Nothing can be read from columns that are not there.
        self.tables.clear()
        del self.layoff

    def columns(self) -> dict[str, list[Any]]:
        """Every column of every living agent, by `Kind.column`, in the order of rows."""
        found: dict[str, list[Any]] = {f"Resident.{name}": [] for name in (*Resident.columns, "occupant")}
        found |= {f"Business.{name}": [] for name in (*Business.columns, "occupant", "slot", "layoff")}
        for place in self.plain:
            first = place.locality.slots.start
            for area in place.areas:
                for resident in area.residents:
                    cells = vars(resident) | {"neighbourhood": area.row}
                    if resident.works_here:
                        cells["employer"] = first + resident.employer.slot
                    for name in (*Resident.columns, "occupant"):
                        found[f"Resident.{name}"].append(cells[name])
            for business in place.businesses():
                cells = vars(business) | {"slot": first + business.slot, "is_alive": True}
                cells |= {f"commuters_{tier}": business.commuters[tier] for tier in TIERS}
                cells |= {f"vacancies_{tier}": business.vacancies[tier] for tier in TIERS}
                for name in (*Business.columns, "occupant", "slot", "layoff"):
                    found[f"Business.{name}"].append(cells[name])
        return found
