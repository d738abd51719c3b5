"""Mesa's own tools on a model of columns: DataCollector, batch_run, SolaraViz."""

import multiprocessing

import mesa
import numpy as np
import pandas as pd
import pytest
from columns_town import Council, PlainShop, PlainTown, PlainWorker, Shop, Town, Worker


def reporters(worker, shop):
    return {
        "model_reporters": {
            "mean_age": lambda m: m.mean_age(),
            "n": "n_workers",
            "oldest": lambda m: m.agents_by_type[worker].agg("age", max),
        },
        "agent_reporters": {
            "age": lambda a: getattr(a, "age", None),
            "jobs": lambda a: getattr(a, "jobs", None),
        },
        "agenttype_reporters": {worker: {"age": "age", "is_old": "is_old", "skill": "skill"}, shop: {"jobs": "jobs"}},
    }


@pytest.fixture
def collected():
    ours = Town(reporters=reporters(Worker, Shop), rng=1)
    theirs = PlainTown(reporters=reporters(PlainWorker, PlainShop), rng=1)
    for model in (ours, theirs):
        for _ in range(3):
            model.step()
    return ours.datacollector, theirs.datacollector


def test_model_reporters_give_the_same_frame(collected):
    ours, theirs = collected
    pd.testing.assert_frame_equal(ours.get_model_vars_dataframe(), theirs.get_model_vars_dataframe())


def unnumbered(frame):
    return frame.reset_index().drop(columns="AgentID")  # twins have ids of their own


def test_agent_reporters_give_the_same_frame(collected):
    ours, theirs = (unnumbered(collector.get_agent_vars_dataframe()) for collector in collected)
    pd.testing.assert_frame_equal(ours, theirs)
    assert collected[0].get_agent_vars_dataframe().index.get_level_values("AgentID").dtype == np.int64


@pytest.mark.parametrize(("kind", "twin"), [(Worker, PlainWorker), (Shop, PlainShop)])
def test_agent_type_reporters_give_the_same_frame(collected, kind, twin):
    ours, theirs = collected
    pd.testing.assert_frame_equal(
        unnumbered(ours.get_agenttype_vars_dataframe(kind)), unnumbered(theirs.get_agenttype_vars_dataframe(twin))
    )


def test_a_collected_handle_does_not_copy_the_model():
    town = Town(reporters={"agenttype_reporters": {Worker: {"employer": "employer"}}}, rng=1)
    town.step()
    employers = town.datacollector.get_agenttype_vars_dataframe(Worker)["employer"]
    assert next(e for e in employers if e is not None).model is town


def test_plain_kinds_are_collected_beside_column_kinds():
    town = Town(councils=2, reporters={"agenttype_reporters": {Council: {"skill": "skill"}}}, rng=1)
    town.step()
    assert town.datacollector.get_agenttype_vars_dataframe(Council)["skill"].tolist() == [0.0, 0.1]


@pytest.fixture
def start_method():
    before = multiprocessing.get_start_method(allow_none=True)
    yield
    multiprocessing.set_start_method(before, force=True)  # batch_run sets it for the whole process


@pytest.mark.parametrize("processes", [1, 2])
def test_batch_run_gives_a_row_a_run(processes, start_method):
    rows = mesa.batch_run(
        Town, {"bonus": [0, 2]}, number_processes=processes, rng=[1, 2], max_steps=3, display_progress=False
    )
    start = np.mean(Town(rng=1).workers["age"])
    found = sorted((row["bonus"], row["rng"], row["mean_age"]) for row in rows)
    wanted = [(bonus, seed, start + 3 * (1 + bonus)) for bonus in (0, 2) for seed in (1, 2)]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)  # means of integers, differently rounded


def test_batch_run_collects_handles(start_method):
    def agents(model_class, **kinds):
        return mesa.batch_run(
            model_class, {"reporters": [reporters(**kinds)]}, rng=1, max_steps=1, display_progress=False
        )

    ours, theirs = agents(Town, worker=Worker, shop=Shop), agents(PlainTown, worker=PlainWorker, shop=PlainShop)
    keep = ("Step", "mean_age", "age", "jobs", "skill")
    assert [{k: row.get(k) for k in keep} for row in ours] == [{k: row.get(k) for k in keep} for row in theirs]


def test_events_and_signals_of_mesa_still_work(town):
    heard = []
    town.observe("agents", mesa.experimental.mesa_signals.ModelSignals.AGENT_ADDED, lambda s: heard.append(s))
    town.run_for(3)
    assert town.time == 3
    assert town.n_workers == 300


def test_solara_viz_draws_the_space():
    pytest.importorskip("solara", reason="SolaraViz needs solara, which is not installed")
    from mesa.visualization import SolaraViz

    SolaraViz(Town(rng=1), components=[])
