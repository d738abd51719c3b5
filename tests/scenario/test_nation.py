"""The table of the nation: each district of it as a place, and one line on what is wrong with a bad table."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from coalsim import load_scenario
from coalsim.scenario.errors import ScenarioError
from coalsim.scenario.nation import COLUMNS, MAY_BE_EMPTY, read_districts, read_nation
from coalsim.scenario.place import Place

TABLE = Path(__file__).parents[2] / "scenarios" / "nation" / "england_2006.csv"
LINE = 3  # of the district that is changed: Barking and Dagenham


@pytest.fixture(scope="module")
def rows():
    with TABLE.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def places():
    return read_districts(TABLE)


def write(path, lines):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
    return path


@pytest.fixture
def table(tmp_path):
    """Write the first ten districts with one cell of the second changed; the path."""
    with TABLE.open(newline="", encoding="utf-8") as file:
        lines = [row for row, _ in zip(csv.reader(file), range(11))]

    def change(column, cell, line=LINE):
        lines[line - 1][lines[0].index(column)] = cell
        return write(tmp_path / "table.csv", lines)

    return change


def refusal(path):
    with pytest.raises(ScenarioError) as caught:
        read_districts(path)
    for problem in caught.value.problems:
        assert problem.file == str(path)
    return caught.value.problems


# The nation as it is


def test_every_district_is_a_place(places, rows):
    assert len(places) == 354
    assert {row["lad_name"] for row in rows} == {place.name for place in places}


def test_people_and_neighbourhoods_add_up_to_those_of_the_table(places, rows):
    assert sum(place.neighbourhoods for place in places) == sum(int(row["n_lsoa"]) for row in rows) == 32_482
    assert sum(place.residents.population.value for place in places) == sum(int(row["population_2006"]) for row in rows)
    assert 32e6 < sum(place.adults for place in places) < 34e6  # about 33 million of working age


def test_each_place_has_the_figures_of_its_own_line(places, rows):
    by_code = {row["lad_snac_code"]: row for row in rows}
    for place in places:
        row, people, facts = by_code[place.code], place.residents, place.deprivation
        assert place.name == row["lad_name"]
        assert facts.mean_score.value == float(row["imd_mean_score"])
        for share in (5, 10, 20, 30, 50):
            assert getattr(facts, f"share_worst_{share}").value == float(row[f"share_lsoa_worst{share}"])
        for name in ("claimant_rate", "employment_rate", "unemployment_rate"):
            assert getattr(people, name).value == pytest.approx(float(row[f"{name}_pct"]) / 100, rel=1e-12)


def test_the_most_deprived_comes_first(places):
    scores = [place.deprivation.mean_score.value for place in places]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1]


@pytest.mark.parametrize("every", [1, 2, 3, 24, 60])
def test_every_so_manyth_is_the_middle_of_its_group(places, every):
    codes = [place.code for place in read_districts(TABLE, every)]
    assert codes == [place.code for place in places[every // 2 :: every]]
    assert abs(len(codes) - 354 / every) < 1


def test_each_is_a_valid_place_of_its_own(places):
    assert all(isinstance(place, Place) for place in places)
    for place in places:
        assert Place.model_validate(place.model_dump()) == place
    assert len({place.code for place in places}) == len({place.name for place in places}) == 354
    assert min(place.neighbourhoods for place in places) == 1  # the Isles of Scilly


def test_a_tenth_of_all_neighbourhoods_is_in_the_worst_tenth(places):
    n = np.array([place.neighbourhoods for place in places])
    for share in (5, 10, 20, 30, 50):  # by definition of the bands; the table is rounded to four places
        own = [getattr(place.deprivation, f"share_worst_{share}").value for place in places]
        assert np.average(own, weights=n) == pytest.approx(share / 100, abs=0.001)


def test_what_is_derived_says_so_and_what_is_observed_names_its_source(places):
    for place in places:
        assert place.economy.in_commuting.status == "derived"
        assert place.residents.job_finding.source.startswith("coalsim: ")
        assert "ONS" in place.residents.employment_rate.source


@pytest.mark.parametrize("column", MAY_BE_EMPTY)
def test_a_figure_that_may_be_missing_is_the_median_and_says_so(table, column):
    (place,) = (one for one in read_districts(table(column, "")) if one.name == "Barking and Dagenham")
    fact = {"move_out_rate": place.residents.moving_out, "gva_per_job_gbp": place.economy.gva_per_job}[column]
    assert (fact.value, fact.status) == (MAY_BE_EMPTY[column], "derived")
    assert "median" in fact.source


def test_the_medians_are_those_of_the_table(rows):
    for column, median in MAY_BE_EMPTY.items():
        assert median == pytest.approx(np.median([float(row[column]) for row in rows if row[column]]), rel=0.01)


# A bad table


@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_column_is_named(table, column):
    (problem,) = refusal(table(column, "other", line=1))
    assert problem.line == 1
    assert problem.message == f"there is no column {column}"


@pytest.mark.parametrize("column", sorted(set(COLUMNS) - set(MAY_BE_EMPTY)))
def test_an_empty_figure_is_named_with_its_line(table, column):
    (problem,) = refusal(table(column, ""))
    assert (problem.line, problem.message) == (LINE, f"{column} is empty")


@pytest.mark.parametrize("cell", ["many", "nan", "inf", "-inf", "1e999", "1,000", "12%", "0x10", "\u0661\u0662x", "="])
def test_what_is_not_a_number_is_shown_with_its_line(table, cell):
    (problem,) = refusal(table("population_2006", cell))
    assert (problem.line, problem.message) == (LINE, f"population_2006 is {cell!r}, not a number")


@pytest.mark.parametrize(
    ("column", "cell"), [("lad_snac_code", "00AA"), ("lad_name", "City of London")], ids=["code", "name"]
)
def test_a_district_that_comes_twice_is_told_with_both_lines(table, column, cell):
    (problem,) = refusal(table(column, cell))
    assert (problem.line, problem.message) == (LINE, f"{cell} is also on line 2")


@pytest.mark.parametrize(
    ("column", "cell", "path"),
    [
        ("n_lsoa", "100000", "neighbourhoods"),
        ("share_lsoa_worst10", "0.001", "deprivation.share_worst_10.value"),
        ("share_lsoa_worst50", "1.2", "deprivation.share_worst_50.value"),
        ("employment_rate_pct", "720", "residents.employment_rate.value"),
        ("lad_name", "a\x1b[31m", "name"),
    ],
)
def test_an_impossible_figure_is_told_with_its_line(table, column, cell, path):
    problems = refusal(table(column, cell))
    assert {problem.line for problem in problems} == {LINE}
    assert path in {problem.path for problem in problems}


@pytest.mark.parametrize("cell", ["0", "-1"])
@pytest.mark.parametrize(
    "column",
    [
        "population_2006",
        "claimant_rate_pct",
        "employment_rate_pct",
        "unemployment_rate_pct",
        "gva_per_job_gbp",
        "move_out_rate",
        "imd_mean_score",
        "n_lsoa",
    ],
)
def test_a_figure_that_must_be_above_nothing_is_told_by_its_column(table, column, cell):
    (problem,) = refusal(table(column, cell))
    assert (problem.line, problem.message) == (LINE, f"{column} is {cell}, not above 0")


@pytest.mark.parametrize("cell", ["0", "-1", "108.5"])
def test_no_number_of_neighbourhoods_is_left_out_or_cut_without_a_word(table, cell):
    problems = refusal(table("n_lsoa", cell))  # a place of 1 to 3 is too small; none or half of one is an error
    assert {problem.line for problem in problems} == {LINE}


def test_a_line_that_ends_early_is_named(tmp_path):
    lines = TABLE.read_text(encoding="utf-8").splitlines(keepends=True)[:10]
    lines[LINE - 1] = ",".join(lines[LINE - 1].split(",")[:5]) + "\n"
    path = tmp_path / "table.csv"
    path.write_text("".join(lines), encoding="utf-8")
    (problem,) = refusal(path)
    assert (problem.line, problem.message) == (LINE, "imd_mean_score is empty")


@pytest.mark.parametrize("line", [1, 3, 100, 300])
def test_bytes_that_are_not_utf_8_are_told_with_their_line(tmp_path, line):
    lines = TABLE.read_bytes().splitlines(keepends=True)
    lines[line - 1] = lines[line - 1].replace(b",", b"\xff,", 1)
    path = tmp_path / "table.csv"
    path.write_bytes(b"".join(lines))
    (problem,) = refusal(path)
    assert "UTF-8" in problem.message
    assert problem.line == line


def test_a_quote_that_does_not_end_is_told(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(TABLE.read_text(encoding="utf-8").replace("00AB", '"00AB', 1), encoding="utf-8")
    (problem,) = refusal(path)
    assert problem.line == LINE
    assert "comma-separated" in problem.message


@pytest.mark.parametrize("what", ["missing", "folder"])
def test_a_table_that_cannot_be_read_is_named(tmp_path, what):
    path = tmp_path / "none.csv"
    if what == "folder":
        path.mkdir()
    (problem,) = refusal(path)
    assert problem.message.startswith("cannot be read: ")


@pytest.mark.parametrize("districts", [0, -1], ids=["no district", "no line at all"])
def test_a_table_without_a_district_is_no_nation(tmp_path, districts):
    path = tmp_path / "table.csv"
    path.write_text("".join(TABLE.read_text(encoding="utf-8").splitlines(keepends=True)[: districts + 1]))
    refusal(path)


def test_the_order_of_lines_and_columns_does_not_matter(tmp_path, places):
    with TABLE.open(newline="", encoding="utf-8") as file:
        lines = [row[::-1] for row in csv.reader(file)]
    turned = read_districts(write(tmp_path / "table.csv", [lines[0], *lines[:0:-1]]))
    by_code = {place.code: place for place in places}
    assert all(by_code[place.code] == place for place in turned)


def test_a_copy_elsewhere_is_the_same_nation(tmp_path, places):
    assert read_districts(shutil.copy(TABLE, tmp_path / "copy.csv")) == places


# The nation file


NATION = TABLE.with_suffix(".yaml")
SMALL = """name: Little England
districts: table.csv
number: 10
places: [walsall.yaml]
neighbourhood_renewal: [Barking and Dagenham, Brent]
calibration: {separation: 0.9, entry: 0.8, provenance: made up}
"""


@pytest.fixture
def nation(tmp_path):
    """Write ten districts, Walsall among them, and a nation file with some text replaced; the path."""
    with TABLE.open(newline="", encoding="utf-8") as file:
        lines = [row for k, row in enumerate(csv.reader(file)) if k < 10 or row[1] == "Walsall"]
    write(tmp_path / "table.csv", lines)
    shutil.copy(TABLE.parents[1] / "places" / "walsall.yaml", tmp_path)
    shutil.copy(TABLE.parents[1] / "places" / "slough.yaml", tmp_path)

    def make(*replaced):
        text = SMALL
        for old, new in replaced:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "nation.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return make


def test_england_has_354_districts_88_renewal_areas_and_the_four_places_as_they_are():
    places = read_nation(NATION, root=TABLE.parents[1])
    by_name = {place.name: place for place in places}
    assert len(places) == 354
    assert sum(place.governance.neighbourhood_renewal for place in places) == 88
    for name in ("walsall", "slough", "telford_and_wrekin", "south_northamptonshire"):
        own = load_scenario(TABLE.parents[1] / f"{name}.yaml").places[0]
        assert by_name[own.name] == own
    assert [place.code for place in places] == [place.code for place in read_districts(TABLE)]


def test_a_nation_takes_what_is_known_better_from_place_files(nation):
    places = {place.name: place for place in read_nation(nation())}
    assert places["Walsall"].residents.job_finding.value == 0.09
    assert places["Walsall"].calibration.entry == 0.778
    assert places["Brent"].calibration.entry == 0.8
    renewed = {name for name, place in places.items() if place.governance.neighbourhood_renewal}
    assert renewed == {"Barking and Dagenham", "Brent", "Walsall"}


@pytest.mark.parametrize(
    ("replaced", "line", "words", "hint"),
    [
        (("number: 10", "number: 11"), 3, "table.csv has 10 districts, not 11", "add what is missing"),
        (("Brent]", "Brant]"), 5, "no district 'Brant'", "did you mean 'Brent'"),
        (("Brent]", "Barking and Dagenham]"), 5, "Barking and Dagenham is named twice", ""),
        (("[walsall.yaml]", "[slough.yaml]"), 4, "no district with the code 00MD", "of this nation only"),
        (("entry: 0.8", "entry: 8"), 6, "8 is above the largest allowed, 2", ""),
        (("table.csv", "tables.csv"), 2, "tables.csv", ""),
    ],
)
def test_what_is_wrong_with_a_nation_is_said_where_it_is_written(nation, replaced, line, words, hint):
    path = nation(replaced)
    with pytest.raises(ScenarioError) as caught:
        read_nation(path)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (str(path), line)
    assert words in problem.message
    assert hint in f"{problem.message} {problem.hint}"


def test_a_table_as_excel_saves_it_is_read(tmp_path):
    path = tmp_path / "districts.csv"
    path.write_bytes(b"\xef\xbb\xbf" + TABLE.read_bytes())
    assert read_districts(path) == read_districts(TABLE)


@pytest.mark.parametrize("cell", ["1e-323", "0.001"])
def test_a_rate_that_can_be_none_is_refused(table, cell):
    (problem,) = refusal(table("unemployment_rate_pct", cell))
    assert problem.message == f"unemployment_rate_pct is {cell}, below 0.01"
