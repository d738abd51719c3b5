"""Reports: one page that needs nothing but itself, safe whatever a scenario says, and the same numbers as the comparison."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from coalsim.cli import cli
from coalsim.experiments.comparison import open_comparison
from coalsim.reporting import Report, words
from coalsim.reporting.section import LIGHTS, Picture, Table
from coalsim.reporting.studies import Study

TITLES = [
    "The question and the options", "The answer", "At a glance", "What changes", "When does it tip", "What drives it",
    "Value for money", "How much is additional", "Who pays and who gains", "Distribution over people and neighbourhoods",
    "Robustness over worlds", "Assumptions and limits", "How to make this again",
]  # fmt: skip
VOID = {"meta", "br", "img", "link", "input", "hr"}


class Page(HTMLParser):
    """Every element with its attributes; elements must close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, *tags):
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture(scope="module")
def parsed(page):
    found = Page(page)
    assert not found.open
    return found


def call(*arguments, code=0):
    result = CliRunner().invoke(cli, list(map(str, arguments)))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert result.exit_code == code, result.output
    return result


def test_it_has_every_section_in_order(page):
    headings = re.findall(r'<h2 id="[^"]*">([^<]*)</h2>', page)
    assert headings == TITLES


def test_texts_of_a_scenario_are_only_text(page, parsed):
    assert "&lt;script&gt;alert" in page
    assert not parsed.all("script", "iframe", "object", "form", "base")
    assert not [name for _, attributes in parsed.elements for name in attributes if name.startswith("on")]


