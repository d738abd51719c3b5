"""Philox against its published answers, and what the model relies on in the draws."""

import numba
import numpy as np
import pytest

from coalsim.kernels import random, streams

N = 20_000 if numba.config.DISABLE_JIT else 200_000

# Random123, tests/kat_vectors, philox4x32 with 10 rounds: counter, key, words.
KNOWN = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]

# Append a line when a stream is added; never change one.
FROZEN = {
    "RESIDENT_LIFE": 1,
    "RESIDENT_START": 2,
    "RESIDENT_NEWCOMER": 3,
    "RESIDENT_ENGAGE": 4,
    "BUSINESS_MONTH": 5,
    "BUSINESS_START": 6,
    "BUSINESS_ENTRY": 7,
    "BUSINESS_ENGAGE": 8,
    "PARTNER_JOIN": 9,
    "HIRING": 10,
    "COMMUTER": 11,
    "GEOGRAPHY": 12,
    "CONDITIONS_START": 13,
    "BUSINESS_EXIT": 14,
    "LOCAL_DEMAND": 15,
    "NEIGHBOURHOOD_CHANGE": 16,
    "ADOPTION": 17,
}


def words(text):
    return [int(word, 16) for word in text.split()]


def filled(first, month, stream, place, seed=1, n=N):
    out = [np.empty(n, np.uint32) for _ in range(4)]
    random.fill(first, month, stream, place, *random.key(seed), *out)
    return np.array(out)


def correlation(a, b):
    return np.corrcoef(a.astype(float), b.astype(float))[0, 1]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_philox_gives_the_published_answers(counter, key, expected):
    wide = [np.uint64(word) for word in words(counter) + words(key)]
    assert [int(word) for word in random.philox(*wide)] == words(expected)
    assert [int(word) for word in random.draw(*words(counter), *words(key))] == words(expected)


def test_fill_is_draw_for_each_agent():
    k0, k1 = random.key(7)
    for first in (0, 12_345, 2**32 - 40):
        got = filled(first, 3, 5, 11, seed=7, n=37)
        expected = [random.draw(first + i, 3, 5, 11, k0, k1) for i in range(37)]
        assert got.T.tolist() == [[int(word) for word in row] for row in expected]


def test_fill_of_nobody_does_nothing():
    assert filled(0, 1, 2, 3, n=0).size == 0


def test_words_use_all_32_bits():
    assert filled(0, 0, 1, 0).max() > 0.999 * 2**32
    assert filled(0, 0, 1, 0).min() < 0.001 * 2**32


def test_each_part_of_the_address_changes_every_word():
    base = [5, 6, 7, 8, 9, 10]
    seen = {tuple(int(word) for word in random.draw(*base))}
    for i in range(6):
        moved = base.copy()
        moved[i] += 1
        seen.add(tuple(int(word) for word in random.draw(*moved)))
    assert len({word for row in seen for word in row}) == 28


def test_words_are_uniform():
    # Four standard errors of the mean (1/12 n), the variance (1/180 n) and of each of 32 bits (1/4 n).
    for row in filled(1000, 2, streams.RESIDENT_LIFE, 0):
        u = np.array([random.uniform(word) for word in row])
        assert u.min() > 0
        assert u.max() < 1
        assert u.mean() == pytest.approx(1 / 2, abs=4 * np.sqrt(1 / 12 / N))
        assert u.var() == pytest.approx(1 / 12, abs=4 * np.sqrt(1 / 180 / N))
        bits = (row[:, None] >> np.arange(32, dtype=np.uint32)) & 1
        assert np.abs(bits.mean(axis=0) - 1 / 2).max() < 4.5 * np.sqrt(1 / 4 / N)


def test_words_are_not_correlated():
    # A correlation of independent numbers has standard error 1/sqrt(n); 4.5 of them, for some thirty comparisons.
    bound = 4.5 / np.sqrt(N)
    here = filled(0, 1, streams.HIRING, 0)
    others = [
        filled(0, 2, streams.HIRING, 0),
        filled(0, 1, streams.HIRING, 1),
        filled(0, 1, streams.COMMUTER, 0),
        filled(0, 1, streams.HIRING, 0, seed=2),
    ]
    for i in range(4):
        assert abs(correlation(here[i, 1:], here[i, :-1])) < bound
        for j in range(i):
            assert abs(correlation(here[i], here[j])) < bound
        for other in others:
            assert abs(correlation(here[i], other[i])) < bound


def test_uniform_is_the_middle_of_its_interval():
    assert random.uniform(np.uint32(0)) == 2.0**-33
    assert random.uniform(np.uint32(2**32 - 1)) == 1 - 2.0**-33


def test_threshold_is_exact_at_the_ends():
    last = np.uint32(2**32 - 1)
    for always in (1.0, 1.5, np.inf):
        assert random.threshold(always) == 2**32
        assert last < random.threshold(always)
    for never in (0.0, -0.0, -0.3, -np.inf, np.nan):
        assert random.threshold(never) == 0
        assert not np.uint32(0) < random.threshold(never)
    assert random.threshold(0.5) == 2**31
    assert random.threshold(2.0**-32) == 1
    assert random.threshold(1 - 2.0**-32) == 2**32 - 1
    assert random.threshold(0.1) == round(0.1 * 2**32)


def test_threshold_gives_its_probability():
    row = filled(0, 9, streams.BUSINESS_EXIT, 0)[0]
    for p in (0.003, 0.25, 0.9):
        assert np.mean(row < random.threshold(p)) == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / N))


def test_normal_word_has_the_moments_of_irwin_hall():
    z = np.array([random.normal_word(*row) for row in filled(0, 4, streams.BUSINESS_MONTH, 0, n=20_000).T])
    # Mean 0, variance 1, skewness 0, kurtosis 2.7; four standard errors of each (sixth and eighth moments at most 11).
    assert z.mean() == pytest.approx(0, abs=4 / np.sqrt(z.size))
    assert z.var() == pytest.approx(1, abs=4 * np.sqrt(1.7 / z.size))
    assert np.mean(z**3) == pytest.approx(0, abs=4 * np.sqrt(11 / z.size))
    assert np.mean(z**4) == pytest.approx(2.7, abs=4 * np.sqrt(60 / z.size))


def test_normal_word_is_symmetric_and_bounded():
    low, high = np.uint32(0), np.uint32(2**32 - 1)
    assert random.normal_word(low, low, low, low) == pytest.approx(-np.sqrt(12), rel=1e-9)
    assert random.normal_word(high, high, high, high) == -random.normal_word(low, low, low, low)
    assert random.normal_word(low, high, low, high) == 0


def test_key_is_the_seed_sequence_and_differs_by_seed():
    assert random.key(42) == tuple(int(k) for k in np.random.SeedSequence(42).generate_state(2, np.uint32))
    assert len({random.key(seed) for seed in [*range(1000), 2**32, 2**63, 2**64 - 1]}) == 1003
    assert random.key(np.int64(5)) == random.key(5)


@pytest.mark.parametrize("seed", [-1, 2**64, 1.0, "1", None, True])
def test_a_seed_out_of_range_is_refused_with_the_range(seed):
    with pytest.raises(ValueError, match="from 0 to 18446744073709551615"):
        random.key(seed)


def test_streams_are_unique_and_as_published():
    found = {name: value for name, value in vars(streams).items() if name.isupper()}
    assert found == FROZEN
    assert len(set(found.values())) == len(found)
    assert all(0 < value < 2**32 for value in found.values())
