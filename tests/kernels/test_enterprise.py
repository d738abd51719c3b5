"""A month of businesses, told again one by one from the same draws."""

import numpy as np
import pytest

from coalsim.kernels.enterprise import census, close, engage, enter, exit_hazard, jobs_at_risk, trade
from coalsim.kernels.random import draw, key, normal_word, threshold, uniform
from coalsim.kernels.streams import BUSINESS_ENGAGE, BUSINESS_ENTRY, BUSINESS_EXIT, BUSINESS_MONTH

KEY, PLACE, MONTH = key(11), 2, 5
HAZARDS, ELASTICITY, SPEED, QUITS = np.array([0.9, 0.6, 0.5, 0.3]), -0.35, 0.4, 0.1
OUTLOOK = np.array([0.2, -0.3, 0.0, 0.1, -0.1, 0.05])
HIGHER, UNIT = np.array([0.2, 0.3, 0.4, 0.5, 0.6, 0.1]), np.array([1.0, 2.0, 1.5, 0.8, 1.2, 3.0])
RESPONSE, PERSISTENCE, INNOVATION = 0.7, 0.9, 0.1
CERTAIN = 2**32


def hazard(age, size):
    return HAZARDS[sum(age >= birthday for birthday in (12, 36, 60))] * max(size, 1.0) ** ELASTICITY


def businesses(n=1200, seed=2):
    """Columns of so many slots, more than are drawn for at a time, a tenth of them free."""
    rng = np.random.default_rng(seed)
    column = {"sector": rng.integers(0, 6, n), "scale": 0.5 + rng.pareto(1.2, n) * 3, "shock": rng.normal(0, 0.3, n),
              "dither": rng.uniform(size=n), "age": rng.integers(0, 90, n), "target": rng.integers(1, 30, n)}  # fmt: skip
    counts = ("residents", "commuters_higher", "commuters_other")
    column |= {name: rng.integers(0, 6, n) for name in counts}
    column |= {"is_alive": rng.uniform(size=n) < 0.9, "is_closing": np.zeros(n, dtype=bool)}
    column |= {"vacancies_higher": rng.integers(0, 4, n), "vacancies_other": rng.integers(0, 4, n)}
    return column | {"layoff": np.full(n, 77)}


def traded(column, month=MONTH):
    flows = np.full(5, 9)
    trade(
        PLACE, month, *KEY, *column.values(), OUTLOOK, HIGHER, UNIT, PERSISTENCE, INNOVATION, HAZARDS, ELASTICITY, RESPONSE,
        SPEED, QUITS, flows,
    )  # fmt: skip
    return flows


def trade_of(b, was):
    """What one business's month makes of it, and what it adds to the flows."""
    now = dict(was, layoff=0)
    flows = dict.fromkeys(("births", "deaths", "jobs_in_closures", "commuters_left", "vacancies_opened"), 0)
    if not was["is_alive"]:
        return now, flows
    s = was["sector"]
    now["age"] += 1
    now["shock"] = PERSISTENCE * was["shock"] + INNOVATION * normal_word(*draw(b, MONTH, BUSINESS_MONTH, PLACE, *KEY))
    closing, *leaving, skilled = draw(b, MONTH, BUSINESS_EXIT, PLACE, *KEY)
    jobs = was["residents"] + was["commuters_higher"] + was["commuters_other"]
    yearly = hazard(now["age"], was["scale"] / UNIT[s]) * np.exp(-RESPONSE * OUTLOOK[s])
    if int(closing) < threshold(float(yearly / 12)):
        gone = was["commuters_higher"] + was["commuters_other"]
        now |= {"is_closing": True, "layoff": CERTAIN, "target": 0, "vacancies_higher": 0, "vacancies_other": 0}
        now |= {"commuters_higher": 0, "commuters_other": 0}
        return now, flows | {"deaths": 1, "jobs_in_closures": jobs, "commuters_left": gone}
    now["target"] = max(1, int(was["scale"] * np.exp(OUTLOOK[s] + now["shock"]) + was["dither"]))
    shed = max(0.0, SPEED * (jobs - now["target"]) / jobs) if jobs else 0.0
    now["layoff"] = threshold(shed)
    for kind, word in zip(("commuters_higher", "commuters_other"), leaving):
        now[kind] -= min(int(was[kind] * (QUITS + shed) + uniform(word)), was[kind])
        flows["commuters_left"] += was[kind] - now[kind]
        jobs -= was[kind] - now[kind]
    gap = max(now["target"] - jobs, 0)
    now["vacancies_higher"] = int(gap * HIGHER[s] + uniform(skilled))
    now["vacancies_other"] = gap - now["vacancies_higher"]
    return now, flows | {"vacancies_opened": gap}


