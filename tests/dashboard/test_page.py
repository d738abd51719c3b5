"""The page without a browser: what is asked, refused, run, shown and kept."""

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from coalsim.dashboard.serve import RESULTS, SCENARIOS, settings
from coalsim.dashboard.session import MOST_RUNS
from coalsim.dashboard.tour import STEPS
from coalsim.dashboard.views import VIEWS
from coalsim.dashboard.work import workers
from coalsim.experiments.compare import compare

HERE = Path(__file__).parents[2]
pytestmark = pytest.mark.slow
APP = HERE / "src" / "coalsim" / "dashboard" / "app.py"
SMALL = {"months": ["24"], "sample": ["0.05"], "options": ["growth_coalition"]}


@pytest.fixture(scope="module", autouse=True)
def end_workers():
    yield
    workers().end()


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


@pytest.fixture
def opened(monkeypatch, results):
    def open_page(link=SMALL):
        monkeypatch.setenv(SCENARIOS, str(HERE / "scenarios"))
        monkeypatch.setenv(RESULTS, str(results))
        page = AppTest.from_file(str(APP), default_timeout=120)
        for name, value in (link or {}).items():
            page.query_params[name] = value
        return page.run()

    return open_page


def session(page):
    return page.session_state["session"]


def settled(page, seconds=180):
    """The page once nothing runs any more."""
    until = time.monotonic() + seconds
    while (held := session(page)).job is not None or held.side_job is not None:
        assert time.monotonic() < until
        (held.job or held.side_job).wait(5)
        page.run()
    assert not page.exception
    return page


def texts(elements):
    return " ".join(element.value.replace("\\", "") for element in elements)


def put(page, key, value):
    next(
        one
        for one in [*page.number_input, *page.slider, *page.multiselect, *page.selectbox, *page.toggle]
        if one.key == key
    ).set_value(value)
    return page.run()


def look_at(page, view):
    page.session_state["view"] = view
    return settled(page.run())


def test_the_first_open_begins_the_tour_and_runs(opened):
    page = settled(opened(link=None))
    assert STEPS[0].title in texts(page.markdown)
    assert session(page).comparison.options == ("business_as_usual", "growth_coalition")
    assert session(page).comparison.scenario.sample == 0.1
    for step in STEPS[1:]:
        page.button(key="tour next").click()
        settled(page.run())
        assert step.title in texts(page.markdown)
        assert page.session_state["view"] == step.view
    assert not [one for one in page.button if one.key == "tour next"]
    page.button(key="tour close").click()
    page.run()
    assert STEPS[-1].title not in texts(page.markdown)


def test_a_lever_that_is_moved_is_run_and_comes_back_with_its_link(opened):
    page = settled(opened())
    before = session(page).comparison.fingerprint
    page = settled(put(page, "slide policy.pooled_fund.share", 0.9))
    held = session(page)
    assert held.asked.levers == {"policy.pooled_fund.share": 0.9}
    assert held.comparison.scenario.options["growth_coalition"].instruments["pooled_fund"].share == 0.9
    assert held.comparison.fingerprint != before
    assert page.query_params["set"] == "policy.pooled_fund.share=0.9"
    again = settled(opened(link={name: [page.query_params[name]] for name in page.query_params}))
    assert session(again).comparison.fingerprint == held.comparison.fingerprint
    assert STEPS[0].title not in texts(again.markdown)
    put_back = next(one for one in page.button if one.label == "Put levers back")
    put_back.click()
    page = settled(page.run())
    assert session(page).comparison.fingerprint == before


def test_a_value_out_of_range_is_refused_beside_its_field(opened):
    page = settled(opened())
    shown = session(page).comparison
    page = put(page, "value policy.pooled_fund.share", 1.7)
    assert "1.7 is above the largest allowed, 1" in texts(page.error)
    assert page.button(key="run").disabled
    assert session(page).job is None
    assert session(page).comparison is shown
    page = settled(put(page, "value policy.pooled_fund.share", 0.5))
    assert not page.error
    refusals = {
        "months": (0, "below the smallest allowed, 1"),
        "sample": (0.001, "0.022 or more"),
        "replicates": (1, "from 2 to"),
        "seed": (-1, "from 0 to"),
    }
    for key, (value, said) in refusals.items():
        was = next(one.value for one in page.number_input if one.key == key)
        page = put(page, key, value)
        assert said in texts(page.error), key
        assert page.button(key="run").disabled
        page = put(page, key, was)
        assert not page.error


def test_no_option_at_all_is_refused(opened):
    page = settled(put(opened(), "options", []))
    assert session(page).comparison.options[1:] == ("growth_coalition",)  # what was shown is still shown
    assert list(session(page).asked.options) == ["growth_coalition"]
    assert "choose at least one option" in texts(page.error)


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ({"scenario": ["../secret"]}, "there is no scenario"),
        ({"months": ["soon"]}, "months: 'soon' is not a whole number"),
        ({"colour": ["<script>alert(1)</script>"]}, "not known here"),
        ({"results": ["../.."]}, "there are no results called '../..'"),
    ],
)
def test_a_link_that_cannot_be_read_is_told(opened, link, said):
    page = opened(link=link)
    assert said in texts(page.error)
    assert not page.exception
    session(page).cancel()