def test_nothing_is_asked_of_anybody(page, parsed):
    policy = next(a["content"] for a in parsed.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    linked = [a.get(name) for _, a in parsed.elements for name in ("src", "href", "xlink:href") if a.get(name)]
    assert linked
    assert all(target.startswith(("#", "data:image/png")) for target in linked)
    assert "url(http" not in page
    assert "@import" not in page


def test_names_inside_the_page_are_unique_and_links_arrive(page, parsed):
    ids = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = re.findall(r'(?:href="|url\()#([^")]+)', page)
    assert targets
    assert set(targets) <= set(ids)


def test_every_picture_and_table_says_what_it_is(report, parsed):
    pictures = [part for section in report.sections for part in section.parts if isinstance(part, Picture)]
    drawn = [a for a in parsed.all("svg") if "role" in a]
    assert len(pictures) == len(drawn) >= 6
    assert all(a["role"] == "img" and a["aria-labelledby"] for a in drawn)
    assert all(len(picture.alt) > 40 for picture in pictures)
    assert len(parsed.all("caption")) == len(parsed.all("table")) == len(report.tables)
    assert all("scope" in a for a in parsed.all("th"))
    assert parsed.all("html") == [{"lang": "en-GB"}]
    assert all(a.get("tabindex") == "0" for a in parsed.all("div") if a.get("class") == "scroll")


def test_every_traffic_light_has_a_symbol_and_a_word(page):
    cells = re.findall(r'<td class="light [\w-]+"><span aria-hidden="true">(.*?)</span> ([\w ,]+)', page)
    assert cells
    assert all(symbol == LIGHTS[word][0] for symbol, word in cells)


def test_the_numbers_are_those_of_the_comparison(report, results):
    comparison = open_comparison(results)
    tables = {table.name: table.data for table in report.tables}
    for option in comparison.options[1:]:
        worth = comparison.worth(option)
        row = tables["appraisal"].query("option == @option and case == 'economic'").iloc[0]
        assert (row["npsv"], row["bcr"]) == (worth.economic.npsv, pytest.approx(worth.economic.bcr, nan_ok=True))
        assert words.money(worth.economic.npsv) in re.sub(r"<[^>]+>", "", report.html)
        who = tables[f"who_pays_{option}"].set_index("body")["present_value"]
        public = worth.public_money.by_body().index.drop("total")
        assert who[list(public)].sum() == pytest.approx(who["all public bodies"])
    assert len(tables["effects"]) == len(comparison.table())
    assert comparison.fingerprint in report.html


def test_the_same_results_give_the_same_bytes(results, page):
    assert Report.of(results).html == page


def test_the_command_writes_page_and_tables_and_verify_and_resuming_leave_them_alone(copied):
    told = json.loads(call("report", copied, "--json").stdout)
    assert Path(told["page"]) == copied / "report.html"
    assert (copied / "tables" / "all_tables.xlsx").is_file()
    assert "verified" in call("verify", copied, "--sample", 0).stdout
    call("repair", copied)
    assert "report.html" not in (copied / "manifest.json").read_text()
    call("report", copied, "--page", copied.parent / "elsewhere.html", "--no-tables")
    assert (copied.parent / "elsewhere.html").is_file()
    assert "verified" in call("verify", copied, "--sample", 0).stdout


def test_a_folder_without_a_counterfactual_is_refused_in_words(tmp_path):
    scenario = Path(__file__).parents[2] / "scenarios" / "walsall.yaml"
    call("run", scenario, "--set", "months=2", "--set", "sample=0.03", "--out", tmp_path / "run")
    says = call("report", tmp_path / "run", code=2).stderr
    assert "a single run has no counterfactual" in says
    assert "coalsim compare" in says
    assert not (tmp_path / "run" / "report.html").exists()


def test_what_is_no_folder_of_results_or_no_study_is_refused(results, tmp_path):
    assert "not a folder of results" in call("report", tmp_path, code=2).stderr
    says = call("report", results, results, code=2).stderr
    assert "name the comparison first" in says
    assert not (results / "report.html").exists()


def test_results_from_before_there_were_accounts_are_reported_without_an_appraisal(results, monkeypatch):
    old = Report.of(results)
    monkeypatch.setattr(
        old.comparison.ensemble, "families", dict.fromkeys(old.comparison.ensemble.families, ("indicators",))
    )
    text = old.html
    assert "there is no appraisal: run the same command into a new folder" in text
    assert "Net present social value" not in text


def test_a_study_of_tipping_is_put_in_with_its_pictures(results, tmp_path):
    png = bytes.fromhex("89504e470d0a1a0a")
    study = Study(tmp_path / "tip", "tipping", {"name": "A < B", "verdict": "never", "quick": True}, "It <never> tips.",
                  {"dose_response": png}, "0" * 64)  # fmt: skip
    text = Report(open_comparison(results), [study]).html
    assert "Verdict: never." in text
    assert "It &lt;never&gt; tips." in text
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in text
    assert "shows that it works, not what is true" in text
    assert "No study of a tipping point was given" not in text


def test_pdf_without_a_browser_is_refused_and_the_page_stays(copied, monkeypatch):
    monkeypatch.setattr("coalsim.reporting.pdf.shutil.which", lambda name: None)
    monkeypatch.delenv("COALSIM_BROWSER", raising=False)
    says = call("report", copied, "--pdf", code=2).stderr
    assert "needs Chromium or Chrome" in says
    assert "COALSIM_BROWSER" in says


@pytest.mark.parametrize(
    ("value", "text"),
    [(12_340_000, "£12.3m"), (-12_340_000, "−£12.3m"), (-10_000, "£0.0m"), (np.inf, "no limit"), (0, "£0.0m")],  # noqa: RUF001
)
def test_money_in_millions(value, text):
    assert words.money(value) == text


def test_hyphens_before_numbers_become_minus_signs_and_dates_stay():
    assert words.minus("-0.1 (-2 to +3), 2006-07, pot-2, -£3") == "−0.1 (−2 to +3), 2006-07, pot-2, −£3"  # noqa: RUF001


def test_a_table_with_a_name_that_climbs_out_stays_inside():
    import pandas as pd

    assert Table("who_pays_../../x", "", [], [], pd.DataFrame()).name == "who_pays__x"
