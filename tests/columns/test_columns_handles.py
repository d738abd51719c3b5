"""Handles: values, identity, references and what happens once the agent has gone."""

import copy
import pickle

import mesa
import numpy as np
import pytest
from columns_town import OUTSIDE, Shop, Town, Worker

from coalsim.columns import NONE, Column, ColumnAgent, ColumnModel, Reference, RemovedAgentError, columns_of, take


def test_a_handle_is_a_mesa_agent_with_python_values(town):
    worker = town.workers[7]
    assert isinstance(worker, mesa.Agent)
    assert type(worker.age) is int
    assert type(worker.skill) is float
    assert type(worker.is_owner) is bool
    assert type(worker.unique_id) is int
    assert worker.model is town
    assert worker.random is town.random
    assert worker.pos is None
    worker.age = 44
    assert town.tables[Worker]["age"][7] == 44


def test_identity_is_the_agents(town):
    first, again, other = town.workers[7], town.workers[7], town.workers[8]
    assert first is not again
    assert first == again
    assert hash(first) == hash(again)
    assert first != other
    assert first != town.shops[7]
    assert len({first, again, other, town.shops[7]}) == 3


def test_ids_fit_int64_and_are_never_used_again(town):
    seen = set()
    for _ in range(5):
        seen |= set(town.workers["unique_id"].tolist()) | set(town.shops["unique_id"].tolist())
        town.tables[Worker].replace(np.arange(300))
        town.tables[Shop].replace(np.arange(20))
    assert len(seen) == 5 * 320
    assert max(seen) < 2**63
    assert [w.unique_id for w in town.workers] == town.workers["unique_id"].tolist() == town.workers.get("unique_id")
    town.tables[Worker]["occupant"][:] = 2**32 - 1
    assert town.workers[299].unique_id == town.workers["unique_id"][299] > max(seen)


@pytest.mark.parametrize("value", [2**40, -(2**40), 2**80, 1.5, float("nan"), float("inf")])
def test_a_value_that_does_not_fit_is_refused(town, value):
    worker = town.workers[0]
    before = worker.age
    with pytest.raises(ValueError, match=r"Worker\.age .*-32768 to 32767"):
        worker.age = value
    with pytest.raises(ValueError, match=r"Worker\.age"):
        town.workers.set("age", value)
    assert worker.age == before


def test_values_of_the_wrong_sort_are_refused(town):
    with pytest.raises(TypeError, match="age"):
        town.workers[0].age = "old"
    with pytest.raises(ValueError, match="True or False"):
        town.workers[0].is_owner = 2
    with pytest.raises(ValueError, match="-1 does not fit"):
        town.tables[Worker]["group"] = np.array([-1])
    town.workers[0].age = 30.0
    town.workers[0].is_owner = 1
    assert (town.workers[0].age, town.workers[0].is_owner) == (30, True)


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_the_ends_of_64_bits_are_guarded(dtype):
    column, bounds = Column(dtype), np.iinfo(dtype)
    for end in (bounds.min, bounds.max):
        assert column.stored(None, end) == end
    for beyond in (int(bounds.max) + 1, float(bounds.max), -(2.0**64)):
        with pytest.raises(ValueError, match="does not fit"):
            column.stored(None, beyond)


def test_floats_too_large_for_the_column_are_refused():
    column = Column(np.float32)
    assert np.isnan(column.stored(None, np.nan))
    with pytest.raises(ValueError, match="1e\\+300"):
        column.stored(None, 1e300)


def test_stray_attributes_raise_and_name_the_nearest_column(town):
    worker = town.workers[0]
    with pytest.raises(AttributeError, match="did you mean 'skill'"):
        _ = worker.skil
    with pytest.raises(AttributeError, match="did you mean 'skill'"):
        worker.skil = 1.0
    for name, value in {"unique_id": 1, "model": None, "grow": None, "is_old": True, "shoes": 3}.items():
        with pytest.raises(AttributeError):
            setattr(worker, name, value)
    with pytest.raises(AttributeError, match="forgotten"):
        worker.pos = (1, 2)
    worker.pos = None
    assert not hasattr(worker, "shoes")


def test_agents_are_not_made_one_by_one(town):
    with pytest.raises(TypeError, match="add_table"):
        Worker(town)
    with pytest.raises(TypeError, match="add_table"):
        Worker.create_agents(town, 3)


# Leaving


def test_a_replaced_agent_is_gone_and_the_newcomer_is_somebody_else(town):
    old, kept = town.workers[7], town.workers.select(at_most=10)
    town.tables[Worker].replace([7])
    new = town.workers[7]
    assert old != new
    assert old.unique_id != new.unique_id
    assert not old.is_current
    assert new.is_current
    assert len(kept) == 9
    assert new not in kept
    assert old not in town.workers
    assert "left" in repr(old)
    assert "left" in old._repr_html_()
    with pytest.raises(RemovedAgentError, match="row 7 has since been given to occupant 1"):
        _ = old.age
    with pytest.raises(RemovedAgentError):
        old.age = 3
    with pytest.raises(LookupError):
        old.grow()


