"""A single run in words and plain tables: a few places one by one, a nation as a whole with its spread."""

from __future__ import annotations

import numpy as np

from coalsim.experiments.places import MANY
from coalsim.indicators import indicators, over_places
from coalsim.results import HEADLINES, Run
from coalsim.text import label, plain_table

CUTS = (0.1, 0.5, 0.9)


def tell(run: Run) -> str:
    """What a run shows, and that it is one draw of luck."""
    model = run.model
    what = f"{model.settings.name}: {model.policy.name}, {model.month} months from {model.settings.start}, seed {model.seed}"
    body = nation(run) if len(model.localities) > MANY else places(run)
    luck = "One run is one draw of luck: use `coalsim compare` before you conclude anything."
    return "\n".join([what, "", *body, luck, f"fingerprint {run.fingerprint}"])


def places(run: Run) -> list[str]:
    """Headlines of each place at the start and the end, and whether it tipped."""
    rows = [
        [place, label(name), unit, f"{start:,.4g}", f"{end:,.4g}"]
        for place, name, unit, start, end in run.table().itertuples(index=False)
    ]
    told = []
    for locality in run.model.localities:
        when = "did not tip" if locality.tipped_month is None else f"tipped in month {locality.tipped_month}"
        already = "met the thresholds already at the start"
        told.append(f"{locality.name}: {already if locality.at_start['sustaining'] else when}")
    return [plain_table(["place", "indicator", "unit", "start", "end"], rows), "", *told]


def nation(run: Run) -> list[str]:
    """Headlines of all places together, how they are spread over places, and how many tipped."""
    model, values = run.model, run.model.indicators.array()
    names, residents = model.indicators.names, [locality.place.adults for locality in model.localities]
    rows = []
    for name in HEADLINES:
        course = values[:, :, names.index(name)]
        row = [label(name), indicators[name].unit]
        for month in (0, -1):
            spread = " / ".join(f"{cut:,.4g}" for cut in np.quantile(course[month], CUTS))
            row += [f"{over_places(course[month], name, residents):,.4g}", spread]
        rows.append(row)
    able = [locality for locality in model.localities if not locality.at_start["sustaining"]]
    tipped = sum(locality.tipped_month is not None for locality in able)
    n = len(model.localities)
    header = ["indicator", "unit", "start", "places: tenth / median / nine tenths", "end", "places at the end"]
    return [
        plain_table(header, rows),
        "",
        f"{n} places: {n - len(able)} met the thresholds already at the start; of the other {len(able)}, {tipped} tipped.",
        "Every place is in --json and, with --out DIR, in DIR; `coalsim map DIR` draws them.",
    ]
