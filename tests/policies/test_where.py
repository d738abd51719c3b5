"""Where a policy is adopted: whom each way chooses, what the others do, and what is refused."""

import re
from pathlib import Path

import numpy as np
import pytest

from coalsim import CoalitionModel, load_scenario
from coalsim.policies import Policy
from coalsim.policies.where import Where
from coalsim.results import simulate
from coalsim.scenario.errors import Misfit, ScenarioError
from coalsim.scenario.nation import read_nation

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SCENARIO = SCENARIOS / "four_places.yaml"
NAMES = ["Walsall", "Telford and Wrekin", "Slough", "South Northamptonshire"]


@pytest.fixture(scope="module")
def england():
    return read_nation(SCENARIOS / "nation" / "england_2006.yaml", root=SCENARIOS)


def some(**where):
    """The four places for a year, with the growth coalition somewhere."""
    scenario = load_scenario(SCENARIO, sample=0.05, months=13, borders="closed")
    policy = scenario.options["growth_coalition"].model_copy(update={"where": Where(**where)})
    return scenario.model_copy(update={"options": {**scenario.options, "somewhere": policy}})


def adopters(scenario):
    model = CoalitionModel(scenario, policy="somewhere")
    (policy, here), (other, rest) = model.adopted
    assert (policy.name, other.name) == ("Growth coalition", "Business as usual")
    assert sorted(place.name for place in [*here, *rest]) == sorted(NAMES)
    return [place.name for place in here]


@pytest.mark.parametrize(
    ("where", "chosen"),
    [
        ({"places": ["Slough", "Walsall"]}, ["Walsall", "Slough"]),  # in the order of the scenario
        ({"renewal_areas": True}, ["Walsall"]),
        ({"most_deprived": 2}, ["Walsall", "Telford and Wrekin"]),
        ({"most_deprived": 4}, NAMES),
    ],
)
def test_places_are_chosen_as_stated(where, chosen):
    assert adopters(some(**where)) == chosen


def test_the_most_deprived_are_those_with_the_highest_scores(england):
    chosen = Where(most_deprived=50).adopters(england)
    scores = np.array([place.deprivation.mean_score.value for place in england])
    assert set(chosen) == set(np.argsort(-scores, kind="stable")[:50])


def test_a_lot_draws_so_many_evenly_and_larger_ones_take_in_smaller_ones(england):
    few, many = (set(Where(at_random=n).adopters(england)) for n in (40, 177))
    assert (len(few), len(many)) == (40, 177)
    assert few < many
    assert set(Where(at_random=177, draw=1).adopters(england)) != many
    times = np.bincount(
        np.concatenate([Where(at_random=177, draw=k).adopters(england) for k in range(400)]), minlength=354
    )
    assert abs(times - 200).max() < 5 * 10  # binomial, standard deviation 10


def test_a_lot_is_the_same_in_any_order_of_places(england):
    names = {england[k].name for k in Where(at_random=100).adopters(england)}
    turned = england[::-1]
    assert {turned[k].name for k in Where(at_random=100).adopters(turned)} == names


def test_adopters_do_as_if_all_adopted_and_the_others_as_if_none_did():
    scenario = some(places=["Slough", "Telford and Wrekin"])
    mixed, everywhere, nowhere = (
        simulate(scenario, policy=policy, seed=3).model.indicators.array()
        for policy in ("somewhere", "growth_coalition", "business_as_usual")
    )
    assert np.array_equal(mixed[:, [1, 2]], everywhere[:, [1, 2]])
    assert np.array_equal(mixed[:, [0, 3]], nowhere[:, [0, 3]])
    assert not np.array_equal(everywhere, nowhere)


def test_a_policy_adopted_later_keeps_to_its_places():
    scenario = some(most_deprived=1)
    model = CoalitionModel(scenario, policy="business_as_usual", rng=1)
    model.step()
    model.adopt(scenario.options["somewhere"])
    again = model.snapshot().restore()
    for one in (model, again):
        one.step()
        assert [place.coalition.terms.offered_share > 0 for place in one.localities] == [True, False, False, False]


def test_where_can_be_changed_by_its_path():
    scenario = some(at_random=1)
    chosen = [adopters(load_scenario(scenario, **{"policy.where.draw": k})) for k in range(12)]
    assert {tuple(one) for one in chosen} == {(name,) for name in NAMES}
    assert len(adopters(load_scenario(scenario, **{"policy.where.at_random": 3}))) == 3


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({}, "give one of places, renewal_areas, most_deprived, at_random; found none"),
        ({"most_deprived": 1, "at_random": 1}, "found most_deprived and at_random"),
        ({"most_deprived": 1, "draw": 2}, "goes with at_random only"),
        ({"at_random": 0}, "greater than or equal to 1"),
        ({"places": []}, "at least 1 item"),
    ],
)
def test_a_way_that_is_none_is_refused(where, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        Where(**where)


@pytest.mark.parametrize(
    ("where", "words", "hint"),
    [
        ({"places": ["Walsal"]}, "there is no place 'Walsal'", "did you mean 'Walsall'?"),
        ({"places": ["Slough", "Slough"]}, "Slough is listed twice", ""),
        ({"most_deprived": 5}, "5 are more than the 4 places that there are", ""),
        ({"at_random": 5}, "5 are more than the 4 places that there are", ""),
    ],
)
def test_places_that_are_not_there_are_refused(where, words, hint):
    with pytest.raises(Misfit) as caught:
        CoalitionModel(some(**where), policy="somewhere")
    assert words in caught.value.message
    assert caught.value.hint == hint


def test_a_place_without_renewal_cannot_be_a_renewal_area():
    with pytest.raises(ScenarioError, match="none of the places is a neighbourhood-renewal area") as caught:
        load_scenario(SCENARIOS / "slough.yaml", policy="growth_coalition_in_renewal_areas")
    assert caught.value.problems[0].file == "--policy growth_coalition_in_renewal_areas"


def test_more_adopters_than_places_are_refused_by_path():
    with pytest.raises(ScenarioError, match="9 are more than the 4 places"):
        load_scenario(some(at_random=1), **{"policy.where.at_random": 9})


def test_a_policy_without_where_has_none_to_change():
    assert Policy(name="everywhere").where is None
    with pytest.raises(ScenarioError, match="no option has this instrument"):
        load_scenario(SCENARIO, **{"policy.where.at_random": 1})
