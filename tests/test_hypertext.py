"""What Jupyter shows of results and of what goes into them: a sentence, a table with units, and nothing that runs."""

import re

import numpy as np
import pandas as pd
import pytest

import coalsim
from coalsim import hypertext

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def scenario():
    loaded = coalsim.load_scenario("scenarios/slough.yaml", sample=0.05, months=3)
    growth = loaded.options["growth_coalition"].model_copy(update={"name": SCRIPT, "summary": "A & B."})
    options = {"business_as_usual": loaded.options["business_as_usual"], "growth_coalition": growth}
    changed = loaded.model_copy(update={"name": SCRIPT, "question": 'Why "not"?', "options": options})
    changed._folder = loaded.folder
    return changed


@pytest.fixture(scope="module")
def run(scenario):
    return coalsim.simulate(scenario)


@pytest.fixture(scope="module")
def compared(scenario):
    return coalsim.compare(scenario, replicates=2, workers=1)


@pytest.fixture(scope="module")
def shown(scenario, run, compared):
    """Everything as Jupyter shows it, by name."""
    things = {
        "scenario": scenario, "policy": scenario.options["growth_coalition"], "run": run, "comparison": compared,
        "snapshot": run.model.snapshot(), "ensemble": compared.ensemble, "instruments": coalsim.instruments,
        "worth": compared.worth("growth_coalition"),
    }  # fmt: skip
    return {name: thing._repr_html_() for name, thing in things.items()}


def cells(text):
    """Rows of the tables, by their cells."""
    rows = re.findall(r"<tr>(.*?)</tr>", text)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


# Pieces


def test_everything_is_escaped():
    assert hypertext.paragraphs(SCRIPT, "") == "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"
    assert SCRIPT not in hypertext.table([SCRIPT], [[SCRIPT]]) + hypertext.folded(SCRIPT, SCRIPT)
    assert SCRIPT not in hypertext.frame(pd.DataFrame({SCRIPT: [SCRIPT]}), {SCRIPT: SCRIPT})


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234567.8, "1,234,568"), (0.012346, "0.01235"), (-2, "-2"), (np.nan, ""), (np.inf, "inf"), (True, "yes"),
     (np.bool_(False), "no"), (None, ""), ("0.50", "0.50"), (["a"], "[&#x27;a&#x27;]"), (np.int64(7), "7")],
)  # fmt: skip
def test_cells_show_four_figures_that_matter(value, text):
    assert cells(hypertext.table(["x"], [[value]])) == [["x"], [text]]


def test_a_long_table_says_what_it_leaves_out():
    text = hypertext.table(["k"], [[k] for k in range(70)])
    assert len(cells(text)) == 61
    assert text.endswith("<p>and 10 more rows</p>")


def test_units_stand_in_the_headings_of_a_data_frame():
    data = pd.DataFrame({"present_value": [1.0], "kind": ["a"]})
    assert cells(hypertext.frame(data, {"present_value": "GBP"})) == [["present value, GBP", "kind"], ["1", "a"]]


# Things


def test_everything_shows_a_sentence_and_a_table_and_nothing_that_runs(shown):
    for name, text in shown.items():
        assert text.startswith("<p>"), name
        assert "<table>" in text, name
        assert "<script>" not in text, name
        assert len(text) < 30_000, name


def test_a_scenario_shows_places_options_and_question(shown, scenario):
    assert "Why &quot;not&quot;?" in shown["scenario"]
    rows = cells(shown["scenario"])
    place = scenario.places[0]
    assert [place.name, f"{place.adults:,}", str(place.neighbourhoods)] in rows
    assert ["business_as_usual", "Business as usual", "none"] in rows
    assert len(repr(scenario)) < 300


def test_a_policy_shows_each_setting_with_its_meaning(shown):
    rows = cells(shown["policy"])
    assert ["pooled_fund", "0 to 120, growing over 12", "share", "0.4",
            "Share of a member&#x27;s discretionary money, 0 to 1."] in rows  # fmt: skip
    assert "A &amp; B." in shown["policy"]


def test_a_policy_says_where_it_is_adopted(scenario):
    growth = scenario.options["growth_coalition"]
    some = type(growth).model_validate({**dict(growth), "where": {"most_deprived": 2}})
    assert "<p>Adopted by most deprived: 2.</p>" in some._repr_html_()
    assert "<p>It has no instruments.</p>" in scenario.options["business_as_usual"]._repr_html_()


def test_a_run_shows_its_headlines_with_units(shown, run):
    rows = cells(shown["run"])
    assert rows[0] == ["locality", "indicator", "unit", "start", "end"]
    assert len(rows) == 1 + len(run.table())


def test_a_comparison_shows_each_effect_with_interval_and_unit(shown, compared):
    rows = cells(shown["comparison"])
    assert rows[0] == ["option", "output", "difference", "95% interval", "unit", ""]
    assert [row[1] for row in rows[1:]] == [output.text.replace("_", " ") for output in compared.outputs]
    assert rows[1][4] == "points"


def test_an_ensemble_counts_the_runs_of_each_cell(shown, compared):
    rows = cells(shown["ensemble"])
    assert rows[1:] == [["steady", option, "2", "2", "0", "0"] for option in compared.options]
    assert "4 of 4 runs done, 0 failed" in repr(compared.ensemble)


def test_a_snapshot_shows_what_it_is_of(shown, run):
    assert ["month", "3", "after 2006-04, of 3"] in cells(shown["snapshot"])
    assert ["model version", str(coalsim.MODEL_VERSION), ""] in cells(shown["snapshot"])
