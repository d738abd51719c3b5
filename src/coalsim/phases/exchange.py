"""Exchange: what passes between places whose borders are open.

Places are a nation then. Who commutes out of one place holds a post in another: month by month as many residents find, keep
and lose work elsewhere as posts are filled, held and ended by in-commuters. Who moves leaves for another place: the nation's
newcomers are those that its places would draw at the start, and what one place wins of them others lose. Distance plays no
part: places meet by their size and by what they offer (a gravity model with balancing factors, Wilson 1971).

Sums over places are exact and shares are given out in the order of their codes, so that the order of places in a file
changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import fsum, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from coalsim.agents.business import Business
from coalsim.agents.locality import Locality
from coalsim.agents.resident import Resident
from coalsim.kernels import hiring, labour
from coalsim.kernels.enterprise import COMMUTERS_LEFT
from coalsim.kernels.maths import power
from coalsim.kernels.random import draw, uniform
from coalsim.kernels.residents import FOUND_OUT, LOST
from coalsim.kernels.streams import COMMUTER
from coalsim.names import EMPLOYED
from coalsim.start.market import as_threshold
from coalsim.start.settling import keys

Line = NDArray[np.int64]  # residents, lowest draw first: draw times 2**30 plus row

# More residents come forward for work elsewhere than posts are expected, so that chance leaves no post empty; posts then go
# to those with the lowest draws.
SPARE = 1.25
QUITS = 2  # number of the draw, after those for two kinds of posts
MOST_ROUNDS, CLOSE_ENOUGH = 50, 1e-6


class Seekers(NamedTuple):
    """Who of a place applies for work this month, and what has become of work elsewhere."""

    higher: Line  # for higher-skilled posts here
    other: Line  # for other posts here
    away: Line  # for work elsewhere, if borders are open; the first `newcomers` of them have moved in with it
    at_risk: Line  # of losing work elsewhere, if borders are open
    newcomers: int
    left: int  # residents who have left work outside


def open_borders(model: Any) -> None:
    """Fix the starting state of what passes between places.

    As many posts fall to in-commuters in a month, at reference tightness, as residents leave work elsewhere.
    """
    nation, world = model.nation, model.settings.world
    nation.beyond = beyond(model)
    departures, away = [], []
    for place in model.localities:
        rates, profile = place.rates, place.profile
        sick = np.stack([1 - profile.ill, profile.ill], axis=-1)
        comes_employed = (rates.newcomer_level[:, :, None] * sick * rates.status[..., EMPLOYED]).sum(axis=(1, 2))
        departures.append(
            labour.expected_departures(
                place.people[:, EMPLOYED], place.market.local, rates.separating + rates.leaving,
                world.life.ageing + rates.moving, comes_employed,
            )
        )  # fmt: skip
        away.append(labour.expected_away(place.seekers, rates.finding, place.market.local))
    nation.found_away_at_start = max(fsum(away), 1e-9)
    quits = fsum(departures) / max(working_away(model), 1)
    for place in model.localities:
        place.market.commuting += place.business_totals[2:4] * (quits - world.labour.commuter_quits)


def working_away(model: Any) -> int:
    """Residents who work outside their place."""
    return sum(place.n_outside for place in model.localities)


def beyond(model: Any) -> int:
    """Residents who work outside their place, less posts that in-commuters hold."""
    return working_away(model) - sum(place.n_commuters for place in model.localities)


def look_around(model: Any) -> None:
    """What each place sees of the others this month: how many search there for work, how good they have become, who moves."""
    nation, displacement = model.nation, model.settings.world.mechanisms.displacement
    seen = model.in_each(look)
    nation.searchers = fsum(one.away for one in seen) / nation.found_away_at_start
    nation.elsewhere = displacement * fsum(one.better for one in seen) / sum(p.n_residents for p in model.localities)
    factors = balancing_factors(seen)
    nation.newcomers = np.array([power(float(factor), displacement) for factor in factors])


class Seen(NamedTuple):
    """What others see of a place this month."""

    away: float  # residents a month who would find work elsewhere if tightness there were the reference
    better: float  # change of quality since the start, summed over residents
    free: NDArray[np.float64]  # (n,) homes that change hands in a month at reference rates
    level: NDArray[np.float64]  # (n, 5) newcomers by level whom neighbourhoods would draw if quality had not changed
    pull: NDArray[np.float64]  # (n, 5) and those whom they draw as they are


def look(model: Any, locality: Locality) -> Seen:
    """What others see of one place."""
    life, rates = model.settings.world.life, locality.rates
    better = locality.quality - locality.at_start["quality"]
    away = labour.expected_away(locality.seekers, rates.finding, locality.market.local) * locality.outside_work
    pull = np.empty_like(rates.newcomer_level)
    sorting = life.sorting_effect * model.settings.world.mechanisms.conditions_to_residents
    labour.pulls(rates.newcomer_level, better, sorting, pull)
    free = locality.n_homes * (life.ageing + rates.moving)
    return Seen(away, locality.mean(better) * locality.n_residents, free, rates.newcomer_level, pull)


def balancing_factors(seen: Sequence[Seen]) -> NDArray[np.float64]:
    """Factors by level (5,) with which the nation's newcomers are of the levels that they would be had no place changed."""
    drawn, factors = np.empty(5), np.ones(5)

    def over_places(wanting: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
        by_place = []
        for place, shares in zip(seen, wanting):
            labour.newcomers_drawn(shares, factors, place.free, drawn)
            by_place.append(drawn.tolist())
        return np.array([fsum(level) for level in zip(*by_place)])

    wanted = over_places(place.level for place in seen)
    for _ in range(MOST_ROUNDS):
        now = over_places(place.pull for place in seen)
        if np.abs(wanted - now).max() <= CLOSE_ENOUGH * wanted.max():
            break
        np.divide(factors * wanted, now, out=factors, where=now > 0)  # nobody is drawn of a level that no place draws
    return factors


def expect(model: Any, chances: Sequence[tuple[float, float]]) -> None:
    """How likely work elsewhere is found this month, given the tightness of every place, and who may lose it."""
    nation, places = model.nation, model.localities
    posts = [float(n) for place in places for n in place.market.commuting]
    each = [chance for both in chances for chance in both]
    nation.chance = fsum(n * chance for n, chance in zip(posts, each)) / max(fsum(posts), 1e-9)
    dismissed = dismissals(model)  # all of them, since in a slump no post may be open to move to at once
    enough = dismissed + 8 * sqrt(dismissed) + 40  # that so many come forward by chance is as good as certain
    nation.at_risk = int(as_threshold(min(1.0, enough / max(working_away(model), 1))))


def dismissals(model: Any) -> int:
    """Posts of in-commuters that closures and layoffs have ended this month."""
    return sum(int(place.business_flows[COMMUTERS_LEFT]) for place in model.localities)


def commute(model: Any, seekers: Sequence[Seekers], chances: Sequence[tuple[float, float]]) -> None:
    """Residents lose and find work elsewhere, as many as in-commuters lose and find posts.

    Some of those dismissed move to another post at once. Who leaves of his own accord leaves a post behind; posts that places
    offer to in-commuters go to those who move at once, to newcomers who bring such work, and to those who search.
    """
    places = model.localities
    posts = model.in_each(offered, chances)
    ended, open_posts = dismissals(model), sum(map(sum, posts))
    at_risk = [one.at_risk.size for one in seekers]
    moving = min(round(model.settings.world.labour.direct_moves * ended), open_posts)
    moving = max(moving, ended - sum(at_risk))
    newcomers = [one.newcomers for one in seekers]
    searching = [one.away.size - one.newcomers for one in seekers]
    first = min(sum(newcomers), open_posts - moving)
    second = min(sum(searching), open_posts - moving - first)
    if first < 0:
        raise ArithmeticError(
            f"month {model.month}: {ended} posts of commuters ended, and too few who hold them were found"
        )
    held = [place.n_commuters - int(place.business_flows[COMMUTERS_LEFT]) for place in places]
    left = sum(one.left for one in seekers)
    if left > sum(held):
        raise ArithmeticError(
            f"month {model.month}: {left} residents gave up work elsewhere, and only {sum(held)} posts of commuters are left"
        )
    share = model.share
    quotas = zip(
        share(ended - moving, at_risk), share(first, newcomers), share(second, searching),
        share(left, held),
        zip(*[iter(share(moving + first + second, [n for both in posts for n in both]))] * 2),
    )  # fmt: skip
    model.in_each(give_out, seekers, list(quotas))


def offered(model: Any, locality: Locality, chances: tuple[float, float]) -> tuple[int, ...]:
    """Posts that a place offers to in-commuters, higher-skilled and other, of those that residents have left open."""
    return tuple(
        min(commuters_wanted(model, locality, k, chances[k]), int(posts.sum(dtype=np.int64)))
        for k, (posts, _) in enumerate(posts_and_commuters(model, locality))
    )


def posts_and_commuters(model: Any, locality: Locality) -> list[tuple[NDArray[np.int32], NDArray[np.int32]]]:
    """Open posts (slots,) and in-commuters (slots,), of higher-skilled and of other posts."""
    table, slots = model.tables[Business], locality.slots
    return [(table[f"vacancies_{kind}"][slots], table[f"commuters_{kind}"][slots]) for kind in ("higher", "other")]


def commuters_wanted(model: Any, locality: Locality, k: int, chance: float) -> int:
    """In-commuters whom a place would take for posts of a kind at a tightness."""
    wanted = locality.market.commuting[k] * chance * model.nation.searchers
    return int(wanted + commuter_luck(model, locality, k)[0])


def commuter_luck(model: Any, locality: Locality, k: int) -> tuple[float, float]:
    """How the number of in-commuters is rounded, and where among the posts the first of them falls, both in (0, 1)."""
    luck = draw(k, model.month, COMMUTER, locality.number, *keys(model))
    return uniform(luck[0]), uniform(luck[1])


def give_out(
    model: Any, locality: Locality, seekers: Seekers, quota: tuple[int, int, int, int, tuple[int, int]]
) -> None:
    """Carry out a place's share in what is lost and found."""
    dismissed, newcomers, found, quits, posts = quota
    table, flows = model.tables[Resident], locality.resident_flows
    status, months_out, employer, home = (
        table[name][locality.homes] for name in ("status", "months_out", "employer", "neighbourhood")
    )
    hiring.dismiss(seekers.at_risk, dismissed, status, months_out, employer, home, flows[:, LOST])
    first = seekers.newcomers
    for start, number in ((0, newcomers), (first, found)):
        last = start + number
        hiring.hire_away(seekers.away, start, last, status, months_out, employer, home, flows[:, FOUND_OUT])
    both = posts_and_commuters(model, locality)
    hiring.let_commuters_go(quits, commuter_luck(model, locality, QUITS)[0], both[0][1], both[1][1])
    locality.business_flows[COMMUTERS_LEFT] += quits
    for k, (vacant, commuters) in enumerate(both):
        offset = commuter_luck(model, locality, k)[1]
        locality.hired[2 + k] = hiring.hire_commuters(posts[k], vacant, offset, commuters)