@pytest.mark.parametrize("value", ["much", "true"])
def test_a_lever_of_a_link_that_is_no_number_is_told_and_can_be_put_right(opened, value):
    page = opened(link={**SMALL, "set": [f"policy.pooled_fund.share={value}"]})
    assert "number" in texts(page.error)
    assert session(page).job is None
    page = settled(put(page, "value policy.pooled_fund.share", 0.5))
    assert not page.error
    assert session(page).asked.levers == {"policy.pooled_fund.share": 0.5}


def test_a_lever_of_a_link_that_is_not_there_is_told(opened):
    page = opened(link={**SMALL, "set": ["policy.pooled_found.share=0.5"]})
    assert "pooled_fund" in texts(page.error)
    assert session(page).job is None


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_drawn(opened, view):
    page = look_at(settled(opened()), view)
    assert not page.error
    if view == "Take away":
        next(one for one in page.button if one.label == "Write the report").click()
        page = settled(page.run())
        assert "Report (HTML)" in [one.label for one in page.get("download_button")]
    if view in ("Map", "Partnership"):
        assert "bit for bit" in texts(page.caption)
        assert len(session(page).films) == 2
    kept = len(session(page).kept)
    assert look_at(page, view) is page
    assert len(session(page).kept) == kept  # nothing is drawn twice


def test_pages_do_not_disturb_each_other(opened):
    one, other = opened(), opened(link={**SMALL, "seed": ["9"]})
    one, other = settled(one), settled(other)
    assert session(one) is not session(other)
    assert session(one).home != session(other).home
    assert session(one).comparison.fingerprint != session(other).comparison.fingerprint
    put(one, "slide policy.pooled_fund.share", 0.8)
    session(one).cancel()
    assert session(other).asked.levers == {}
    assert not settled(other.run()).error


def test_a_page_may_start_so_many_runs_and_no_more(opened):
    page = settled(opened())
    session(page).started = MOST_RUNS - 5
    page = put(page, "slide policy.pooled_fund.share", 0.8)
    assert f"6 runs are more than the 5 that this page may still start, of {MOST_RUNS}" in texts(page.error)
    assert session(page).job is None
    assert session(page).started == MOST_RUNS - 5


def test_a_job_can_be_cancelled(opened):
    page = settled(opened())
    shown = session(page).comparison
    page = settled(put(page, "sample", 1.0))
    shown = session(page).comparison
    page = put(page, "replicates", 150)
    page.button(key="run").click()
    page = page.run()
    assert session(page).job is not None
    page.button(key="cancel").click()
    page.run()
    assert session(page).job is None
    assert "Cancelled" in texts(page.error)
    assert session(page).comparison is shown
    next(one for one in page.button if one.label == "Put the message away").click()
    assert not settled(page.run()).error


def test_many_runs_wait_for_the_button(opened):
    page = settled(opened())
    page = settled(put(page, "sample", 0.5))
    page = put(page, "replicates", 200)
    assert session(page).job is None
    assert "press Run" in texts(page.info)
    assert page.button(key="run").label == "Run 400 runs"


def test_stored_results_are_opened_by_name_and_by_link(opened, results, small):
    done = compare(small, replicates=2, out=results / "walsall", workers=1)
    page = opened()
    page.selectbox(key="stored").set_value("walsall")
    page.button(key="open").click()
    page = settled(page.run())
    assert session(page).comparison.fingerprint == done.fingerprint
    assert "stored results" in texts(page.info)
    assert page.query_params["results"] == "walsall"
    page = settled(opened(link={"results": ["walsall"]}))
    assert session(page).comparison.fingerprint == done.fingerprint
    for view in VIEWS:
        assert not look_at(page, view).error
    page.button(key="run").click()
    page = settled(page.run())
    assert not session(page).is_stored
    assert session(page).comparison.fingerprint != done.fingerprint


@pytest.mark.parametrize("damage", ["manifest", "journal", "part", "accounts", "empty"])
def test_a_broken_folder_gives_a_message(opened, results, small, damage):
    folder = results / "broken"
    compare(small, replicates=2, out=folder, workers=1)
    if damage == "manifest":
        (folder / "manifest.json").write_text("{")
    elif damage == "empty":
        (folder / "manifest.json").write_text("")
    elif damage == "journal":
        (folder / "journal.jsonl").write_text("nothing\n")
    else:
        family = {"part": "indicators", "accounts": "accounts"}[damage]
        for part in (folder / family).glob("*.parquet"):
            part.write_bytes(b"PAR1 and no more")
    page = settled(opened(link={"results": ["broken"]}))
    said = texts(page.error)
    if damage == "accounts":  # read only where money is looked at
        page = look_at(page, "Money")
        said = texts(page.error)
    assert "broken" in said or "damaged" in said or "corrupted" in said
    assert not page.exception


def test_the_server_keeps_to_itself():
    found = settings("127.0.0.1", 8765)
    assert found["server.address"] == "127.0.0.1"
    assert found["browser.gatherUsageStats"] is False
    assert found["server.enableXsrfProtection"] is True
    assert found["server.enableCORS"] is True
    assert found["client.showErrorDetails"] == "none"
