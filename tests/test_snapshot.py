"""Snapshots: a run goes on from a saved state as if nothing had happened; the truth is the undisturbed run itself."""

import dataclasses
import hashlib
import json
import math
import os
import pickle
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

import coalsim
from coalsim import CoalitionModel, Policy, Run, Snapshot, load_scenario
from coalsim.agents.coalition import Plan, Target
from coalsim.kernels.random import key
from coalsim.snapshot import DIGEST, MAGIC
from coalsim.state import StateError, read_state, write_state

SCENARIOS = Path(__file__).parents[1] / "scenarios"
MONTHS = 48


@pytest.fixture(scope="module")
def walsall():
    return load_scenario(SCENARIOS / "walsall.yaml", sample=0.05, months=MONTHS)


@pytest.fixture(scope="module")
def two_places():
    loaded = load_scenario(SCENARIOS / "four_places.yaml", sample=0.1, months=24)
    return loaded.model_copy(update={"places": loaded.places[:2]})


def run_to(scenario, month, policy="growth_coalition", seed=1, **more):
    return go_on(CoalitionModel(scenario, policy=policy, rng=seed, **more), month)


def go_on(model, month=MONTHS):
    while model.month < month:
        model.step()
    return model


@pytest.fixture(scope="module")
def undisturbed(walsall):
    return run_to(walsall, MONTHS)


@pytest.fixture(scope="module")
def saved(walsall):
    """A state with members, a plan, a pot and half a year of history."""
    return run_to(walsall, 13).snapshot()


def same_columns(a, b):
    return all(
        np.array_equal(table[name], other[name])
        for table, other in zip(a.tables.values(), b.tables.values(), strict=True)
        for name in table
    )


def assert_same(a, b):
    """Everything that a run tells, every column, and last the whole state, down to the layout of arrays."""
    assert Run(a).fingerprint == Run(b).fingerprint
    assert a.events == b.events
    assert Run(a).ledger.equals(Run(b).ledger)
    assert same_columns(a, b)
    assert a.datacollector.get_model_vars_dataframe().equals(b.datacollector.get_model_vars_dataframe())
    assert a.snapshot().state == b.snapshot().state


# Going on


@pytest.mark.parametrize("month", [0, 1, 13, 36, MONTHS])
def test_a_restored_run_goes_on_bit_for_bit(walsall, undisturbed, month):
    stopped = run_to(walsall, month)
    snapshot = stopped.snapshot()
    restored = snapshot.restore()
    assert restored.month == restored.time == month
    assert restored.running == stopped.running
    assert_same(go_on(restored), undisturbed)
    assert_same(go_on(stopped), undisturbed)  # taking it left no trace


def test_it_goes_on_from_a_file(saved, undisturbed, tmp_path):
    path = saved.save(tmp_path / "walsall.snapshot")
    loaded = Snapshot.load(path)
    assert loaded.fingerprint == saved.fingerprint
    assert (loaded.month, loaded.seed, loaded.policy, loaded.scenario) == (13, 1, "growth_coalition", "Walsall, 2006")
    assert_same(go_on(loaded.restore()), undisturbed)
    assert os.listdir(tmp_path) == [path.name]


