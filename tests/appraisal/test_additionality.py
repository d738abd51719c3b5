"""Additionality: the guide's identity by hand, its bands, its limits, and shares that are none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalsim.appraisal import COMPOSITE_MULTIPLIERS, EVALUATED, READY_RECKONER, additionality

REPEATABLE = settings(deadline=None, derandomize=True)
JOBS = st.floats(0, 1e6)
SHARE = st.floats(0, 1)


def test_the_identity_by_hand():
    # 100 jobs, of which 20 would have come anyway. A tenth leaks, a quarter is displaced, a fifth is substituted:
    # of each job 0.9 x 0.75 x 0.8 x 1.1 = 0.594 are left, so 59.4 less 11.88
    shares = {"leakage": 0.1, "displacement": 0.25, "substitution": 0.2, "multiplier": 1.1}
    assert additionality(100, 20, **shares) == pytest.approx(47.52, rel=1e-12)
    # Half of what would have come anyway would have leaked: 20 x 0.5 x 0.75 x 0.8 x 1.1 = 6.6
    assert additionality(100, 20, **shares, reference={"leakage": 0.5}) == pytest.approx(52.8, rel=1e-12)


def test_the_bands_are_those_of_the_guide():
    assert list(READY_RECKONER["leakage"]) == ["none", "low", "medium", "high", "very high", "total"]
    for name in ("displacement", "substitution"):
        assert list(READY_RECKONER[name]) == ["none", "low", "medium", "high", "total"]
    assert all(list(bands) == ["low", "medium", "high"] for bands in COMPOSITE_MULTIPLIERS.values())
    assert list(READY_RECKONER["leakage"].values()) == [0, 0.10, 0.25, 0.50, 0.75, 1]
    for name in ("displacement", "substitution"):
        assert list(READY_RECKONER[name].values()) == [0, 0.25, 0.50, 0.75, 1]
    assert list(COMPOSITE_MULTIPLIERS["neighbourhood"].values()) == [1.05, 1.10, 1.15]
    assert list(COMPOSITE_MULTIPLIERS["regional"].values()) == [1.3, 1.5, 1.7]


def test_evaluations_found_what_occasional_paper_1_says():
    assert EVALUATED == {"deadweight": (0.43, 0.39), "displacement": (0.21, 0.38), "leakage": (0.12, 0.17)}  # BIS 2009
    # Its net additionality is about a half, 36% to 58% by theme: regionally 0.57 x 0.79 x 0.88 = 0.40 before multipliers
    by_share = {name: regional for name, (regional, _) in EVALUATED.items()}
    net = additionality(1, by_share.pop("deadweight"), **by_share)
    assert 0.36 < net < 0.58


def test_without_shares_all_that_is_more_is_additional():
    assert additionality(100) == 100
    assert additionality(100, 30) == 70
    assert additionality(30, 100) == -70


def test_nothing_is_left_where_all_leaks_or_is_displaced_or_substituted():
    for name in ("leakage", "displacement", "substitution"):
        assert additionality(100, 20, **{name: 1.0}) == 0


def test_gains_elsewhere_add():
    assert additionality(100, displacement=-0.2) == pytest.approx(120)


def test_arrays_are_taken_element_by_element():
    gross, leakage = np.array([[100.0], [200.0]]), np.array([0.0, 0.1, 0.5])
    found = additionality(gross, 50, leakage=leakage)
    assert found.tolist() == [[additionality(g, 50, leakage=share) for share in leakage] for g in gross[:, 0]]
    assert type(additionality(100, 20)) is float


@REPEATABLE
@given(JOBS, JOBS, SHARE, SHARE, SHARE, st.floats(0, 3))
def test_the_order_of_the_steps_does_not_matter(gross, base, one, two, three, multiplier):
    found = additionality(gross, base, leakage=one, displacement=two, substitution=three, multiplier=multiplier)
    turned = additionality(gross, base, leakage=three, displacement=one, substitution=two, multiplier=multiplier)
    assert found == pytest.approx(turned, rel=1e-9, abs=1e-9)
    assert abs(found) <= max(multiplier, 1) * abs(gross - base) * (1 + 1e-9) + 1e-9


@REPEATABLE
@given(JOBS, JOBS, SHARE, SHARE)
def test_a_reference_case_that_is_the_same_changes_nothing(gross, base, leakage, displacement):
    shares = {"leakage": leakage, "displacement": displacement}
    assert additionality(gross, base, **shares) == additionality(gross, base, **shares, reference=shares)


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ({"leakage": 25}, "leakage 25 is no share; give at most 1 .for 25%, write 0.25."),
        ({"displacement": [0.1, 1.1]}, "displacement .* is no share"),
        ({"substitution": np.nan}, "substitution nan: give a finite number"),
        ({"multiplier": -1}, "multiplier -1: give a finite number, from 0"),
        ({"multiplier": np.inf}, "multiplier inf: give a finite number, from 0"),
        ({"reference": {"leek": 0.1}}, "'leek': give any of leakage, displacement, substitution, multiplier"),
        ({"reference": {"leakage": 1.5}}, "leakage 1.5 is no share"),
    ],
)
def test_what_is_no_share_is_refused(shares, words):
    with pytest.raises(ValueError, match=words):
        additionality(100, 20, **shares)
