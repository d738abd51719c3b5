"""Column sets do what Mesa's sets do: the truth is a plain-Mesa town with the same values."""

import numpy as np
import pytest
from columns_town import Council, PlainShop, PlainWorker, Shop, Town, Worker, places

from coalsim.columns import ColumnSet, ListedSet


@pytest.mark.parametrize("names", ["skill", "age", "is_owner", "is_old", ["age", "skill"], ["is_old", "group"], []])
def test_get_agrees(town, plain, names):
    found = town.workers.get(names)
    assert found == plain.workers.get(names)
    assert repr(found) == repr(plain.workers.get(names))  # Python scalars, not NumPy's


def test_get_fills_in_for_an_unknown_name_as_mesa_does(town, plain):
    wanted = plain.workers.get(["age", "shoes"], handle_missing="default", default_value=0)
    assert town.workers.get(["age", "shoes"], handle_missing="default", default_value=0) == wanted
    with pytest.raises(AttributeError, match="shoes"):
        town.workers.get("shoes")
    with pytest.raises(ValueError, match="handle_missing"):
        town.workers.get("age", handle_missing="ignore")


def test_references_are_got_as_handles(town, plain):
    ours = [None if shop is None else shop.row for shop in town.workers.get("employer")]
    assert ours == [None if shop is None else shop.unique_id - 1 for shop in plain.workers.get("employer")]


@pytest.mark.parametrize("func", [sum, min, max, len, np.mean, np.std, np.median, [min, max, sum, np.mean]])
@pytest.mark.parametrize("name", ["skill", "age", "group", "is_owner", "is_old"])
def test_agg_agrees(town, plain, name, func):
    # NumPy adds an array in the same order as it adds the list it makes an array of.
    assert town.workers.agg(name, func) == plain.workers.agg(name, func)


def test_agg_of_small_integers_does_not_overflow(town):
    town.workers.set("group", 255)
    assert town.workers.agg("group", lambda v: sum(v)) == 255 * len(town.workers)
    assert town.workers.agg("group", sum) == 255 * len(town.workers)


SELECTIONS = [
    {},
    {"filter_func": lambda a: a.age > 40},
    {"filter_func": lambda a: a.age > 40, "at_most": 5},
    {"at_most": 7},
    {"at_most": 0},
    {"at_most": 0.5},
    {"at_most": 1.0},
    {"at_most": 10_000},
    {"filter_func": lambda a: False},
]


@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize("how", SELECTIONS)
def test_select_agrees(town, plain, how, inplace):
    theirs = plain.workers.select(**how)
    ours = town.workers.select(**how, inplace=inplace)
    assert isinstance(ours, ColumnSet)
    assert places(ours) == places(theirs)


def test_select_by_an_array_is_select_by_a_function(town):
    workers = town.workers
    assert workers.select(workers["age"] > 40).to_list() == workers.select(lambda a: a.age > 40).to_list()
    assert places(workers.select(workers["age"] > 40, at_most=3)) == np.flatnonzero(workers["age"] > 40)[:3].tolist()
    for wrong in (np.ones(3, bool), workers["age"]):
        with pytest.raises(ValueError, match="300 boolean values"):
            workers.select(wrong)


def test_select_by_type(town):
    assert len(town.workers.select(agent_type=Worker)) == len(town.workers)
    assert len(town.workers.select(agent_type=Shop)) == 0


