"""A month of conditions, told again in numpy."""

import numpy as np
import pytest

from coalsim.names import COHESION, DOMAINS
from coalsim.phases import conditions
from coalsim.phases.conditions import DRIFT


def test_what_a_standard_deviation_of_deprivation_takes():
    # 0.13 times the correlation of each domain with deprivation (start.profiles)
    assert pytest.approx([0.1014, 0.0585, 0.1118, 0.0702, 0.0390]) == DRIFT


@pytest.mark.parametrize("strength", [0.0, 1.0, 2.0])
def test_spending_neighbours_engagement_drift_and_unmet_demand_move_conditions(model_of, strength):
    model = model_of("two", months=4, **{"world.mechanisms.neighbourhood_spillover": strength})
    settings, before = model.settings.world.conditions, []
    for place in model.localities:
        place.services[1].unmet_share, place.council.unmet_share = 0.25, 0.1
        place.engaged[::2] += 5
        place.drift[:] = np.linspace(-0.5, 0.5, place.drift.size)
        before.append(place.condition.copy())
    conditions.run(model)
    for place, was in zip(model.localities, before):
        x = (place.spend / place.need) ** settings.eta
        target = x / (1 + x) - DRIFT * place.drift[:, None]
        target[:, COHESION] += settings.engagement_cohesion * (
            place.engaged / place.n_homes - place.at_start["engaged"]
        )
        target[:, place.services[1].domain] -= settings.unmet_effect * 0.25
        target[:, place.council.domain] -= settings.unmet_effect * 0.1
        speed = np.array([getattr(settings, f"speed_{domain}") for domain in DOMAINS])
        map_ = place.geography
        around = was.copy()
        for i, (first, last) in enumerate(zip(map_.indptr, map_.indptr[1:])):
            if last > first:
                around[i] = was[map_.neighbours[first:last]].mean(axis=0)
        moved = was + speed * (target - was) + strength * settings.spillover * (around - was)
        assert place.condition == pytest.approx(np.clip(moved, 0.01, 0.99), rel=1e-10)
        assert place.quality == pytest.approx(
            (place.condition**settings.rho).mean(axis=1) ** (1 / settings.rho), rel=1e-10
        )
        assert settings.rho == -1