def test_it_goes_on_in_another_process(saved, undisturbed):
    code = (
        "import pickle, sys; from coalsim import Run\n"
        "model = pickle.load(sys.stdin.buffer).restore()\n"
        "while model.running: model.step()\n"
        "print(Run(model).fingerprint, model.snapshot().fingerprint)"
    )
    there = subprocess.run(
        [sys.executable, "-c", code],
        input=pickle.dumps(saved),
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert there.stdout.decode().split() == [Run(undisturbed).fingerprint, undisturbed.snapshot().fingerprint]


def test_two_places_go_on_on_any_number_of_threads(two_places):
    whole = run_to(two_places, 24)
    snapshot = run_to(two_places, 11, threads=2).snapshot()
    assert snapshot.fingerprint == run_to(two_places, 11).snapshot().fingerprint
    for threads in (1, 2):
        assert_same(go_on(snapshot.restore(threads=threads), 24), whole)


def test_a_shock_and_the_nations_cycle_go_on(undisturbed):
    """Under a recession rates follow the month, and so must be kept."""
    scenario = load_scenario(SCENARIOS / "walsall_recession.yaml", sample=0.05, months=MONTHS)
    whole = run_to(scenario, MONTHS, policy=None)
    assert Run(whole).fingerprint != Run(undisturbed).fingerprint
    assert_same(go_on(run_to(scenario, 33, policy=None).snapshot().restore()), whole)


def test_a_restored_model_is_independent_both_ways(walsall, saved, undisturbed):
    before = saved.fingerprint, bytes(saved.state)
    first, second = saved.restore(), saved.restore()
    first.tables[coalsim.Resident]["is_ill"][:] = True
    first.localities[0].condition[:] = 0.1
    first.localities[0].coalition.targets.clear()
    first.events.clear()
    third = saved.restore(seed=5)
    for month in range(14, 20):  # side by side: nothing is shared in the program either
        go_on(third, month)
        go_on(second, month)
    assert_same(go_on(second), undisturbed)
    assert (saved.fingerprint, bytes(saved.state)) == before


def test_a_snapshot_of_a_restored_model_is_the_same_snapshot(saved):
    assert saved.restore().snapshot().fingerprint == saved.fingerprint
    assert saved.nbytes == len(saved.state) > 100_000
    assert repr(saved) == "<Snapshot of Walsall, 2006 under growth_coalition, seed 1: month 13, 0.8 MB>"


def test_a_run_can_be_lengthened_and_shortened(walsall, saved, undisturbed):
    short = saved.restore(months=20)
    while short.running:
        short.step()
    assert short.month == short.settings.months == 20
    assert np.array_equal(short.indicators.array(), undisturbed.indicators.array()[:21])
    ended = undisturbed.snapshot()
    assert not ended.restore().running
    longer = ended.restore(months=60)
    while longer.running:
        longer.step()
    assert Run(longer).fingerprint == Run(run_to(load_scenario(walsall, months=60), 60)).fingerprint


@pytest.mark.parametrize("months", [12, 1201, 20.0, True])
def test_months_that_are_over_are_refused(saved, months):
    with pytest.raises(ValueError, match="whole number from 13, where it is, to 1200"):
        saved.restore(months=months)


# Fresh luck


def test_fresh_luck_starts_from_the_same_state_and_can_be_repeated(saved, undisturbed):
    there, again, other = saved.restore(seed=7), saved.restore(seed=7), saved.restore(seed=8)
    assert same_columns(there, saved.restore())
    assert np.array_equal(there.indicators.array(), undisturbed.indicators.array()[:14])
    assert there.key == key(7)
    assert there.seed == 7
    for model in (there, again, other):
        go_on(model)
    assert_same(there, again)
    prints = {Run(model).fingerprint for model in (there, other, undisturbed)}
    assert len(prints) == 3


def test_its_own_seed_is_its_own_luck(saved, undisturbed):
    assert_same(go_on(saved.restore(seed=1)), undisturbed)


def test_mesas_own_generators_go_on_and_are_fresh_with_fresh_luck(walsall):
    model = run_to(walsall, 2)
    model.random.random()
    model.rng.random(3)
    snapshot = model.snapshot()
    drawn = model.random.random(), model.rng.random()
    same, fresh = snapshot.restore(), snapshot.restore(seed=7)
    assert (same.random.random(), same.rng.random()) == drawn
    assert fresh.random.random() == CoalitionModel(walsall, rng=7).random.random()


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5])
def test_a_bad_seed_is_refused(saved, seed):
    with pytest.raises(ValueError, match="is not a seed"):
        saved.restore(seed=seed)


# Another policy


def without_rewards(policy):
    kept = {name: one for name, one in policy.instruments.items() if name != "reward_grant"}
    return type(policy).model_validate({**dict(policy), "instruments": kept})


def test_adopting_the_same_policy_changes_nothing(walsall, undisturbed):
    model = run_to(walsall, 13)
    model.adopt(Policy.model_validate(walsall.options["growth_coalition"].model_dump()))
    assert model.policy_name == "growth_coalition"
    assert_same(go_on(model), undisturbed)


@pytest.mark.parametrize("month", [1, 18, 37])
def test_a_policy_given_up_is_a_policy_that_ends(walsall, month):
    """But for rewards: those of a policy that ends are judged and paid after its end."""
    policy = without_rewards(walsall.options["growth_coalition"])
    scenario = walsall.model_copy(update={"options": {**walsall.options, "coalition": policy}})
    model = run_to(scenario, month, policy="coalition")
    model.adopt(scenario.options["business_as_usual"])
    at_end = policy.ending(month)
    meant = walsall.model_copy(update={"options": {**walsall.options, "coalition": at_end}})
    expected = run_to(meant, MONTHS, policy="coalition")
    go_on(model)
    assert Run(model).fingerprint == Run(expected).fingerprint
    assert model.events == expected.events
    assert Run(model).ledger.equals(Run(expected).ledger)
    assert same_columns(model, expected)
    assert model.money_ends == expected.money_ends == at_end.money_ends == month
    assert model.policy_name == "business_as_usual"
    assert model.settings.options["coalition"] == policy


