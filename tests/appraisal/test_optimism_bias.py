"""Optimism bias: the supplementary guidance's bounds, its mix of buildings, and mixes that are none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalsim.appraisal import optimism_bias
from coalsim.appraisal.optimism_bias import BOUNDS

MIX = {"standard_building": 0.7, "non_standard_building": 0.3}

# HM Treasury, supplementary guidance, after Mott MacDonald (2002): upper bounds, percent
UPPER = [
    ("standard_building", 24, 4),
    ("non_standard_building", 51, 39),
    ("standard_civil", 44, 20),
    ("non_standard_civil", 66, 25),
    ("equipment", 200, 54),
    ("outsourcing", 41, 0),
]
LOWER = [
    ("standard_building", 2),
    ("non_standard_building", 4),
    ("standard_civil", 3),
    ("non_standard_civil", 6),
    ("equipment", 10),
]


@pytest.mark.parametrize(("kind", "capital", "duration"), UPPER)
def test_a_kind_alone_has_its_upper_bound(kind, capital, duration):
    assert optimism_bias({kind: 1.0}) == pytest.approx(capital / 100)
    assert optimism_bias({kind: 1.0}, "duration") == pytest.approx(duration / 100)


@pytest.mark.parametrize(("kind", "capital"), LOWER)
def test_good_management_leaves_the_lower_bound(kind, capital):
    assert optimism_bias({kind: 1.0}, mitigated=1) == pytest.approx(capital / 100)


def test_the_guidances_mix_of_buildings():
    assert round(100 * optimism_bias(MIX), 1) == 32.1  # 0.7 x 24 + 0.3 x 51
    assert round(100 * optimism_bias(MIX, "duration"), 1) == 14.5  # 0.7 x 4 + 0.3 x 39


def test_half_mitigated_lies_in_the_middle():
    # 0.7 x (24 + 2) / 2 + 0.3 x (51 + 4) / 2 = 9.1 + 8.25
    assert optimism_bias(MIX, mitigated=0.5) == pytest.approx(0.1735)


@settings(deadline=None, derandomize=True)
@given(
    st.sampled_from(list(BOUNDS)),
    st.sampled_from(list(BOUNDS)),
    st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from(["capital", "duration"]),
)
def test_a_mix_lies_between_its_kinds(one, other, share, mitigated, what):
    mix = {one: 1.0} if one == other else {one: share, other: 1 - share}
    alone = [optimism_bias({kind: 1.0}, what, mitigated) for kind in (one, other)]
    assert min(alone) - 1e-12 <= optimism_bias(mix, what, mitigated) <= max(alone) + 1e-12


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (({"castle": 1.0},), "'castle': give kinds among standard_building"),
        (({"standard_building": 0.7},), "add up to 0.7; give shares that add up to 1"),
        (({"standard_building": 1.5, "equipment": -0.5},), "give shares that add up to 1"),
        (({},), "add up to 0"),
        ((MIX, "time"), "'time': give capital or duration"),
        ((MIX, "capital", 1.2), "mitigated 1.2: give a share from 0 to 1"),
    ],
)
def test_a_mix_that_is_none_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        optimism_bias(*arguments)
