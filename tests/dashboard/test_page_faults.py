"""Whatever goes wrong while a page is open: a message, what is shown stays, the next run works, and nothing is left behind."""

import os
import shutil
import signal
import time
from functools import partial
from pathlib import Path

import pytest
from served import Served
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.testing.v1 import AppTest
from websockets.sync.client import connect

from coalsim.dashboard import session as sessions
from coalsim.dashboard.choice import Choice
from coalsim.dashboard.serve import RESULTS, SCENARIOS
from coalsim.dashboard.session import Session
from coalsim.dashboard.views import VIEWS
from coalsim.dashboard.work import workers
from coalsim.experiments.compare import compare
from coalsim.start.memory import LIMIT

ROOT = Path(__file__).parents[2]
night = partial(pytest.param, marks=pytest.mark.nightly)
APP = ROOT / "src" / "coalsim" / "dashboard" / "app.py"
SMALL = {"months": ["24"], "sample": ["0.05"], "options": ["growth_coalition"]}


@pytest.fixture(scope="module", autouse=True)
def end_workers():
    yield
    workers().end()


@pytest.fixture(scope="module")
def kept(small, tmp_path_factory):
    """Results that were kept, not to be changed."""
    folder = tmp_path_factory.mktemp("kept") / "walsall"
    compare(small, replicates=2, out=folder, workers=1)
    return folder


@pytest.fixture
def opened(monkeypatch, tmp_path):
    def open_page(link):
        monkeypatch.setenv(SCENARIOS, str(ROOT / "scenarios"))
        monkeypatch.setenv(RESULTS, str(tmp_path / "results"))
        page = AppTest.from_file(str(APP), default_timeout=120)
        for name, value in link.items():
            page.query_params[name] = value
        return page.run()

    return open_page


def held(page):
    return page.session_state["session"]


def settled(page):
    until = time.monotonic() + 180
    while (found := held(page)).job is not None or found.side_job is not None:
        assert time.monotonic() < until
        (found.job or found.side_job).wait(5)
        page.run()
    assert not page.exception
    return page


def told(page):
    return " ".join(one.value.replace("\\", "") for one in [*page.error, *page.info])


# Results that go or change while they are shown


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["gone", *map(night, ("truncated", "altered", "manifest", "link"))])
def test_results_that_change_while_they_are_shown_are_told_in_every_view(damage, kept, opened, tmp_path):
    folder = shutil.copytree(kept, tmp_path / "results" / "walsall")
    page = settled(opened({"results": ["walsall"]}))
    assert not page.error
    parts = [path for family in ("indicators", "distribution", "accounts") for path in (folder / family).iterdir()]
    if damage == "gone":
        shutil.rmtree(folder)
    elif damage == "manifest":
        (folder / "manifest.json").write_text("{}")
    elif damage == "link":
        (folder / "figures" / "x").symlink_to("/etc/passwd")
    for part in parts if damage in ("truncated", "altered") else []:
        content = bytearray(part.read_bytes())
        content[8 : len(content) // 2 : 16] = bytes(len(content[8 : len(content) // 2 : 16]))
        part.write_bytes(content[:-100] if damage == "truncated" else content)
    failed = []
    for view in VIEWS:
        page.session_state["view"] = view
        settled(page.run())
        if held(page).message or page.error:
            failed.append(view)
            assert "walsall" in told(page)
            held(page).message = held(page).notice = ""
    if damage in ("gone", "truncated", "altered"):
        assert "Worth" in failed  # what was read before is in memory
    if damage in ("gone", "manifest", "link"):  # what reads them anew
        assert {"Map", "Partnership"} <= set(failed)


# Workers


@pytest.mark.slow
def test_a_worker_that_is_killed_in_the_middle_costs_its_run_only(opened):
    page = settled(opened(SMALL))
    shown = held(page).comparison
    next(one for one in page.number_input if one.key == "replicates").set_value(150)
    page.run()
    page.button(key="run").click()
    page.run()
    job = held(page).job
    until = time.monotonic() + 60
    while not job.done:
        assert job.poll() == "running"
        assert time.monotonic() < until
        time.sleep(0.01)
    os.kill(job._worker.process.pid, signal.SIGKILL)
    settled(page)
    assert "the process that ran it ended; perhaps memory ran out" in told(page)
    assert held(page).comparison is shown
    next(one for one in page.button if one.label == "Put the message away").click()
    page.run()
    next(one for one in page.number_input if one.key == "replicates").set_value(2)
    settled(page.run())
    assert not page.error
    assert held(page).comparison.replicates == 2


def alive(group):
    """Processes of a group that still are, zombies aside."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == group and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, night(signal.SIGTERM)])
def test_a_server_that_is_stopped_in_the_middle_of_a_run_leaves_nothing(number):
    if not Path("/proc/self/stat").exists():
        pytest.skip("processes are looked up in /proc")
    server = Served()
    asks = BackMsg()
    asks.rerun_script.query_string = "months=120&sample=0.3&replicates=12&options=growth_coalition"
    with connect(
        f"ws://{server.own}/_stcore/stream", origin=f"http://{server.own}", subprotocols=["streamlit"]
    ) as line:
        line.send(asks.SerializeToString())
        until = time.monotonic() + 120
        while not list(Path(server.temporary).glob("coalsim-page-*/1/journal.jsonl")):
            assert time.monotonic() < until, server.said()
            time.sleep(0.05)
        code, took = server.end(number)
    assert code == 130
    assert server.said().splitlines()[-1] == "stopped: the page is no longer served"
    assert "Traceback" not in server.said()
    assert took < 15  # a second on an idle machine
    until = time.monotonic() + 20
    while left := alive(server.process.pid):
        assert time.monotonic() < until, left
        time.sleep(0.1)
    assert server.left()[1] == []


# Limits


@pytest.fixture
def page_session(tmp_path, monkeypatch):
    """What a page holds, whose jobs never begin."""
    monkeypatch.setattr(sessions, "workers", lambda: type("None", (), {"lend": lambda _: None})())
    found = Session(ROOT / "scenarios", tmp_path)
    yield found
    found.cancel()


def test_one_page_runs_one_job_at_a_time(page_session, small):
    page_session.start(Choice(), small)
    first = page_session.job
    page_session.start(Choice(seed=1), small)
    assert first.state == "cancelled"
    assert page_session.job.state == "waiting"


def test_what_would_take_days_is_refused_before_it_begins(page_session):
    choice = Choice("england_2006", sample=1.0, replicates=200)
    with pytest.raises(ValueError, match=r"about \d+ hours of one core, and a page may ask for 4; .* coalsim compare"):
        page_session.start(choice, choice.check(ROOT / "scenarios").scenario)
    assert page_session.job is None
    assert page_session.started == 0


def test_what_does_not_fit_into_memory_is_refused_before_it_begins(page_session, small, monkeypatch):
    monkeypatch.setenv(LIMIT, "1MiB")
    with pytest.raises(ValueError, match="MiB"):
        page_session.start(Choice(), small)
    assert page_session.job is None


@pytest.mark.slow
def test_a_link_that_asks_for_much_starts_nothing(opened):
    page = opened({"sample": ["1"], "replicates": ["200"], "options": ["growth_coalition"]})
    assert held(page).job is None
    assert held(page).started == 0
    assert "press Run" in told(page)


@pytest.mark.slow
def test_so_many_pages_may_be_open_and_no_more(opened, monkeypatch):
    monkeypatch.setattr(sessions, "MOST_PAGES", 0)
    page = opened(SMALL)
    assert "0 pages are open, and no more may be" in told(page)
    assert "session" not in page.session_state
    assert not page.exception