def test_a_place_tips_when_it_would_under_a_policy_that_ends(walsall):
    """Thresholds so low that Walsall passes them; what counts is when the programme's money ended."""
    low = {"success.employment_rate": 0.6, "success.severe_deprivation": 0.6, "success.months_running": 6}
    scenario = load_scenario(walsall, **low, **{"success.months_after": 12, "months": 60})
    policy = without_rewards(scenario.options["growth_coalition"])
    options = {**scenario.options, "coalition": policy, "ending": policy.ending(20)}
    scenario = scenario.model_copy(update={"options": options})
    expected = CoalitionModel(scenario, policy="ending", rng=1)
    model = CoalitionModel(scenario, policy="coalition", rng=1)
    for one in (expected, model):
        one.localities[0].at_start["sustaining"] = False  # it meets thresholds so low at the start
    go_on(expected, 60)
    go_on(model, 20).adopt(scenario.options["business_as_usual"])
    go_on(model, 60)
    assert model.localities[0].tipped_month == expected.localities[0].tipped_month == 32
    assert model.events == expected.events


def test_rewards_are_what_a_policy_that_ends_still_pays_and_one_given_up_does_not(walsall):
    """The first agreement ends in month 36 and is paid in two instalments, the first in month 47."""
    at_end = walsall.options["growth_coalition"].ending(36)
    scenario = walsall.model_copy(update={"options": {**walsall.options, "coalition": at_end}})
    expected = run_to(scenario, MONTHS, policy="coalition")
    model = run_to(walsall, 36)
    model.adopt(walsall.options["business_as_usual"])
    go_on(model)
    assert np.array_equal(model.indicators.array()[:48], expected.indicators.array()[:48])
    assert not np.array_equal(model.indicators.array()[48], expected.indicators.array()[48])
    assert "rewarded" in {kind for month, _, kind, _ in expected.events if month == 36}
    assert "rewarded" not in {kind for _, _, kind, _ in model.events}


def test_restoring_under_another_policy_is_adopting_it(walsall, saved):
    quiet = walsall.options["business_as_usual"]
    model = run_to(walsall, 13)
    model.adopt(quiet)
    restored = saved.restore(policy=quiet)
    assert restored.policy_name == "business_as_usual"
    later = go_on(restored, 20).snapshot()  # what was adopted is saved too
    assert_same(go_on(later.restore()), go_on(model))


def test_an_adopted_policy_that_is_no_option_is_kept_in_a_file(walsall, saved, tmp_path):
    policy = walsall.options["growth_coalition"].scaled(0.5).model_copy(update={"name": "Half"})
    model = go_on(saved.restore(policy=policy), 20)
    loaded = Snapshot.load(model.snapshot().save(tmp_path / "half"))
    assert loaded.policy == "Half"
    assert loaded.in_force == policy
    assert_same(go_on(loaded.restore()), go_on(model))


def test_money_of_an_earlier_policy_is_remembered(walsall):
    model = CoalitionModel(walsall, policy="growth_coalition", rng=1)
    coalition, quiet = walsall.options["growth_coalition"], walsall.options["business_as_usual"]
    model.adopt(quiet)
    assert model.money_ends == 0  # it never began
    model.adopt(coalition)
    assert model.money_ends == coalition.money_ends
    go_on(model, 5).adopt(quiet)
    assert model.money_ends == 5
    go_on(model, 9).adopt(coalition.ending(3))
    assert model.money_ends == coalition.ending(3).money_ends  # its rewards come later than month 5


def test_only_a_policy_can_be_adopted(walsall):
    with pytest.raises(TypeError, match=r"'growth_coalition'.*give a Policy"):
        CoalitionModel(walsall, rng=1).adopt("growth_coalition")


# What cannot be saved


def test_a_snapshot_in_the_middle_of_a_month_is_refused(walsall):
    model = CoalitionModel(walsall, policy="growth_coalition", rng=1)
    model.tell = lambda *event: model.snapshot()
    with pytest.raises(ValueError, match="month 0: a snapshot is taken between two months"):
        model.step()


