"""A month of luck, told again in numpy."""

import numpy as np
import pytest

from coalsim.kernels.random import draw, normal_word
from coalsim.kernels.streams import LOCAL_DEMAND, NEIGHBOURHOOD_CHANGE
from coalsim.phases import change


def test_slopes_are_those_of_profiles():
    # Log odds per standard deviation of unemployment, inactivity, illness; (level 4 less unqualified) / 4: start.profiles
    assert change.SLOPES.tolist() == pytest.approx([0.60, 0.30, 0.45, (-0.55 - 0.55) / 4])


def test_news_and_variance_are_those_of_an_autoregression():
    assert change.news(0.5, 0.9) == pytest.approx(0.5 * np.sqrt(0.19))
    assert change.news(0.5, 0.0) == 0.5
    # A difference of two states a while apart: twice the variance, less what is remembered
    assert change.variance(0.5, 0.9, 7) == pytest.approx(2 * 0.25 * (1 - 0.9**7))
    assert change.variance(0.5, 0.0, 7) == change.variance(0.5, 0.0, 0) == 0.5
    assert change.variance(0.5, 0.01, 1) == pytest.approx(0.495)


def wandered(model, place, months):
    """Luck of a place after so many months of the model's draws, told one by one."""
    firms, life = model.settings.world.enterprise, model.settings.world.life
    luck = place.luck.copy()
    for month in range(model.month, model.month + months):
        for i in range(luck.size):
            first = i == 0
            sd, keeps = (
                (firms.local_demand_sd, firms.local_demand_persistence)
                if first
                else (life.drift_sd, life.drift_persistence)
            )
            words = draw(
                0 if first else i - 1, month, LOCAL_DEMAND if first else NEIGHBOURHOOD_CHANGE, place.number, *model.key
            )
            luck[i] = keeps * luck[i] + sd * np.sqrt(1 - keeps**2) * normal_word(*words)
    return luck


@pytest.mark.parametrize("name", ["two", "nation"])
def test_demand_neighbourhoods_and_work_outside_wander(model_of, name):
    model = model_of(name, months=3)
    model.outside_work = 0.8
    told = [wandered(model, place, 1) for place in model.localities]
    change.run(model)
    firms, response = model.settings.world.enterprise, model.settings.world.labour.outside_response
    variance = 2 * firms.local_demand_sd**2 * (1 - firms.local_demand_persistence**4)
    assert response * variance > 0
    for place, luck in zip(model.localities, told):
        assert place.luck == pytest.approx(luck, rel=1e-12)
        assert place.demand == pytest.approx(luck[0] - place.luck_at_start[0], rel=1e-9)
        assert place.drift == pytest.approx((luck - place.luck_at_start)[1:], rel=1e-9, abs=1e-14)
        # Of mean 1 over luck; in a nation the cycle meets places by itself.
        expected = (1.0 if name == "nation" else 0.8) * np.exp(response * place.demand - response**2 * variance / 2)
        assert place.outside_work == pytest.approx(expected, rel=1e-11)


def test_rates_and_newcomers_follow_drift(model_of):
    model = model_of("one", months=3)
    model.job_loss = 0.003
    change.run(model)
    place, life = model.localities[0], model.settings.world.life
    start, now, market = place.rates_at_start, place.rates, place.market
    variance = 2 * life.drift_sd**2 * (1 - life.drift_persistence**4)
    losing, resting, sickening, rising = np.exp(
        change.SLOPES[:, None] * place.drift - change.SLOPES[:, None] ** 2 * variance / 2
    )
    lost = np.minimum(start.separating * losing[:, None, None] + 0.003, 0.5)
    assert now.separating == pytest.approx(lost, rel=1e-11)
    assert now.searching == pytest.approx(start.searching / resting[:, None, None], rel=1e-11)
    assert now.falling_ill == pytest.approx(start.falling_ill * sickening[:, None], rel=1e-11)
    assert now.newcomer_level == pytest.approx(start.newcomer_level * rising[:, None] ** np.arange(5), rel=1e-11)
    for found, chance in ((market.leave_work[..., 0], lost), (market.leave_work[..., 1], lost + start.leaving)):
        assert abs(found - chance * 2.0**32).max() <= 2
    inactive = start.status[..., 0] * resting[:, None, None]
    unemployed = start.status[..., 1] * losing[:, None, None]
    everybody = inactive + unemployed + start.status[..., 2]
    for found, share in ((0, inactive / everybody), (1, (inactive + unemployed) / everybody)):
        assert abs(market.newcomer_status[..., found] - share * 2.0**32).max() <= 2
    assert (now.finding == start.finding).all()


def test_without_luck_or_shocks_rates_stay_as_they_are(model_of):
    still = {"world.life.drift_sd": 0.0}
    model = model_of("one", months=1, **still)
    place = model.localities[0]
    assert place.rates is place.rates_at_start
    shocked = model_of("one", months=1, world="recession_2008", **still)
    assert shocked.localities[0].rates is not shocked.localities[0].rates_at_start
