"""Runs of an experiment differ exactly where they should: by luck between replicates, by mechanism between options."""

import kept
import numpy as np
import pandas as pd
import pytest

import coalsim
from coalsim.experiments.design import Design, worlds_by_name
from coalsim.experiments.ensemble import Ensemble
from coalsim.experiments.runner import run_missing
from coalsim.experiments.store import Store
from coalsim.loading import keep_options


@pytest.fixture
def run(tmp_path):
    """The ensemble of a design, run on one worker."""

    def run(design):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        with Store.open(folder, design) as store:
            run_missing(store, workers=1)
            assert not store.failures
        return Ensemble(folder)

    return run


@pytest.fixture(scope="module")
def scenario():
    """A twentieth of Walsall for six months, three options."""
    return coalsim.load_scenario(kept.WALSALL, sample=0.05, months=6)


def fingerprints(ensemble):
    """Fingerprint by world, factors, option and replicate."""
    runs = map(ensemble.design.run, range(len(ensemble.design)))
    return {(*run.cell, run.seed): ensemble.fingerprints[run.run_id] for run in runs}


def test_replicates_differ_from_one_another(scenario, run):
    found = run(Design(scenario, 12))
    by_cell = {cell: [found.fingerprints[k] for k in found.design.run_ids(cell)] for cell in found.design.cells}
    assert all(len(set(cell)) == 12 for cell in by_cell.values())
    assert found.identical() == []


def test_replicates_that_were_the_same_would_be_told(scenario, run):
    found = run(Design(scenario, 3))
    found.fingerprints[6] = found.fingerprints[0]
    assert found.identical() == [(0, 6)]


def test_a_factor_on_which_nothing_depends_changes_nothing(scenario, run):
    """Thresholds are looked at once a run is over, or after years: common random numbers by construction."""
    found = run(Design(scenario, 3, factors={"success.months_after": (12, 24, 36)}))
    by_value = [
        found.fingerprints[found.design.cells.index(cell) :: len(found.design.cells)] for cell in found.design.cells
    ]
    n = len(found.design.policies)
    for k in range(n):
        assert by_value[k] == by_value[n + k] == by_value[2 * n + k]


def test_a_factor_on_which_something_depends_changes_something(scenario, run):
    found = fingerprints(run(Design(scenario, 2, factors={"world.labour.matching_elasticity": (0.5, 0.6)})))
    assert len(set(found.values())) == len(found)


def test_one_more_of_anything_changes_no_other_run(scenario, run):
    """An option, a world, a replicate, an earlier start of the seeds, a factor."""
    small = keep_options(scenario, "single_pot_laa")
    before = fingerprints(run(Design(small, 2, seed=1)))
    worlds = worlds_by_name(scenario, ["steady", "recession_2008"])
    more = fingerprints(run(Design(scenario, 4, worlds=worlds)))
    assert before.items() <= more.items()
    factors = {"success.months_after": (12, 24)}
    plain = {(world, policy, seed): one for (world, _, policy, seed), one in before.items()}
    for (world, _, policy, seed), one in fingerprints(run(Design(small, 3, factors=factors))).items():
        assert plain.get((world, policy, seed), one) == one


def test_the_order_of_options_and_places_changes_no_number():
    three = coalsim.load_scenario(kept.WALSALL.replace("walsall", "four_places"), sample=0.05, months=3)
    options = list(three.options.items())[:3]
    three = three.model_copy(update={"options": dict(options), "places": three.places[:3]})
    turned = {"options": dict([options[0], *options[:0:-1]]), "places": three.places[::-1]}
    one, other = (
        coalsim.compare(scenario, replicates=2, workers=1) for scenario in (three, three.model_copy(update=turned))
    )
    assert list(other.options) == [options[0][0], options[2][0], options[1][0]]
    tables = [found.table().set_index(["option", "indicator"]).sort_index() for found in (one, other)]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    for name, _ in options[1:]:
        assert one.worth(name).summary() == other.worth(name).summary()


def test_without_feedback_no_option_changes_work_or_business(run):
    """Policies then move money, plans and conditions, but nothing that residents and businesses do."""
    still = coalsim.load_scenario(kept.WALSALL, sample=0.05, months=24, world="no_feedback")
    found = run(Design(still, 3))
    first, *others = found.design.cells
    for name in ("employment_rate", "jobs", "businesses", "claimant_rate"):
        for cell in others:
            np.testing.assert_array_equal(found.courses(cell, name), found.courses(first, name))
    assert any((found.courses(cell, "pooled_share") != found.courses(first, "pooled_share")).any() for cell in others)
