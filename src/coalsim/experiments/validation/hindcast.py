"""A hindcast: the places from their figures of the mid-2000s through the recession, against what came and naive forecasts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coalsim.experiments.files.validate import HindcastFile
from coalsim.experiments.validation.records import Record
from coalsim.scenario.calendar import Month
from coalsim.scenario.schema import Scenario

Array = NDArray[np.float64]
COVER = 0.90
FORECASTS = ("model", "persistence", "ar1")


@dataclass(frozen=True)
class Point:
    """One place, indicator and year: what came and what was forecast, in the indicator's unit."""

    place: str
    indicator: str
    year: int
    observed: float
    model: float
    low: float  # of the 90% interval of the model, luck of the place and error of the survey included
    high: float
    persistence: float
    ar1: float
    is_proxy: bool

    @property
    def covered(self) -> bool:
        """Whether what came lies in the model's interval."""
        return self.low <= self.observed <= self.high


@dataclass(frozen=True)
class Score:
    """How good a forecast was over places and years, proxies left out."""

    indicator: str
    forecast: str
    mean_absolute_error: float
    root_mean_square_error: float
    bias: float


@dataclass(frozen=True)
class Hindcast:
    """Points, scores by indicator and forecast, and the share of points that the model's interval covers."""

    points: tuple[Point, ...]
    scores: tuple[Score, ...]
    coverage: dict[str, float]
    nominal: float
    winners: dict[str, str]  # by indicator, the forecast with the least mean absolute error


def hindcast(told: HindcastFile, scenario: Scenario, records: list[Record]) -> Hindcast:
    """Compare runs with what came.

    Persistence leaves a place at its figure of the base year. AR(1) is given the nation's course, as the model is given the
    shock, and lets the place's deviation from it fade by `persistence` a year.
    """
    points = []
    first = Month.parse(told.start)
    for one in told.observed:
        k = records[0].places.index(one.place)
        place = scenario.places[k].residents
        base = getattr(place, one.indicator).value
        start = first.until(Month(one.year, 1)) + 1
        runs = np.array([record.course(one.indicator)[max(start, 1) : start + 12, k].mean() for record in records])
        nation = told.national[one.indicator]
        sd = float(np.sqrt(runs.var(ddof=1) * (1 + 1 / runs.size) + nation.survey_sd**2))
        half = 1.645 * sd
        fade = nation.persistence ** (one.year - told.base)
        ar1 = nation.series[one.year] + fade * (base - nation.series[told.base])
        mean = float(runs.mean())
        points.append(
            Point(
                one.place, one.indicator, one.year, one.value, mean, mean - half, mean + half, base, float(ar1),
                one.place in told.proxies,
            )
        )  # fmt: skip
    scores, coverage, winners = [], {}, {}
    for indicator in dict.fromkeys(point.indicator for point in points):
        own = [point for point in points if point.indicator == indicator and not point.is_proxy]
        if not own:
            continue
        for forecast in FORECASTS:
            error = np.array([getattr(point, forecast) - point.observed for point in own])
            scores.append(
                Score(
                    indicator,
                    forecast,
                    float(abs(error).mean()),
                    float(np.sqrt((error**2).mean())),
                    float(error.mean()),
                )
            )
        coverage[indicator] = float(np.mean([point.covered for point in own]))
        winners[indicator] = min(
            (score for score in scores if score.indicator == indicator), key=lambda score: score.mean_absolute_error
        ).forecast
    return Hindcast(tuple(points), tuple(scores), coverage, COVER, winners)