def test_a_kernel_may_count_occupants_itself(town):
    old = town.workers[7]
    town.tables[Worker]["occupant"][7] += 1
    with pytest.raises(RemovedAgentError):
        _ = old.age


def test_a_closed_slot_is_skipped_and_may_be_used_again(town):
    shop, table = town.shops[5], town.tables[Shop]
    shop.remove()
    shop.remove()  # as in Mesa, twice does nothing
    assert len(town.shops) == 19
    assert 5 not in [s.row for s in town.shops]
    assert town.shops["jobs"].tolist() == np.delete(table["jobs"], 5).tolist()
    assert not town.shops["jobs"].flags.writeable
    assert town.shops.get("jobs") == town.shops["jobs"].tolist()
    town.shops.set("jobs", 1)
    assert table["jobs"][5] != 1
    with pytest.raises(RemovedAgentError, match=r"is_alive of row 5 is False"):
        _ = shop.jobs
    with pytest.raises(RemovedAgentError, match="stands empty"):
        table.agent(5)
    table.replace([5])
    table["is_alive"][5] = True
    assert table.agent(5) != shop
    assert not shop.is_current


def test_rows_that_never_stand_empty_cannot_be_removed(town):
    with pytest.raises(TypeError, match="replace"):
        town.workers[0].remove()
    assert len(town.workers) == 300


def test_those_who_leave_while_others_act_are_passed_over(town):
    def close_the_next(shop):
        met.append(shop.row)
        if shop.row % 2 == 0:
            town.tables[Shop].agent(shop.row + 1).remove()

    met = []
    town.shops.do(close_the_next)
    assert met == list(range(0, 20, 2))


def test_rows_out_of_range_are_refused(town):
    table = town.tables[Worker]
    for rows in ([300], [-1], [0.5], np.ones(3)):
        with pytest.raises(IndexError, match="0 to 299"):
            table.replace(rows)
    with pytest.raises(ValueError, match="300"):
        table.replace(np.ones(3, bool))
    table.replace([])
    table.replace(np.arange(300) < 2)
    assert table["occupant"].sum() == 2


# References


def test_none_never_reads_the_last_row(town):
    town.shops[19].jobs = 2**31 - 1  # poison
    worker = town.workers[0]
    worker.employer = None
    assert town.tables[Worker]["employer"][0] == NONE
    assert worker.employer is None
    town.workers.set("employer", NONE)
    assert set(town.workers.get("employer")) == {None}
    assert take(town.tables[Shop]["jobs"], town.workers["employer"], 0).max() == 0


def test_take_reads_rows_and_fills_the_rest():
    array = np.array([1.5, 2.5, np.inf])
    np.testing.assert_array_equal(take(array, [1, NONE, 0, OUTSIDE], np.nan), [2.5, np.nan, 1.5, np.nan])
    assert take(array, [], 0).shape == (0,)
    assert take(np.arange(6).reshape(3, 2), [[0, NONE]], 9).tolist() == [[[0, 1], [9, 9]]]
    with pytest.raises(IndexError):
        take(array, [3], 0)


def test_references_are_handles_none_or_a_declared_word(town):
    worker = town.workers[0]
    worker.employer = town.shops[4]
    assert worker.employer == town.shops[4]
    assert worker.employer.jobs == town.shops[4].jobs
    worker.employer = "outside"
    assert town.tables[Worker]["employer"][0] == OUTSIDE
    assert worker.employer == "outside"
    worker.friend = town.workers[9]
    assert worker.friend == town.workers[9]
    town.workers[:2].set("employer", [town.shops[1], None])
    assert town.workers[:2].get("employer") == [town.shops[1], None]


def test_a_reference_nowhere_is_refused(town):
    worker = town.workers[0]
    for wrong in (20, -3, "inside", 2**40, town.workers[1], Town(rng=1).shops[0]):
        with pytest.raises(ValueError, match="employer"):
            worker.employer = wrong
    with pytest.raises(ValueError, match="employer"):
        town.workers.set("employer", np.full(300, -3))
    town.tables[Worker]["employer"][0] = -3
    with pytest.raises(ValueError, match="-3"):
        _ = worker.employer
    closed = town.shops[2]
    closed.remove()
    with pytest.raises(RemovedAgentError):
        worker.employer = closed


def test_a_reference_to_an_empty_slot_says_so_when_read(town):
    town.workers[0].employer = town.shops[2]
    town.shops[2].remove()
    with pytest.raises(RemovedAgentError, match="Shop"):
        _ = town.workers[0].employer.jobs


# Declarations


def test_the_class_gives_the_declaration():
    assert Shop.jobs.unit == "jobs"
    assert Shop.sector.labels == ("making", "serving")
    assert list(Shop.columns) == ["sector", "jobs", "is_alive"]
    assert "Shop.jobs: int32, jobs" in repr(Shop.jobs)


def test_the_data_dictionary_holds_every_column():
    frame = columns_of(Worker).set_index("name")
    assert list(frame.index) == list(Worker.columns)
    assert frame.loc["age", ["dtype", "unit", "doc"]].tolist() == ["int16", "years", "Age."]
    assert "-2 outside" in frame.loc["employer", "values"]
    assert "1 serving" in Shop.describe().set_index("name").loc["sector", "values"]


