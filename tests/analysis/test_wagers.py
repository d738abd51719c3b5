"""Wagers against one chance everywhere: a hand calculation, and the bound that holds however runs are chosen."""

import math

import numpy as np
import pytest

from coalsim.analysis.wagers import ODDS, Wagers


def test_the_odds_are_those_of_a_hand_calculation():
    found = Wagers(np.array([0.9, 0.2]), np.array([True, False])).with_runs(np.array([0.5]), np.array([True]))
    single = 2 * math.log(2 / 3) + math.log(1 / 3)
    assert found.log_odds == pytest.approx(math.log(0.9) + math.log(0.8) + math.log(0.5) - single)
    assert not found.won


def test_without_runs_nothing_is_won():
    assert Wagers.none().log_odds == 0
    assert not Wagers.none().won


def test_certain_predictions_that_come_true_win_after_few():
    said = np.array([0.02, 0.98] * 3)
    found = Wagers(said, said > 0.5)
    assert found.log_odds == pytest.approx(6 * (math.log(0.98) + math.log(2)))
    assert found.won


@pytest.mark.parametrize("chance", [0.1, 0.5, 0.8])
def test_where_the_chance_is_one_they_win_in_at_most_one_of_twenty(chance):
    """A gambler who doubles up on what came before, and stops as soon as it has won, as a search does."""
    rng = np.random.default_rng(3)
    won = 0
    for _ in range(400):
        outcomes = rng.random(60) < chance
        said = np.clip(np.concatenate([[0.5], np.where(outcomes[:-1], 0.9, 0.1)]), 0.02, 0.98)
        won += any(Wagers(said[:n], outcomes[:n]).won for n in range(1, 61))
    assert won <= 400 / ODDS + 2 * math.sqrt(400 * (1 - 1 / ODDS) / ODDS)
