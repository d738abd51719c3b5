"""What a sensitivity analysis found: indices with intervals, luck's share, what failed, and the same in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coalsim.analysis.attempts import Failure
from coalsim.analysis.sensitivity.factors import Factors
from coalsim.analysis.told import Told

type Array = NDArray[np.float64]
type Ints = NDArray[np.int64]

MOST_NAMED = 5
WEAK_FIT = 0.8  # share of what is not luck that an emulator must foretell before its indices are taken at their word


@dataclass(frozen=True)
class Output:
    """What was found of one output."""

    name: str
    table: pd.DataFrame | None  # a row for each group; None where the output does not vary
    pairs: pd.DataFrame | None
    noise: tuple[float, float, float]  # luck's share of a run's variance, with its interval
    fit: float | None  # share of variance that an emulator foretells out of sample
    undefined: int  # runs that ended well and left it undefined
    constant: float | None  # its value, where all runs gave the same
    mean: float
    sd: float  # of single runs over all points
    values: Array  # (n,) means over luck, nan where one is missing

    def ranked(self, headline: str) -> pd.DataFrame:
        """Rows with what matters most first."""
        assert self.table is not None
        return self.table.sort_values(headline, ascending=False, kind="stable")


@dataclass(frozen=True)
class Sensitivity(Told):
    """Indices of every output, from the same runs."""

    method: str
    headline: str
    groups: tuple[str, ...]
    outputs: tuple[Output, ...]
    runs: int
    failures: tuple[Failure, ...]
    samples: int
    replicates: int
    level: float
    seed: int
    factors: Factors
    points: Array  # (n, d) of the unit cube
    apart: Ints  # rows that are independent of each other
    screening: Sensitivity | None = None
    is_complete: bool = True

    @property
    def varying(self) -> tuple[Output, ...]:
        """Outputs that have indices."""
        return tuple(one for one in self.outputs if one.table is not None)

    @property
    def stages(self) -> tuple[Sensitivity, ...]:
        """The screening, where there is one, and this."""
        return (self,) if self.screening is None else (self.screening, self)

    @property
    def all_runs(self) -> int:
        """Of every stage."""
        return sum(one.runs for one in self.stages)

    @property
    def all_failures(self) -> tuple[Failure, ...]:
        """Of every stage."""
        return tuple(failure for one in self.stages for failure in one.failures)

    def output(self, name: str) -> Output:
        """One by name."""
        return next(one for one in self.outputs if one.name == name)

    @property
    def half_width(self) -> float:
        """The widest half width of the headline's intervals; of effects as a share of the largest effect."""
        widest = 0.0
        for one in self.varying:
            assert one.table is not None
            of = float(one.table[self.headline].max()) if self.method == "morris" else 1.0
            widths = one.table[[c for c in one.table if str(c).endswith("_conf")]].to_numpy() / of
            if not np.isfinite(widths).all():
                return float("inf")
            widest = max(widest, float(widths.max()))
        return widest if self.varying else float("inf")

    def matter(self, share: float) -> tuple[str, ...]:
        """Groups whose headline may be, within its interval, at least this share of the largest, for any output."""
        found: set[str] = set()
        for one in self.varying:
            assert one.table is not None
            upper = one.table[self.headline] + one.table[f"{self.headline}_conf"]
            found |= set(one.table.index[upper >= share * one.table[self.headline].max()])
        return tuple(group for group in self.groups if group in found)

    def table(self) -> SensitivityTable:
        """A row for each factor, or for each output and factor; outputs that do not vary have rows of nan."""
        columns = list(self.varying[0].table) if self.varying else [self.headline]  # type: ignore[arg-type]
        nothing = pd.DataFrame(np.nan, index=list(self.groups), columns=columns)
        tables = [nothing if one.table is None else one.table for one in self.outputs]
        frame = tables[0] if len(tables) == 1 else pd.concat(tables, keys=[one.name for one in self.outputs])
        frame.index.names = ["factor"] if len(tables) == 1 else ["output", "factor"]
        told = SensitivityTable(frame)
        told.found = self
        noise = {one.name: one.noise[0] for one in self.outputs}
        told.attrs = {
            "noise_share": noise if len(noise) > 1 else next(iter(noise.values())),
            "runs": self.runs,
            "failed_runs": len(self.failures),
            "sentence": self.sentence,
        }
        return told

    @property
    def sentence(self) -> str:
        """What matters, how surely, and how much is luck."""
        parts = [self._of(one) for one in self.outputs]
        told = " ".join(parts)
        if self.screening is not None:
            left = [group for group in self.screening.groups if group not in self.groups]
            told = f"{len(self.groups)} of {len(self.screening.groups)} factors were let through by screening" + (
                f" (not {', '.join(left[:MOST_NAMED])}{' and more' if len(left) > MOST_NAMED else ''}). {told}"
                if left
                else f". {told}"
            )
        return f"{told} {self.runs:,} runs{self._failed}."

    @property
    def _failed(self) -> str:
        if not self.failures:
            return ""
        return f", {len(self.failures):,} of them failed and are left out (the first: {self.failures[0].error})"

    def _of(self, one: Output) -> str:
        if one.table is None:
            reason = f"was {one.constant:.6g} in every run" if one.constant is not None else "hardly varies beyond luck"
            return f"{one.name} {reason}: nothing to attribute."
        named = [f"{name} ({self._figure(row)})" for name, row in self.sure(one).head(MOST_NAMED).iterrows()]
        told = f"{one.name} depends most on {', '.join(named)}." if named else f"No factor stands out for {one.name}."
        value, low, high = one.noise
        if np.isfinite(value):
            told += f" Luck makes {value:.0%} of a run's variance ({low:.0%} to {high:.0%})."
        if one.fit is not None:
            told += f" The emulator foretells {max(one.fit, 0.0):.0%} of the variance where it was not fitted"
            told += "." if one.fit >= WEAK_FIT * (1 - self.luck_left(one)) else ": too little to trust its indices."
        if one.undefined:
            told += f" It is undefined in {one.undefined:,} runs, which are left out: indices are of the others."
        return told

    def luck_left(self, one: Output) -> float:
        """Share of the variance of means over luck that luck still makes."""
        share = one.noise[0] if np.isfinite(one.noise[0]) else 0.0
        return share / (share + self.replicates * (1 - share)) if share < 1 else 1.0

    def sure(self, one: Output) -> pd.DataFrame:
        """Rows of factors whose index lies, with its interval, above what a factor that does nothing gets, the largest first."""
        ranked = one.ranked(self.headline)
        return ranked[ranked[self.headline] - ranked[f"{self.headline}_conf"] > ranked.get("dummy", 0.0)]

    def _figure(self, row: Any) -> str:
        return f"{self.headline} {row[self.headline]:.3g} \u00b1 {row[f'{self.headline}_conf']:.2g}"


class SensitivityTable(pd.DataFrame):
    """Indices as a DataFrame; `found` holds everything else, slices are plain DataFrames."""

    _metadata = ["found"]
    found: Sensitivity

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame

    @property
    def noise_share(self) -> Any:
        """Luck's share of a run's variance; by output where there are several."""
        return self.attrs["noise_share"]

    @property
    def second_order(self) -> pd.DataFrame | None:
        """S2 of pairs of factors; by output where there are several."""
        pairs = {one.name: one.pairs for one in self.found.outputs if one.pairs is not None}
        if not pairs:
            return None
        return next(iter(pairs.values())) if len(self.found.outputs) == 1 else pd.concat(pairs)

    @property
    def sentence(self) -> str:
        """The same in words."""
        return self.found.sentence

    def _repr_html_(self) -> str:
        return f"{pd.DataFrame(self).to_html()}{self.found._repr_html_()}"
