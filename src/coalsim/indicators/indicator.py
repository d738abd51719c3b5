"""An indicator: a documented function of a locality, with a unit; its value is written down every month."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from coalsim.registry import Registry

if TYPE_CHECKING:
    import pandas as pd

    from coalsim.agents.locality import Locality

# Units of amounts, which add up over places.
AMOUNTS = {"jobs", "posts", "persons/month", "businesses", "businesses/month", "GBP/month", "GBP/year"}

type Better = Literal["higher", "lower", ""]
type Subject = Literal["labour", "business", "residents", "place", "partnership", "money", "success"]


@dataclass(frozen=True)
class Indicator:
    """What is measured, in which unit, and which way is better."""

    name: str
    measure: Callable[[Any, Locality], float]
    unit: str
    better: Better
    subject: Subject

    @property
    def __wrapped__(self) -> Callable[[Any, Locality], float]:
        """The function that it is, for those who ask where it was written."""
        return self.measure

    @property
    def doc(self) -> str:
        """What it is, in one sentence."""
        return (self.measure.__doc__ or "").strip().splitlines()[0]


indicators: Registry[Indicator] = Registry("indicator")


def indicator(
    *, unit: str, subject: Subject, better: Better = ""
) -> Callable[[Callable[[Any, Locality], float]], Callable[[Any, Locality], float]]:
    """Declare a function of model and locality as an indicator of the same name."""

    def declare(measure: Callable[[Any, Locality], float]) -> Callable[[Any, Locality], float]:
        indicators.register(measure.__name__, Indicator(measure.__name__, measure, unit, better, subject))
        return measure

    return declare


def over_places(values: Sequence[Any] | np.ndarray, name: str, residents: Sequence[int]) -> Any:
    """Values of several places, the first axis, as one: the sum of amounts, the mean over residents of all else."""
    if len(values) == 1:
        return values[0]
    if indicators[name].unit in AMOUNTS:
        return sum(values)
    return sum(n * value for n, value in zip(residents, values)) / sum(residents)


class Indicators:
    """All indicators of a run: a row per month and locality, written as the run goes."""

    def __init__(self) -> None:
        self.names = tuple(indicators)
        self._measures = [what.measure for what in indicators.values()]
        self.rows: list[np.ndarray] = []  # a month each: (localities, indicators) float64
        self.localities: tuple[str, ...] = ()

    def record(self, model: Any) -> None:
        """Measure every locality; months are counted from the start, 0 being the starting state."""
        self.localities = tuple(locality.name for locality in model.localities)
        self.rows.append(
            np.array([[measure(model, place) for measure in self._measures] for place in model.localities])
        )

    def latest(self, residents: list[int]) -> list[float]:
        """The last values of all indicators over all localities together."""
        return [float(over_places(self.rows[-1][:, k], name, residents)) for k, name in enumerate(self.names)]

    def array(self) -> np.ndarray:
        """(months + 1, localities, indicators) float64."""
        return np.array(self.rows)

    def table(self) -> pd.DataFrame:
        """A row per month, a column per indicator; with several localities the index is (locality, month)."""
        import pandas as pd

        values = self.array()
        months = pd.RangeIndex(values.shape[0], name="month")
        frames = [pd.DataFrame(values[:, k], index=months, columns=list(self.names)) for k in range(values.shape[1])]
        if len(frames) == 1:
            return frames[0]
        return pd.concat(dict(zip(self.localities, frames)), names=["locality"])


def record(model: Any) -> None:
    """Write down every indicator of the model."""
    model.indicators.record(model)


def dictionary() -> pd.DataFrame:
    """Every indicator with its unit, subject, better direction and meaning."""
    import pandas as pd

    rows = [(i.name, i.unit, i.subject, i.better, i.doc) for i in indicators.values()]
    return pd.DataFrame(rows, columns=["indicator", "unit", "subject", "better", "meaning"]).set_index("indicator")