def test_every_business_has_the_month_that_it_should():
    column = businesses()
    before = [dict(zip(column, row)) for row in zip(*(values.tolist() for values in column.values()))]
    flows = traded(column)
    expected = [trade_of(b, was) for b, was in enumerate(before)]
    assert flows.tolist() == [sum(one[name] for _, one in expected) for name in expected[0][1]]
    for name, values in column.items():
        assert values == pytest.approx([now[name] for now, _ in expected], rel=1e-13), name
    # Equal is worth something only where each has happened.
    assert 20 < flows[1] < 300
    assert (flows[2:] > 20).all()
    assert ((column["layoff"] > 0) & (column["layoff"] < CERTAIN)).sum() > 20


def test_larger_and_older_businesses_close_less_often():
    for age in (0, 11, 12, 35, 36, 59, 60, 500):
        for size in (0.5, 1.0, 1.5, 20.0):
            assert exit_hazard(age, size, HAZARDS, ELASTICITY) == pytest.approx(hazard(age, size), rel=1e-14)


def test_posts_at_risk_are_targets_times_a_months_hazard():
    column = businesses(200)
    names = ("sector", "scale", "age", "target", "is_alive")
    expected = sum(
        target * hazard(age, scale / UNIT[sector]) / 12
        for sector, scale, age, target, is_alive in zip(*(column[name].tolist() for name in names))
        if is_alive
    )
    found = jobs_at_risk(*(column[name] for name in names), UNIT, HAZARDS, ELASTICITY)
    assert found == pytest.approx(expected, rel=1e-12)


ENTRANTS = ("sector", "scale", "shock", "dither", "age", "target", "productivity", "residents", "is_alive",
            "is_engaged", "occupant", "vacancies_higher", "vacancies_other")  # fmt: skip
ANY, TRADABLE = (np.array([threshold(x) for x in np.cumsum(parts)]) for parts in
                 ((0.2, 0.1, 0.3, 0.1, 0.2, 0.1), (0.5, 0.0, 0.2, 0.0, 0.0, 0.3)))  # fmt: skip
PRODUCTIVITY = np.array([3e4, 4e4, 5e4, 6e4, 7e4, 2e4])


def entered(n, mobile, is_alive):
    """Columns after entry, how many were turned away, and the flows."""
    column = {name: np.full(is_alive.size, 3.0) for name in ENTRANTS}
    column |= {"is_alive": is_alive.copy(), "occupant": np.arange(is_alive.size)}
    flows = np.zeros(5, dtype=np.int64)
    left = enter(
        PLACE, MONTH, *KEY, n, mobile, 40.0, *column.values(), ANY, TRADABLE, HIGHER, PRODUCTIVITY, UNIT, 1.1, 25.0, 0.3, flows
    )  # fmt: skip
    return column, left, flows


def test_entrants_are_drawn_by_their_order_and_take_the_first_free_slots():
    is_alive = np.arange(130) % 3 == 0
    column, left, flows = entered(60, 15, is_alive)
    free = np.flatnonzero(~is_alive)
    assert left == 0
    assert (np.flatnonzero(column["is_alive"] & ~is_alive) == free[:60]).all()
    for k, b in enumerate(free[:60]):
        is_mobile = k < 15
        number = 2 * (2**20 + k if is_mobile else k - 15)
        sector_word, size_word, dither_word, posts_word = draw(number, MONTH, BUSINESS_ENTRY, PLACE, *KEY)
        shock = 0.3 * normal_word(*draw(number + 1, MONTH, BUSINESS_ENTRY, PLACE, *KEY))
        s = int((int(sector_word) >= (TRADABLE if is_mobile else ANY)[:5]).sum())
        u = uniform(size_word)
        scale = 40 * (0.5 + u) if is_mobile else min(UNIT[s] * u ** (-1 / 1.1), 25.0)
        target = max(1, int(scale * np.exp(shock) + uniform(dither_word)))
        higher = int(target * HIGHER[s] + uniform(posts_word))
        expected = (
            s,
            scale,
            shock,
            uniform(dither_word),
            0,
            target,
            PRODUCTIVITY[s],
            0,
            1,
            0,
            b + 1,
            higher,
            target - higher,
        )
        assert [float(column[name][b]) for name in ENTRANTS] == pytest.approx(expected, rel=1e-13)
    others = np.setdiff1d(np.arange(130), free[:60])
    untouched = [name for name in ENTRANTS if name not in ("is_alive", "occupant")]
    assert all((column[name][others] == 3).all() for name in untouched)
    assert flows.tolist() == [60, 0, 0, 0, column["target"][free[:60]].sum()]
    assert (column["scale"][free[15:60]] == 25).any()


