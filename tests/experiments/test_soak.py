"""Many runs leave nothing behind: no object, no memory, no open file, no process, no folder."""

import gc
import tempfile
import threading
import time
from pathlib import Path

import psutil
import pytest

import coalsim
from coalsim.experiments.engines import LocalProcesses

TOWN = Path(__file__).parents[1] / "broken" / "town" / "town.yaml"
GROWTH = 1.05  # of the memory of a process, between the second and the last quarter of its time
EVERY_S = 0.25


class Watch(threading.Thread):
    """Memory, bytes, of this process and of those it started, read every so often."""

    def __init__(self):
        super().__init__(daemon=True)
        self.read, self._end = {}, threading.Event()

    def run(self):
        me = psutil.Process()
        while not self._end.wait(EVERY_S):
            for process in (me, *me.children(recursive=True)):
                try:
                    self.read.setdefault(process.pid, []).append(process.memory_info().rss)
                except psutil.Error:
                    self.read.pop(process.pid, None)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self.join()

    def growth(self):
        """Highest memory in the last quarter over that in the second, by process that lived through both."""
        lived = {pid: values for pid, values in self.read.items() if len(values) >= 20}
        return {
            pid: max(values[-len(values) // 4 :]) / max(values[len(values) // 4 : len(values) // 2])
            for pid, values in lived.items()
        }


def left_behind():
    """What a run could leave: objects that are tracked, open files, threads, folders for the time being."""
    gc.collect()
    me = psutil.Process()
    folders = sorted(path.name for path in Path(tempfile.gettempdir()).glob("coalsim-*"))
    return {"objects": len(gc.get_objects()), "files": me.num_fds(), "threads": me.num_threads(), "folders": folders}


@pytest.mark.parametrize("n", [30, pytest.param(2_000, marks=pytest.mark.nightly)])
def test_runs_leave_nothing_behind(n, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    scenario = coalsim.load_scenario(TOWN)
    options = list(scenario.options)

    def run(seeds):
        for seed in seeds:
            coalsim.simulate(scenario, policy=options[seed % len(options)], seed=seed)

    run(range(5))  # what is kept for all runs, such as figures of the places
    before = left_behind()
    with Watch() as watch:
        run(range(5, n))
    after = left_behind()
    assert after.pop("objects") - before.pop("objects") < n  # not one a run
    assert after == before
    if n > 1_000:  # long enough to be read in quarters
        assert max(watch.growth().values()) < GROWTH


@pytest.mark.nightly
def test_two_thousand_runs_of_an_ensemble_are_flat(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    coalsim.compare(TOWN, replicates=2, workers=2)
    before = left_behind()
    with Watch() as watch:
        found = coalsim.compare(TOWN, replicates=1_000, workers=2)
        assert (found.ensemble.counts.done, found.ensemble.counts.failed) == (2_000, 0)
    growth = watch.growth()
    assert len(growth) >= 3  # this process and both workers
    assert max(growth.values()) < GROWTH, growth
    del found
    after = left_behind()
    assert after.pop("objects") - before.pop("objects") < 2_000
    assert after == before
    LocalProcesses(2).stop(at_once=True)
    deadline = time.monotonic() + 10
    while workers() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert workers() == []


def workers():
    """Command lines of processes started here, but for the two trackers that Python and loky keep, one each, to the end."""
    lines = [" ".join(process.cmdline()) for process in psutil.Process().children(recursive=True)]
    return [line for line in lines if "resource_tracker import main" not in line]
