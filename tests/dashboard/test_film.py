"""Films: the same run that results hold, month by month, and the map that plays them."""

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest

from coalsim import simulate
from coalsim.dashboard.film import film, is_short
from coalsim.dashboard.player import MEASURES, hexagons, packed, player
from coalsim.loading import load_scenario
from coalsim.names import BODIES, DOMAINS

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.fixture(scope="module")
def run(small):
    return simulate(small, policy="growth_coalition", seed=3)


@pytest.fixture(scope="module")
def filmed(small):
    return film(small, "growth_coalition", 3)


def test_it_is_the_same_run(run, filmed):
    assert filmed.fingerprint == run.fingerprint
    assert filmed.months == 24


def test_what_it_shows_is_what_indicators_measure(run, filmed):
    table, place = run.indicators, run.model.localities[0]
    for name in DOMAINS:
        mean = filmed.neighbourhoods[name] @ place.n_homes / place.n_residents
        np.testing.assert_allclose(mean, table[f"condition_{name}"], rtol=1e-5)
    mean = filmed.neighbourhoods["deprivation"] @ place.n_homes / place.n_residents
    np.testing.assert_allclose(mean, table["mean_deprivation"], atol=1e-5)
    np.testing.assert_array_equal(filmed.sustaining, table["sustaining"])
    pooled = np.array([partner.pooled for partner in place.partners]) / 100
    np.testing.assert_allclose(filmed.pooled[-1], pooled, rtol=1e-6)
    assert filmed.is_member[-1].tolist() == [partner.is_member for partner in place.partners]
    assert filmed.partners == BODIES
    assert filmed.pooled[~filmed.is_member].max(initial=0) == 0


def test_one_of_several_places_can_be_filmed(four_places):
    whole = film(four_places, "growth_coalition", 0, "Slough")
    assert whole.place == "Slough"
    assert whole.column.size == four_places.places[[p.name for p in four_places.places].index("Slough")].neighbourhoods
    with pytest.raises(ValueError, match="no place called 'Slouch'; known: Walsall"):
        film(four_places, "growth_coalition", 0, "Slouch")


def test_only_short_films_are_made(small):
    assert is_short(small, 2)
    whole = load_scenario(small, sample=1.0, months=240)
    assert is_short(whole, 2)
    assert not is_short(load_scenario(whole, months=1200), 4)
    england = load_scenario(SCENARIOS / "england_2006.yaml", sample=0.03, months=240)
    assert not is_short(england, 2)


def test_packing_keeps_values_to_a_step():
    values = np.array([[-1.0, 0.25], [2.0, 0.5]])
    steps = np.frombuffer(base64.b64decode(packed(values, -1, 2)), dtype="<u2").reshape(2, 2)
    np.testing.assert_allclose(-1 + 3 * steps.astype(float) / 65535, values, atol=3 / 65535)
    assert set(np.frombuffer(base64.b64decode(packed(np.ones(3), 1, 1)), dtype="<u2")) == {0}


def test_hexagons_touch_their_neighbours_and_no_other(filmed):
    cells, box = hexagons(filmed.column, filmed.row)
    assert len(cells) == filmed.column.size
    corners = [np.array(re.findall(r"([\d.-]+) ([\d.-]+)", cell), dtype=float) for cell in cells]
    centres = np.array([corner.mean(axis=0) for corner in corners])
    apart = np.hypot(*(centres[:, None] - centres[None]).T)
    np.fill_diagonal(apart, np.inf)
    assert apart.min() == pytest.approx(10 * np.sqrt(3), abs=0.2)
    _, _, width, height = map(float, box.split())
    everything = np.concatenate(corners)
    assert (everything >= 0).all()
    assert everything[:, 0].max() <= width
    assert everything[:, 1].max() <= height


def test_the_player_holds_both_films_and_no_other_address(small, filmed):
    other = film(small, "business_as_usual", 3)
    html = player({"Business <as> usual": other, "Growth coalition": filmed}, small.start, 12)
    assert "Business &lt;as&gt; usual" in html
    assert "<as>" not in html
    assert not re.findall(r"https?://", html)
    data = json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', html, re.DOTALL)[1])
    assert (data["n"], data["months"], data["ends"], data["start"]) == (169, 24, 12, 12 * 2006 + 3)
    assert set(data["measures"]) == set(MEASURES)
    low, high = (data["measures"]["unemployed"][end] for end in ("low", "high"))
    steps = np.frombuffer(base64.b64decode(data["sides"][1]["unemployed"]), dtype="<u2").reshape(25, 169)
    np.testing.assert_allclose(
        low + (high - low) * steps / 65535, 100 * filmed.neighbourhoods["unemployed"], atol=(high - low) / 65535
    )


def test_one_film_alone_has_nothing_to_be_compared_with(small, filmed):
    assert 'id="difference"' not in player({"Growth coalition": filmed}, small.start)
