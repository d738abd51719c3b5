"""Small models in the middle of a run, whose phases are told again in numbers."""

from pathlib import Path

import pytest

from coalsim import CoalitionModel, load_scenario

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.fixture(scope="session")
def places(small):
    """A twentieth of Walsall, and two districts with closed and with open borders."""
    four = load_scenario(SCENARIOS / "four_places.yaml", sample=0.05, months=120)
    two = [four.places[0], four.places[2]]
    return {
        "one": small,
        "two": four.model_copy(update={"places": two}),
        "nation": four.model_copy(update={"places": two, "borders": "open"}),
    }


@pytest.fixture(scope="session")
def model_of(places):
    """A model of these places some months on."""

    def build(name="one", months=0, policy="growth_coalition", seed=4, **overrides):
        model = CoalitionModel(places[name], policy=policy, rng=seed, months=120, **overrides)
        for _ in range(months):
            model.step()
        return model

    return build