@pytest.mark.parametrize("by", ["group", "is_owner", "age", "is_old", lambda a: a.age // 10])
def test_groupby_agrees(town, plain, by):
    ours, theirs = town.workers.groupby(by), plain.workers.groupby(by)
    assert list(ours.groups) == list(theirs.groups)
    assert ours.count() == theirs.count()
    assert ours.agg("skill", sum) == theirs.agg("skill", sum)
    assert {k: places(v) for k, v in ours} == {k: places(v) for k, v in theirs}
    listed = town.workers.groupby(by, result_type="list")
    assert {k: places(v) for k, v in listed} == {k: places(v) for k, v in theirs}
    assert listed.agg("age", max) == theirs.agg("age", max)


def test_groupby_a_reference_gives_the_agents_referred_to(town):
    groups = town.workers.groupby("employer")
    shop = town.shops[3]
    assert None in groups
    assert groups[shop].get("employer") == [shop] * len(groups[shop])


@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("key", ["skill", "group", "is_owner", "is_old", "unique_id", lambda a: -a.age])
def test_sort_agrees_ties_included(town, plain, key, ascending):
    assert places(town.workers.sort(key, ascending)) == places(plain.workers.sort(key, ascending))


def test_shuffle_makes_the_same_draws_as_mesa(town, plain):
    assert places(town.workers.shuffle()) == places(plain.workers.shuffle())
    ours, theirs = [], []
    town.workers.shuffle_do(lambda a: ours.append(a.age))
    plain.workers.shuffle_do(lambda a: theirs.append(a.age))
    assert ours == theirs


def test_do_and_map_agree(town, plain):
    assert town.workers.do("grow", 2)["age"].tolist() == plain.workers.do("grow", 2).get("age")
    assert town.workers.map("grow", years=3) == plain.workers.map("grow", years=3)
    assert town.workers.map(lambda a, k: a.age * k, 2) == plain.workers.map(lambda a, k: a.age * k, 2)


def test_set_agrees_and_takes_one_value_for_each(town, plain):
    assert town.workers.select(lambda a: a.is_owner).set("age", 33).get("age")
    plain.workers.select(lambda a: a.is_owner).set("age", 33)
    assert town.workers.get("age") == plain.workers.get("age")
    chosen = town.workers.sort("age")
    chosen.set("skill", np.arange(len(chosen)))
    assert chosen["skill"].tolist() == list(range(len(chosen)))
    with pytest.raises(ValueError, match="one value or 300"):
        chosen.set("skill", [1, 2])
    with pytest.raises(AttributeError, match="skill"):
        chosen.set("skil", 1)


def test_the_live_set_shows_the_column_and_a_selection_a_copy(town):
    live, chosen = town.workers["age"], town.workers.select(at_most=10)["age"]
    assert np.shares_memory(live, town.tables[Worker]["age"])
    assert not np.shares_memory(chosen, town.tables[Worker]["age"])
    for array in (live, chosen):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_positions_slices_and_membership(town):
    workers = town.workers
    assert workers[0] == workers.to_list()[0]
    assert workers[-1].row == 299
    assert isinstance(workers[5:8], ColumnSet)
    assert places(workers[5:8]) == [5, 6, 7]
    assert workers[6] in workers[5:8]
    assert workers[9] not in workers[5:8]
    assert town.shops[6] not in workers
    with pytest.raises(IndexError):
        workers[300]
    with pytest.raises(TypeError, match="select"):
        workers[1.5]
    with pytest.raises(KeyError, match="skill"):
        workers["skil"]


def test_set_operators_keep_the_agents(town):
    young, owners = town.workers.select(lambda a: a.age < 40), town.workers.select(lambda a: a.is_owner)
    assert set(young & owners) == set(young) & set(owners)
    assert set(young | owners) == set(young) | set(owners)
    assert set(young - owners) == set(young) - set(owners)
    assert young | owners == owners | young
    assert young != owners
    assert set(young | town.shops) == set(young) | set(town.shops)


@pytest.mark.parametrize("method", ["add", "discard", "remove"])
def test_sets_are_not_changed_agent_by_agent(town, method):
    for agents in (town.workers, town.agents):
        with pytest.raises(TypeError, match="select"):
            getattr(agents, method)(town.workers[0])


def test_lazy_sets_survive_without_anybody_holding_their_handles(town):
    # Mesa's AgentSet holds weak references, and handles put in one vanish at once.
    mixed = Town(councils=2, rng=1).agents
    assert len(mixed.shuffle()) == len(mixed)
    assert len(mixed.sort("unique_id")) == len(mixed)
    assert len(mixed.select(lambda a: True)) == len(mixed)
    assert len(town.workers.shuffle().sort("age").select(at_most=9)[2:]) == 7


# Plain and column agents side by side


def test_the_model_lists_plain_and_column_kinds():
    town = Town(councils=3, rng=1)
    assert town.agent_types == [Council, Shop, Worker]
    assert list(town.agents_by_type) == town.agent_types
    assert len(town.agents) == 3 + 20 + 300
    assert [type(a) for a in town.agents][:4] == [Council, Council, Council, Shop]
    assert len({a.unique_id for a in town.agents}) == len(town.agents)
    assert next(iter(town.agents)) in town.agents
    assert town.workers[4] in town.agents
    assert town.agents[5] == town.shops[2]
    assert len(town.agents[1:5]) == 4


def test_a_model_without_tables_is_mesa_itself():
    from coalsim.columns import ColumnModel

    model = ColumnModel(rng=np.int64(3))
    agents = [Council(model, 0.1) for _ in range(3)]
    assert model.agents.to_list() == agents
    assert model.agent_types == [Council]
    model.remove_all_agents()
    assert len(model.agents) == 0


def test_mixed_sets_select_group_and_map():
    town = Town(councils=3, rng=1)
    agents = town.agents
    assert isinstance(agents.select(agent_type=Worker), ColumnSet)
    assert len(agents.select(agent_type=Council)) == 3
    assert len(agents.select(agent_type=PlainShop)) == 0
    assert [type(a) for a in agents.select(at_most=4)] == [Council] * 3 + [Shop]
    assert len(agents.select(at_most=0.5)) == 161
    mask = np.zeros(len(agents), bool)
    mask[[0, 3, -1]] = True
    assert [type(a) for a in agents.select(mask)] == [Council, Shop, Worker]
    people = agents.select(lambda a: not isinstance(a, Shop))
    assert people.groupby("group").count()[9] == 3
    assert people.groupby("group", result_type="list").count()[9] == 3
    assert sum(people.groupby("group").count().values()) == 303
    assert people.agg("skill", len) == 303
    assert people.get("skill") == [a.skill for a in people]
    assert people.set("skill", 0.5).agg("skill", set) == {0.5}
    assert agents.get("jobs", "default", -1)[:3] == [-1, -1, -1]
    assert agents.map(lambda a: type(a)) == [type(a) for a in agents]
    ordered = people.sort("skill")
    assert isinstance(ordered, ListedSet)
    assert ordered.count(lambda a: isinstance(a, Council)) == 3
    assert [a.row for a in ordered.select(agent_type=Worker, at_most=2)] == [0, 1]
    assert len(ordered.select(np.arange(303) < 10, at_most=0.01)) == 3


def test_a_mixed_set_forgets_those_who_leave():
    town = Town(councils=2, rng=1)
    listed, snapshot = town.agents.shuffle(), town.agents.copy()
    town.agents[0].remove()
    town.tables[Worker].replace([0, 1])
    assert len(listed) == len(snapshot) == len(town.agents) - 2
    town.agents.do(lambda a: a.remove() if isinstance(a, Shop) else None)
    assert len(town.shops) == 0


def test_sets_show_themselves(town):
    town.tables[Worker]["employer"] = np.where(np.arange(300) % 2, -1, -2)
    html = town.workers._repr_html_()
    assert "300 Worker, the first 10 shown" in html
    assert "outside" in html
    assert "making" in town.shops._repr_html_()
    assert "skill" in town.workers[0]._repr_html_()
    assert "320 agents" in town.agents._repr_html_()
    frame = town.workers.to_frame(["age", "employer"])
    assert frame["age"].tolist() == town.workers.get("age")
    assert frame.index.dtype == np.int64


def test_plain_twin_has_the_same_workers(plain):
    assert len(plain.agents_by_type[PlainWorker]) == 300