def test_state_of_unknown_kinds_is_refused_and_not_forgotten(walsall):
    model = CoalitionModel(walsall, rng=1)
    model.thought = {"of": object()}
    with pytest.raises(StateError, match=r"thought\.of: a object"):
        model.snapshot()
    model.thought = {"of": [1, 2.5, None, "more"]}
    assert model.snapshot().restore().thought == model.thought


def test_subclasses_and_foreign_agents_are_refused(walsall):
    class Mine(CoalitionModel):
        pass

    with pytest.raises(TypeError, match="a Mine may hold more"):
        Mine(walsall, rng=1).snapshot()
    model = CoalitionModel(walsall, rng=1)
    coalsim.CentralGovernment(model)
    with pytest.raises(TypeError, match="agents that were added"):
        model.snapshot()


def test_plain_values_arrays_and_records_come_back_exactly():
    grid = np.arange(24.0).reshape(4, 6)
    shared, wide = [1, 2], np.asfortranarray(np.array([[1, -(2**63)], [3, 2**63 - 1]]))
    plan = Plan(free=grid[1:, ::-2], block={"safer": grid}, own={3: grid.T})
    value = {
        "plain": (None, True, 1, -0.0, math.inf, 2**200, 'line\nand "quote" é'),
        ("a", 1): [shared, shared, defaultdict(int, {"x": 3})],
        "numbers": [list(map(float, range(20))), list(range(20)), [0.1, 1] * 9],
        "arrays": [grid, wide, np.zeros((0, 3)), np.array(7, dtype=np.int8), grid[:0], np.array([True])],
        "scalars": (np.float64(0.1), np.int32(-5), np.bool_(True)),
        "records": [plan, plan, Target("jobs", 1.0, 2.0)],
        "slice": slice(3, None, 2),
    }
    found = read_state(write_state(value, [], {}), [], load_scenario(SCENARIOS / "walsall.yaml"))
    assert found["plain"] == value["plain"]
    assert math.copysign(1, found["plain"][3]) == -1
    assert found["a", 1] == value["a", 1]
    assert found["a", 1][0] is found["a", 1][1]
    assert found["a", 1][2]["new"] == 0
    assert found["numbers"] == value["numbers"]
    assert [type(x) for x in found["numbers"][2]] == [type(x) for x in value["numbers"][2]]
    for array, before in zip(found["arrays"], value["arrays"], strict=True):
        assert array.dtype == before.dtype
        assert array.shape == before.shape
        assert array.flags.f_contiguous == before.flags.f_contiguous
        assert array.flags.writeable
        assert array.flags.aligned
        assert np.array_equal(array, before)
    assert [type(x) for x in found["scalars"]] == [np.float64, np.int32, np.bool_]
    assert found["scalars"] == value["scalars"]
    first, second, target = found["records"]
    assert first is second
    assert target == Target("jobs", 1.0, 2.0)
    assert np.array_equal(first.free, grid[1:, ::-2])
    assert first.free.strides == plan.free.strides
    found["arrays"][0][1, 5] = 99  # views still look at the same memory
    assert first.free[0, 0] == first.own[3][5, 1] == first.block["safer"][1, 5] == 99
    assert found["slice"] == value["slice"]


# Files that are not what they should be


def sealed(content):
    return content + hashlib.sha256(content).digest()


@pytest.fixture
def file(saved, tmp_path):
    return saved.save(tmp_path / "saved")


@pytest.mark.parametrize("at", [0, 5, len(MAGIC) + 3, 5_000, 400_000, -DIGEST - 1, -1])
def test_a_flipped_bit_is_never_read(file, at):
    content = bytearray(file.read_bytes())
    content[at] ^= 4
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"saved: (damaged, .* save the snapshot again|not a snapshot of coalsim)"):
        Snapshot.load(file)


@pytest.mark.parametrize("length", [0, 10, len(MAGIC), len(MAGIC) + 40, 100_000, -1])
def test_a_file_cut_short_is_never_read(file, length):
    file.write_bytes(file.read_bytes()[:length])
    with pytest.raises(ValueError, match=r"damaged|not a snapshot"):
        Snapshot.load(file)


