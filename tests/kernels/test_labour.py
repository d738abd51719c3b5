"""The labour market at its bounds, where closed forms say what must come out."""

import pytest

from coalsim.kernels.labour import tightness


def test_twice_the_posts_for_as_many_searchers_are_found_more_easily():
    relative = tightness(2.0, 1.0, 5.0, 5.0, 0.5)  # (v / v0)**(1 - a), with a few roundings
    assert relative == pytest.approx(2**0.5, rel=1e-14)


def test_where_nobody_searched_at_the_start_only_posts_count():
    assert tightness(2.0, 2.0, 0.0, 0.0, 0.6) == 1
    assert tightness(4.0, 2.0, 3.0, 0.0, 0.6) == tightness(4.0, 2.0, 1.0, 1.0, 0.6)
