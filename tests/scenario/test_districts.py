"""The nation: every district of the table as a place, and what a bad table is told."""

import csv
from pathlib import Path

import pytest

from coalsim.scenario.errors import ScenarioError
from coalsim.scenario.nation import read_districts

TABLE = Path(__file__).parents[2] / "scenarios" / "nation" / "england_2006.csv"


@pytest.fixture(scope="module")
def places():
    return read_districts(TABLE)


def test_all_but_the_isles_of_scilly_are_there(places):
    with TABLE.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["lad_name"] != "Isles of Scilly"]
    assert len(places) == len(rows) == 353
    assert sum(place.residents.population.value for place in places) == sum(float(r["population_2006"]) for r in rows)
    assert sum(place.neighbourhoods for place in places) == sum(int(r["n_lsoa"]) for r in rows)


def test_a_tenth_of_neighbourhoods_is_in_the_worst_tenth(places):
    worst = sum(place.deprivation.share_worst_10.value * place.neighbourhoods for place in places)
    assert worst / sum(place.neighbourhoods for place in places) == pytest.approx(0.1, abs=0.001)


def test_the_most_deprived_comes_first_and_every_so_manyth_is_taken_from_the_middle(places):
    scores = [place.deprivation.mean_score.value for place in places]
    assert scores == sorted(scores, reverse=True)
    assert [p.name for p in read_districts(TABLE, 6)] == [p.name for p in places[3::6]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("n_lsoa", "lsoas", 1), ["n_lsoa", ":1:"]),
        (lambda text: text.replace(",167157,", ",,", 1), ["population_2006 is empty", ":3:"]),
        (lambda text: text.replace(",167157,", ",many,", 1), ["'many'", ":3:"]),
        (lambda text: text.replace(",167157,", ",nan,", 1), ["'nan'", ":3:"]),
        (lambda text: text.replace(",167157,", ",0,", 1), ["population", ":3:"]),
        (lambda text: text.replace("00AB,", "00AA,", 1), ["00AA is also on line 2", ":3:"]),
        (lambda text: text.replace("Barking and Dagenham", "City of London", 1), ["City of London is also", ":3:"]),
    ],
)
def test_a_bad_table_is_told_where(tmp_path, change, words):
    bad = tmp_path / "bad.csv"
    bad.write_text(change(TABLE.read_text()))
    with pytest.raises(ScenarioError) as caught:
        read_districts(bad)
    for word in ["bad.csv", *words]:
        assert word in str(caught.value)


def test_a_table_that_is_not_there_or_not_text(tmp_path):
    with pytest.raises(ScenarioError, match="cannot be read"):
        read_districts(tmp_path / "none.csv")
    odd = tmp_path / "odd.csv"
    odd.write_bytes(TABLE.read_bytes().replace(b"Barking", b"B\xff\xfeking", 1))
    with pytest.raises(ScenarioError, match=r"odd\.csv"):
        read_districts(odd)
