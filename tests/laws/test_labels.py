"""What carries no meaning changes no number: names, files, order, threads, and what stands beside.

Renamed may be places, options, policies, worlds, shocks, files and the scenario. A place's `code` may not: it keys every
draw made in the place, the map included. Nor may homes or slots be permuted: their numbers are part of the address of
their luck, and posts are handed out in the order of slots. Of the order of options, the first is the counterfactual and
has a meaning.
"""

import json

import pytest
from drawn import (
    NAMES,
    NOTHING,
    codes,
    differences,
    law,
    places,
    policies,
    run,
    scenarios,
    seeds,
    told,
    with_,
)  # fmt: skip
from hypothesis import given
from hypothesis import strategies as st

from coalsim import load_scenario
from coalsim.indicators import indicators
from coalsim.indicators.indicator import Indicator

pytestmark = pytest.mark.slow

names = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)


def renamed(scenario, new):
    """The scenario under other names."""
    places = [place.model_copy(update={"name": name}) for place, name in zip(scenario.places, new)]
    now = {old.name: place.name for old, place in zip(scenario.places, places)}
    options = {}
    for option, name in zip(scenario.options.values(), new[3:]):
        where = option.where
        if where is not None and where.places is not None:
            where = where.model_copy(update={"places": [now[one] for one in where.places]})
        options[name] = option.model_copy(update={"name": name, "where": where})
    shocks = [shock.model_copy(update={"name": new[0]}) for shock in scenario.world.shocks]
    world = scenario.world.model_copy(update={"name": new[1], "shocks": shocks})
    return with_(scenario, name=new[2], places=places, options=options, world=world)


@law
@given(scenarios(), st.lists(names, min_size=5, max_size=5, unique=True), seeds)
def test_names_change_no_number(scenario, new, seed):
    """No name is in the address of a draw, and nothing is sorted by name."""
    other = renamed(scenario, new)
    assert differences(told(run(scenario, seed=seed)), told(run(other, new[4], seed))) == []


@law
@given(scenarios(), seeds)
def test_files_by_any_name_hold_the_same_scenario(tmp_path_factory, scenario, seed):
    """A file says what its keys say; its own name only names the option."""
    folder = tmp_path_factory.mktemp("files")

    def write(family, name, part):
        path = folder / family / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(part.model_dump(mode="json", exclude_none=True)), encoding="utf-8")
        return f"{family}/{name}.yaml"

    whole = scenario.model_dump(mode="json", exclude={"places", "world", "options"})
    whole["places"] = [write("places", f"p{k}", place) for k, place in enumerate(scenario.places)]
    whole["world"] = write("worlds", "w", scenario.world)
    whole["options"] = [write("policies", f"o{k}", option) for k, option in enumerate(scenario.options.values())]
    (folder / "s.yaml").write_text(json.dumps(whole), encoding="utf-8")
    assert differences(told(run(scenario, seed=seed)), told(run(load_scenario(folder / "s.yaml"), "o1", seed))) == []


@law
@given(scenarios(fewest=2), policies(), st.randoms(use_true_random=False), seeds)
def test_order_and_threads_change_nothing(scenario, third, random, seed):
    """Places meet through exact sums only, and what is shared out goes by code; instruments set terms of their own."""

    def shuffled(items):
        return random.sample(list(items), len(items))

    options = dict(shuffled({**scenario.options, "third": third}.items()))
    drawn = options["drawn"]
    options["drawn"] = drawn.model_copy(update={"instruments": dict(shuffled(drawn.instruments.items()))})
    world = scenario.world.model_copy(update={"shocks": shuffled(scenario.world.shocks)})
    other = with_(scenario, places=shuffled(scenario.places), options={"nothing": NOTHING} | options, world=world)
    assert differences(told(run(scenario, seed=seed)), told(run(other, seed=seed, threads=2))) == []


# One more


@law
@given(scenarios(), policies(), seeds)
def test_another_counterfactual_changes_nothing_for_who_adopts_another_policy(scenario, other, seed):
    """Those who adopt a policy know no other."""
    everywhere = scenario.options["drawn"].model_copy(update={"where": None})
    one, two = (
        with_(scenario, options={"nothing": first, "drawn": everywhere, "more": other}) for first in (NOTHING, other)
    )
    assert differences(told(run(one, seed=seed)), told(run(two, seed=seed))) == []


@law
@given(st.data(), seeds)
def test_one_more_place_changes_nothing_where_none_competes(data, seed):
    """With closed borders, or with no displacement of investment, places share nothing.

    But for the money that a reward grant sets aside for all of them (`pot` below 1), and for policies adopted by a number of
    places, which one more may be among.
    """
    scenario = data.draw(scenarios(most=2, borders=("closed", "investment"), policy=lambda where: policies(pot=1.0)))
    if scenario.borders == "investment":
        mechanisms = scenario.world.mechanisms.model_copy(update={"displacement": 0.0})
        scenario = with_(scenario, world=scenario.world.model_copy(update={"mechanisms": mechanisms}))
    taken = {place.code for place in scenario.places}
    code = data.draw(codes(1).filter(lambda new: new[0] not in taken))[0]
    more = data.draw(places(NAMES[2], code))
    whole = with_(
        scenario,
        places=data.draw(st.permutations([*scenario.places, more])),
        sample=max(scenario.sample, 20.001 * more.neighbourhoods / more.adults),
    )
    alone = with_(scenario, sample=whole.sample)
    among = told(run(whole, seed=seed))
    del among[code]
    assert differences(told(run(alone, seed=seed)), among) == []


@law
@given(scenarios(), seeds)
def test_one_more_indicator_changes_nothing(scenario, seed):
    """An indicator reads; even one that draws from the model's own generators moves nobody's keyed draws."""
    alone = told(run(scenario, seed=seed))
    reads = Indicator("one_more", lambda model, _: model.random.random() + model.rng.random(), "1", "", "place")
    try:
        indicators.register("one_more", reads)
        among = told(run(scenario, seed=seed))
    finally:
        indicators._members.pop("one_more", None)
    for place in among.values():
        del place["indicator one_more"]
    assert differences(alone, among) == []