def test_who_finds_no_free_slot_is_turned_away():
    is_alive = np.array([True, False, True, False, True])
    for n, away in ((1, 0), (2, 0), (3, 1), (7, 5)):
        column, left, flows = entered(n, 1, is_alive)
        assert left == away
        assert flows[0] == n - away == column["is_alive"].sum() - 3


def test_closing_clears_slots_and_counts_who_is_left_behind():
    is_closing, is_alive = np.array([True, False, True]), np.array([True, True, True])
    left = close(is_closing, is_alive, np.array([0, 5, 1]), np.array([0, 5, 2]), np.array([0, 5, 4]))
    assert left == 7
    assert is_alive.tolist() == [False, True, False]
    assert not is_closing.any()
    nobody = np.zeros(3, dtype=np.int64)
    assert close(np.ones(3, dtype=bool), is_alive, nobody, nobody, nobody) == 0


def test_businesses_think_again_and_choose_by_two_words():
    rng = np.random.default_rng(1)
    is_alive, was = rng.uniform(size=300) < 0.8, rng.uniform(size=300) < 0.5
    now, reconsider, choose = was.copy(), threshold(0.4), threshold(0.3)
    engage(PLACE, MONTH, *KEY, is_alive, now, reconsider, choose)
    for b in range(300):
        thinks, chooses, _, _ = map(int, draw(b, MONTH, BUSINESS_ENGAGE, PLACE, *KEY))
        assert now[b] == (chooses < choose if is_alive[b] and thinks < reconsider else was[b])


def test_a_word_on_a_threshold_is_beyond_it():
    thinks, chooses, _, _ = map(int, draw(0, MONTH, BUSINESS_ENGAGE, PLACE, *KEY))
    for above in (0, 1):
        now = np.array([True])
        engage(PLACE, MONTH, *KEY, np.array([True]), now, thinks + above, 0)
        assert now[0] == (not above)
        engage(PLACE, MONTH, *KEY, np.array([True]), now, CERTAIN, chooses + above)
        assert now[0] == bool(above)
    sector_word = int(draw(0, MONTH, BUSINESS_ENTRY, PLACE, *KEY)[0])
    for above in (0, 1):
        column = [np.zeros(1) for _ in ENTRANTS]
        enter(PLACE, MONTH, *KEY, 1, 0, 40.0, *column, np.full(6, sector_word + above), TRADABLE, HIGHER, PRODUCTIVITY, UNIT,
              1.1, 25.0, 0.3, np.zeros(5, dtype=np.int64))  # fmt: skip
        assert column[0][0] == (0 if above else 5)


def test_a_census_adds_up_the_living():
    column = businesses(250)
    rng = np.random.default_rng(9)
    engaged, productivity = rng.uniform(size=250) < 0.4, rng.uniform(2e4, 6e4, 250)
    stock, jobs, totals = np.full(6, 7), np.full(6, 7), np.full(7, 7)
    names = ("residents", "commuters_higher", "commuters_other", "vacancies_higher", "vacancies_other")
    counts = [column[name] for name in names]
    output = census(column["sector"], column["is_alive"], engaged, productivity, *counts, stock, jobs, totals)
    alive = column["is_alive"]
    here = counts[0] + counts[1] + counts[2]
    assert stock.tolist() == np.bincount(column["sector"][alive], minlength=6).tolist()
    assert jobs.tolist() == np.bincount(column["sector"][alive], here[alive], minlength=6).tolist()
    at_engaged = (counts[3] + counts[4])[alive & engaged].sum()
    assert totals.tolist() == [(alive & engaged).sum(), *(one[alive].sum() for one in counts), at_engaged]
    assert output == pytest.approx((here * productivity)[alive].sum(), rel=1e-13)
