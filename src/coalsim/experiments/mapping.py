"""Maps of results: of a comparison each option's effect in every place, of a single run the places at its start and end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from coalsim import figures
from coalsim.experiments.comparison import open_comparison
from coalsim.experiments.manifest import read_manifest, written
from coalsim.experiments.outputs import HEADLINES
from coalsim.experiments.single import INDICATORS
from coalsim.indicators import indicators
from coalsim.text import label

if TYPE_CHECKING:
    from coalsim.figures import Picture


def draw(folder: Path, output: str | None = None, boundaries: str | None = None) -> Picture:
    """The map of a results folder.

    Raises
    ------
    ValueError
        For a folder without places, an indicator that is none, or boundaries that do not fit.
    DamagedError
        When a file is not what was written.
    """
    manifest = read_manifest(folder)
    if manifest["kind"] == "run":
        return of_run(folder, output or HEADLINES[0], boundaries)
    if manifest["kind"] != "compare":
        raise ValueError(f"{folder}: it holds results of {manifest['kind']}; a map shows those of run or compare")
    return open_comparison(folder, [output] if output else []).plot_map(output, boundaries)


def of_run(folder: Path, name: str, boundaries: str | None = None) -> Picture:
    """An indicator of every place of a single run, at the start and the end."""
    what = indicators.get(name)
    manifest = read_manifest(folder)
    summary = json.loads(written(folder, manifest, "summary.json").read_text())
    codes = [place["code"] for place in manifest["scenario"]["places"]]
    names = [place["name"] for place in manifest["scenario"]["places"]]
    path = written(folder, manifest, INDICATORS)
    table = pq.read_table(path, columns=["locality", "month", name]).to_pandas()
    panels = []
    for month, title in ((0, "at the start"), (summary["months"], f"after {summary['months']} months")):
        of_month = table[table["month"] == month].set_index("locality")[name]
        panels.append(figures.Mapped(title, of_month.reindex(names).to_numpy(dtype=np.float64)))
    share = what.unit == "1"
    return figures.tile_map(
        codes,
        panels,
        title=f"{summary['scenario']}: {label(name)} under {label(summary['policy'])}, seed {summary['seed']}",
        unit="%" if share else what.unit,
        scale=100 if share else 1,
        boundaries=None if boundaries is None else figures.read_boundaries(boundaries, codes, names),
        note=f"coalsim {manifest['version']}, run {summary['fingerprint'][:10]}"
        + ("" if boundaries else "; a tile a place"),
    )
