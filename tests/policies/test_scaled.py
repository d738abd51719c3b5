"""The same policy for more or less money: what scales, how far, and what that costs in a run."""

import math

import pytest

import coalsim
from coalsim import Policy

LIMITED = [name for name, kind in coalsim.instruments.items() if kind.is_time_limited]
SCALES = {
    "area_grant": ("per_head",),
    "extra_money": ("per_head",),
    "reward_grant": ("share_of_budget",),
    "growth_retention": ("multiplier",),
    "convening_support": ("cost", "gap_closed"),
    "evidence_investment": ("cost",),
    "performance_management": ("cost",),
    "business_engagement": ("cost", "pull"),
}


def policy(**instruments):
    return Policy.model_validate({"name": "any", "instruments": instruments})


@pytest.mark.parametrize("name", LIMITED)
def test_every_instrument_that_brings_money_says_what_grows_with_it(name):
    kind = coalsim.instruments[name]
    assert vars(kind)["scales"] == SCALES[name]
    for setting in kind.scales:
        field = kind.model_fields[setting]
        assert field.annotation is float
        assert [rule.ge for rule in field.metadata if hasattr(rule, "ge")] == [0]


@pytest.mark.parametrize("name", sorted(set(coalsim.instruments) - set(LIMITED)))
def test_an_instrument_that_brings_no_money_does_not_scale(name):
    one = policy(**{name: {}})
    assert coalsim.instruments[name].scales == ()
    assert not one.is_scalable
    assert one.largest_factor == math.inf
    assert one.scaled(1000) == one


@pytest.mark.parametrize("name", LIMITED)
@pytest.mark.parametrize("factor", [0, 0.25, 1.25])
def test_money_and_what_it_buys_grow_in_proportion_and_nothing_else(name, factor):
    before = policy(**{name: {"start": 3, "end": 40}})
    now, then = dict(before.scaled(factor).instruments[name]), dict(before.instruments[name])
    for setting, value in then.items():
        assert now[setting] == (pytest.approx(factor * value) if setting in SCALES[name] else value)


def test_what_money_buys_stops_at_its_bound_while_the_money_grows():
    # 2 x 0.6 of the gap would be more than the whole; 20 x 0.5 more than the largest pull, 5.
    convening = (
        policy(convening_support={"cost": 100_000, "gap_closed": 0.6}).scaled(2).instruments["convening_support"]
    )
    assert (convening.cost, convening.gap_closed) == (200_000, 1)
    engaging = policy(business_engagement={"cost": 20, "pull": 0.5}).scaled(20).instruments["business_engagement"]
    assert (engaging.cost, engaging.pull) == (400, 5)


@pytest.mark.parametrize("name", ["growth_coalition", "extra_money", "business_as_usual", "four_block_laa"])
def test_a_factor_of_one_changes_nothing(four_places, name):
    one = four_places.options[name]
    assert one.scaled(1) == one
    assert one.is_scalable == (name != "business_as_usual")


def test_money_of_nothing_buys_nothing_more():
    free = policy(convening_support={"cost": 0, "gap_closed": 0.5})
    assert not free.is_scalable
    assert free.scaled(2) == free


def test_money_beyond_its_bound_is_refused_with_the_largest_factor():
    # 0.2 of the net budget is the most: 8 times 0.025; the multiplier's most is 1: 1.25 times 0.8.
    one = policy(reward_grant={}, growth_retention={"multiplier": 0.8}, evidence_investment={})
    with pytest.raises(ValueError, match=r"growth_retention\.multiplier: 9 times 0\.8 is above .*, 1; .* is 1\.25"):
        one.scaled(9)
    assert one.largest_factor == 1.25
    assert one.scaled(1.25).instruments["growth_retention"].multiplier == 1


@pytest.mark.parametrize("money", [0.415, 0.7, 0.3, 0.123456789])
def test_the_largest_factor_is_possible(money):
    one = policy(growth_retention={"multiplier": money})
    assert one.scaled(one.largest_factor).instruments["growth_retention"].multiplier == pytest.approx(1)
    with pytest.raises(ValueError, match="largest factor"):
        one.scaled(math.nextafter(one.largest_factor, math.inf))


@pytest.mark.parametrize("factor", [-0.1, math.nan, math.inf, -math.inf])
def test_a_factor_is_a_finite_number_from_nought(factor):
    with pytest.raises(ValueError, match="finite number, 0 or above"):
        policy(extra_money={}).scaled(factor)


def programme_money(small, option):
    """GBP over a run of three years."""
    scenario = small.model_copy(update={"options": {"option": option}})
    return coalsim.simulate(scenario, seed=1, months=36).indicators["programme_money"].sum()


def test_programme_money_is_in_proportion_to_the_factor(small, four_places):
    extra = four_places.options["extra_money"]
    paid = [programme_money(small, extra.scaled(factor)) for factor in (1, 0, 0.5, 2.5)]
    assert paid[1:] == pytest.approx([0, 0.5 * paid[0], 2.5 * paid[0]], rel=1e-6)  # whole pence


def test_programme_money_of_a_growth_coalition_rises_with_the_factor(small, four_places):
    coalition = four_places.options["growth_coalition"]
    paid = [programme_money(small, coalition.scaled(factor)) for factor in (0, 0.5, 1, 2)]
    assert paid[0] == 0
    assert paid == sorted(set(paid))
