"""Tiles of a nation: one each, near where the place is; maps show the values they are given, by tiles or by somebody's shapes."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from coalsim.figures import Mapped, read_boundaries, tile_map
from coalsim.figures.tile_map import steps
from coalsim.figures.tiles import TILE, positions, tiles
from coalsim.scenario.nation import read_nation

SCENARIOS = Path(__file__).parents[1] / "scenarios"


@pytest.fixture(scope="module")
def england():
    return read_nation(SCENARIOS / "nation" / "england_2006.yaml")


def test_every_district_has_a_tile_of_its_own_near_its_position(england):
    codes = [place.code for place in england]
    cells, at = tiles(codes), positions(codes)
    assert np.isfinite(at).all()
    assert len({tuple(cell) for cell in cells.tolist()}) == 354
    assert (cells.min(axis=0) == 0).all()
    shift = at / TILE - cells
    apart = np.hypot(*(shift - np.median(shift, axis=0)).T)
    assert np.median(apart) < 2  # tiles
    assert apart.max() < 6


@pytest.mark.parametrize(
    ("first", "second", "axis"),
    [("00CJ", "00ML", 1), ("00BY", "00FA", 0), ("15UF", "29UE", 0), ("00CN", "00AY", 1), ("16UD", "00HG", 1)],
)
def test_north_is_above_south_and_east_is_right_of_west(england, first, second, axis):
    cells = dict(zip((place.code for place in england), tiles([place.code for place in england]).tolist()))
    if axis == 1:
        assert cells[first][1] > cells[second][1]
    else:
        assert cells[first][0] < cells[second][0]


def test_tiles_belong_to_codes_and_not_to_their_order(england):
    codes = [place.code for place in england[:40]]
    forward, back = tiles(codes), tiles(codes[::-1])
    assert (forward == back[::-1]).all()


def test_unknown_places_are_laid_out_below_the_rest():
    cells = tiles(["00CU", "X001", "X002", "X003"])
    assert len({tuple(cell) for cell in cells.tolist()}) == 4
    assert cells[0, 1] > cells[1:, 1].max()
    alone = tiles([f"X{k:03}" for k in range(7)])
    assert len({tuple(cell) for cell in alone.tolist()}) == 7
    assert alone.max() <= 2


def squares(figure, panel=0):
    return [patch for patch in figure.axes[panel].patches if isinstance(patch, Rectangle)]


def test_equal_values_have_equal_colours_in_every_panel_and_marked_places_a_frame():
    values = np.array([-1.0, 0.2, 1.0])
    marked = np.array([True, False, False])
    figure = tile_map(
        ["00CU", "00MD", "00GF"],
        [Mapped("one", values, marked), Mapped("two", values[::-1])],
        title="t", unit="u", diverging=True, mark="adopts",
    )  # fmt: skip
    one, two = squares(figure), squares(figure, 1)
    assert one[0].get_facecolor() == two[2].get_facecolor() != one[2].get_facecolor()
    assert one[0].get_edgecolor()[:3] == (0, 0, 0)
    assert one[1].get_edgecolor()[:3] == (1, 1, 1)


def test_a_place_without_a_value_is_hatched():
    figure = tile_map(["00CU", "00MD"], [Mapped("one", np.array([np.nan, 1.0]))], title="t", unit="u")
    assert [patch.get_hatch() for patch in squares(figure)] == ["////", None]


def test_steps_of_a_difference_have_nought_in_the_middle():
    _, norm = steps(np.array([-0.2, 1.9, 0.4]), diverging=True)
    limits = norm.boundaries
    assert np.allclose(limits, -limits[::-1])
    assert 0 in limits
    assert all(low < high for low, high in pairwise(limits))
    _, level = steps(np.full(5, 3.0), diverging=False)
    assert level.boundaries[0] < 3 < level.boundaries[-1]


# Somebody's own shapes


@pytest.fixture
def shapes(tmp_path):
    pytest.importorskip("geopandas")

    def write(names, key="lad06nm"):
        features = [
            {
                "type": "Feature",
                "properties": {key: name, "area": k + 1.5},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[k, 50], [k + 1, 50], [k + 1, 51], [k, 51], [k, 50]]],
                },
            }
            for k, name in enumerate(names)
        ]
        path = tmp_path / "shapes.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
        return str(path)

    return write


def test_shapes_are_found_by_name_or_code_and_put_in_order(shapes):
    path = shapes(["Slough", "Elsewhere", "Walsall"])
    found = read_boundaries(path, ["00CU", "00MD"], ["Walsall", "Slough"])
    assert found.geometry.bounds["minx"].tolist() == [2, 0]
    by_code = read_boundaries(shapes(["00MD", "00CU"], "code"), ["00CU", "00MD"], ["Walsall", "Slough"])
    assert by_code.geometry.bounds["minx"].tolist() == [1, 0]
    figure = tile_map(["00CU", "00MD"], [Mapped("one", np.array([1.0, np.nan]))], title="t", unit="u", boundaries=found)
    assert figure.axes[0].collections


@pytest.mark.parametrize(
    ("names", "words"), [(["Slough"], "there is no shape for Walsall"), ([], "there is no shape for Walsall, Slough")]
)
def test_a_place_without_a_shape_is_named(shapes, names, words):
    with pytest.raises(ValueError, match=words):
        read_boundaries(shapes(names), ["00CU", "00MD"], ["Walsall", "Slough"])


def test_a_file_without_shapes_is_refused_in_a_line(tmp_path):
    pytest.importorskip("geopandas")
    path = tmp_path / "text.geojson"
    path.write_text("nothing of the kind", encoding="utf-8")
    for bad in (path, tmp_path / "missing.geojson"):
        with pytest.raises(ValueError, match="it cannot be read as shapes") as caught:
            read_boundaries(str(bad), ["00CU"], ["Walsall"])
        assert "\n" not in str(caught.value)