def test_memory_is_what_the_columns_say(town):
    assert Worker.nbytes_per_row() == 4 + 4 + 4 + 8 + 2 + 1 + 1
    assert town.tables[Worker].nbytes_per_row == Worker.nbytes_per_row()
    assert town.tables[Worker].nbytes == 300 * Worker.nbytes_per_row()


def test_mistaken_declarations_are_refused():
    with pytest.raises(TypeError, match="model"):
        type("Bad", (ColumnAgent,), {"model": Column(np.int8)})
    with pytest.raises(TypeError, match="occupant"):
        type("Bad", (ColumnAgent,), {"occupant": Column(np.int8)})
    with pytest.raises(TypeError, match="is_alive"):
        type("Bad", (ColumnAgent,), {"alive_column": "alive", "is_alive": Column(np.bool_)})
    with pytest.raises(TypeError, match="dtype"):
        Column("U8")
    with pytest.raises(TypeError, match="ColumnAgent"):
        Reference(mesa.Agent)
    with pytest.raises(ValueError, match="-2"):
        Reference(Shop, codes={-1: "outside"})


def test_kinds_inherit_columns():
    class Manager(Worker):
        staff = Column(np.int32)

    assert list(Manager.columns) == [*Worker.columns, "staff"]
    assert "staff" not in Worker.columns


def test_tables_are_made_once_and_within_bounds():
    model = ColumnModel(rng=1)
    for capacity in (-1, 2**26 + 1):
        with pytest.raises(ValueError, match="capacity"):
            model.add_table(Worker, capacity)
    with pytest.raises(TypeError, match="ColumnAgent"):
        model.add_table(mesa.Agent, 3)
    table = model.add_table(Worker, 3)
    with pytest.raises(ValueError, match="already"):
        model.add_table(Worker, 3)
    with pytest.raises(LookupError, match="no table of Shop"):
        model.table_of(Shop)
    with pytest.raises(KeyError, match="did you mean 'age'"):
        table["agee"]
    with pytest.raises(KeyError, match="replace"):
        table["occupant"] = 1
    assert table["employer"].tolist() == [NONE] * 3
    assert len(ColumnModel(rng=1).agents) == 0


def test_empty_tables_have_empty_sets():
    model = ColumnModel(rng=1)
    for kind in (Worker, Shop):
        agents = model.add_table(kind, 0).agents
        assert len(agents) == 0
        assert list(agents) == []
        assert len(agents.groupby(next(iter(kind.columns)))) == 0
        assert len(agents.sort("unique_id").shuffle().select(lambda a: True)) == 0
        assert agents.get([]) == []
    model.remove_all_agents()
    assert len(model.agents) == 0


# Copies


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copied_model_stands_alone(copied):
    town = Town(councils=2, rng=1, reporters={"model_reporters": {"n": "n_workers"}})
    town.step()
    town.friends = {town.workers[3], town.workers[4]}
    town.chosen = town.workers.select(at_most=10)
    town.mixed = town.agents.shuffle()
    twin = copied(town)
    assert twin.workers.get("age") == town.workers.get("age")
    assert twin.workers[0].model is twin
    assert twin.workers[0] != town.workers[0]
    assert {a.model for a in twin.friends} == {twin}
    assert twin.friends == {twin.workers[3], twin.workers[4]}
    assert twin.chosen.table is twin.tables[Worker]
    assert [a.unique_id for a in twin.mixed] == [a.unique_id for a in town.mixed]
    assert {a.model for a in twin.mixed} == {twin}
    twin.step()
    twin.tables[Worker].replace([3])
    assert twin.workers[0].age == town.workers[0].age + 1
    assert (len(twin.chosen), len(town.chosen)) == (9, 10)
    assert (twin.steps, town.steps) == (2, 1)
    assert len(twin.agents) == len(town.agents)


def test_a_copied_handle_is_the_same_agent(town):
    worker = town.workers[3]
    assert copy.deepcopy(worker) == worker
    assert copy.copy(worker) == worker
    assert copy.deepcopy([worker])[0].model is town
    assert copy.deepcopy(town.workers).table is town.tables[Worker]


def test_a_pickled_handle_brings_its_model():
    town = Town(rng=1, reporters={"model_reporters": {"n": "n_workers"}})
    town.friends = {town.workers[3]: 1}
    worker = pickle.loads(pickle.dumps(town.workers[3]))
    assert worker.model is not town
    assert worker.age == town.workers[3].age
    assert worker in worker.model.friends


def test_two_models_in_one_process_do_not_mix():
    one, two = Town(rng=1), Town(rng=2)
    before = two.workers.get("age")
    one.workers.set("age", 20)
    one.tables[Worker].replace(np.arange(300))
    assert two.workers.get("age") == before
    assert one.workers[0] not in two.workers
    assert one.workers[0] != two.workers[0]
    assert two.tables[Worker]["occupant"].max() == 0


def test_remove_all_agents_leaves_none(town):
    worker = town.workers[0]
    town.remove_all_agents()
    assert len(town.agents) == 0
    assert not worker.is_current
