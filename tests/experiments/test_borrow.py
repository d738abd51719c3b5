"""Runs taken from another experiment: the same as if they were run, and only where they are the same."""

import pyarrow.parquet as pq
import pytest

from coalsim.experiments import parts, task
from coalsim.experiments.borrow import _deciding, borrow
from coalsim.experiments.compare import Means, Plan, carry_out
from coalsim.experiments.design import Design
from coalsim.experiments.store import Store
from coalsim.experiments.verify import verify
from coalsim.loading import keep_options, load_scenario, override
from coalsim.policies import Policy
from coalsim.scenario.reading import read, validate


@pytest.fixture(scope="module")
def first(small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("first") / "results"
    carry_out(Plan(small, 3, 4), Means(workers=1, draws=False), folder)
    return folder


def borrowed(scenario, first, folder, replicates=3, seed=4, **plan):
    """How many runs a new experiment finds there."""
    design = Plan(scenario, replicates, seed, **plan).design(scenario)
    with Store.open(folder, design) as store:
        return borrow(store, first)


def test_what_is_borrowed_is_what_would_have_been_run(small, first, tmp_path, monkeypatch):
    changed = override(small, "policy.target_alignment.share", 0.1)  # of the growth coalition and the single pot
    done = []
    run_one = task.run_one
    monkeypatch.setattr(
        task, "run_one", lambda design, run_id, job: done.append(run_id) or run_one(design, run_id, job)
    )
    plan = Plan(changed, 3, 4)
    mine = carry_out(plan, Means(workers=1, draws=False, borrow=first), tmp_path / "mine")
    assert [plan.design(changed).run(run_id).cell.policy for run_id in done].count("business_as_usual") == 0
    assert len(done) < 9
    monkeypatch.undo()
    whole = carry_out(plan, Means(workers=1, draws=False), tmp_path / "whole")
    assert mine.fingerprint == whole.fingerprint
    assert mine.summary() == whole.summary()
    for family in parts.FAMILIES:
        keys = [
            "run_id",
            "locality",
            *{
                "indicators": ["month"],
                "distribution": ["grouping", "group"],
                "accounts": ["year", "body", "kind", "unit"],
            }[family],
        ]
        tables = [
            pq.read_table(folder / family)
            .to_pandas()
            .astype({"locality": str})
            .sort_values(keys, ignore_index=True, key=lambda it: it.astype(str))
            for folder in (tmp_path / "mine", tmp_path / "whole")
        ]
        assert tables[0].astype(str).equals(tables[1].astype(str)), family
    assert verify(tmp_path / "mine", sample=9).problems == []


def test_options_and_replicates_may_be_others(small, first, tmp_path):
    assert borrowed(keep_options(small, "growth_coalition"), first, tmp_path / "fewer") == 6
    assert borrowed(small, first, tmp_path / "more", replicates=5) == 9
    assert borrowed(small, first, tmp_path / "later", seed=6) == 3  # seeds 4 to 6 there, 6 to 8 here


@pytest.mark.parametrize(
    "change",
    [
        {"months": 36},
        {"sample": 0.06},
        {"world.life.engaged_share": 0.12},
        {"success.employment_rate": 0.7},
        {"budget_neutral": True},
    ],
    ids=lambda change: next(iter(change)),
)
def test_nothing_is_borrowed_from_another_world(small, first, tmp_path, change):
    assert borrowed(load_scenario(small, **change), first, tmp_path / "other") == 0


def test_nothing_is_borrowed_twice(small, first, tmp_path):
    design = Plan(small, 3, 4).design(small)
    with Store.open(tmp_path / "twice", design) as store:
        assert borrow(store, first) == 9
        assert store.counts.done == 9
        assert borrow(store, first) == 0


def test_nothing_is_borrowed_from_other_code(small, first, tmp_path, monkeypatch):
    design = Plan(small, 3, 4).design(small)
    with Store.open(tmp_path / "code", design) as store:
        monkeypatch.setattr("coalsim.experiments.record.deciding", lambda: {"model_version": "0"})
        assert borrow(store, first) == 0


def test_where_an_option_is_not_adopted_the_first_one_decides(four_places):
    everywhere, somewhere = (
        validate(Policy, read(four_places.folder / "policies" / f"{name}.yaml"))
        for name in ("growth_coalition", "growth_coalition_in_renewal_areas")
    )
    first = validate(Policy, read(four_places.folder / "policies" / "extra_money.yaml"))

    def deciding(scenario):
        design = Design(scenario, 2)
        return [_deciding(design, cell) for cell in design.cells]

    options = {"extra_money": first, "everywhere": everywhere, "somewhere": somewhere}
    scenario = four_places.model_copy(update={"options": options})
    before, after = deciding(scenario), deciding(override(scenario, "policy.extra_money.per_head", 99.0))
    assert [a == b for a, b in zip(before, after, strict=True)] == [False, True, False]