def test_another_versions_state_is_refused(saved, file, monkeypatch):
    monkeypatch.setattr(coalsim, "MODEL_VERSION", coalsim.MODEL_VERSION + 1)
    with pytest.raises(ValueError, match=r"saved: .* model version 2; this is .* version 3.*make it again"):
        Snapshot.load(file)
    with pytest.raises(ValueError, match="model version 2; this is"):
        saved.restore()


def test_another_releases_state_is_refused(file, monkeypatch):
    monkeypatch.setattr(coalsim, "__version__", "0.0.9")
    with pytest.raises(ValueError, match=r"made by coalsim 0\.1\.0"):
        Snapshot.load(file)


def test_folders_and_missing_files_are_told_apart(tmp_path):
    with pytest.raises(ValueError, match="not a file"):
        Snapshot.load(tmp_path)
    with pytest.raises(FileNotFoundError):
        Snapshot.load(tmp_path / "none")


def test_a_failed_save_leaves_the_old_file_whole(saved, file, monkeypatch):
    before = file.read_bytes()

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        saved.restore(seed=3).snapshot().save(file)
    assert file.read_bytes() == before
    assert os.listdir(file.parent) == [file.name]


class Evil:
    """Pickled, it makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def test_a_hostile_pickle_is_refused_without_running(file, tmp_path):
    mark = tmp_path / "mark"
    evil = pickle.dumps(Evil(mark))
    first = file.read_bytes().removeprefix(MAGIC).partition(b"\n")[0]
    for content in (evil, MAGIC + evil, sealed(MAGIC + evil), sealed(MAGIC + evil + b"\n" + evil)):
        file.write_bytes(content)
        with pytest.raises(ValueError, match="saved: "):
            Snapshot.load(file)
    file.write_bytes(sealed(MAGIC + first + b"\n" + evil))  # what was asked is sound, the state is not
    with pytest.raises(ValueError, match="does not fit its scenario"):
        Snapshot.load(file).restore()
    assert not mark.exists()


def forged(snapshot, change):
    """The snapshot with its state's JSON changed by a function of the JSON."""
    line, _, rest = snapshot.state.partition(b"\n")
    whole = json.loads(line)
    change(whole)
    return dataclasses.replace(snapshot, state=json.dumps(whole).encode() + b"\n" + rest)


def attribute(whole, name):
    """Where the model's attribute is in the JSON: the mapping's list and the place of its value."""
    attributes = whole["state"][2][1]  # ["dict", "things", ["list", [model], ...], ...]
    return attributes, attributes.index(name) + 1


def put(name, node):
    def change(whole):
        where, k = attribute(whole, name)
        where[k] = node

    return change


def rename(name, new):
    def change(whole):
        where, k = attribute(whole, name)
        where[k - 1] = new

    return change


@pytest.mark.parametrize(
    "change",
    [
        put("cycle", ["kind", "system"]),
        put("cycle", ["call", "os.system", "true"]),
        put("cycle", ["record", "Popen", "args", "true"]),
        put("cycle", ["changing", "Terms", "__class__", ["kind", "Coalition"]]),
        put("cycle", ["part", "__class__", "__init__", "__globals__"]),
        put("cycle", ["part", "model_dump"]),
        put("cycle", ["array", 0, "|O8", [1], 0, None]),
        put("cycle", ["array", 0, "<f8", [10**9], 0, None]),
        put("cycle", ["array", 0, "<f8", [2], 0, [10**12]]),
        put("cycle", ["array", 0, "<f8", [1], -8, None]),
        put("cycle", ["same", 10**6]),
        put("cycle", {"a": 1}),
        put("layoff", ["array", 0, "<i8", [1], 0, None]),
        put("layoff", None),
        put("month", 12),
        put("events", "thing"),
        rename("cycle", "step"),
        rename("cycle", "__class__"),
        rename("cycle", "spin"),
        lambda whole: whole["sizes"].pop(),
        lambda whole: whole["sizes"].__setitem__(0, -1),
    ],
)
def test_a_forged_state_is_refused(saved, change):
    with pytest.raises(ValueError, match="does not fit its scenario"):
        forged(saved, change).restore()


def test_rows_and_categories_that_do_not_exist_are_refused(walsall):
    """Kernels do not look where they write."""
    for name, value in (("employer", 10**6), ("status", 3), ("qualification", -1)):
        model = run_to(walsall, 1)
        model.tables[coalsim.Resident][name][5] = value
        with pytest.raises(ValueError, match="does not fit its scenario"):
            model.snapshot().restore()
