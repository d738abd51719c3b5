"""Walsall in Mesa's own SolaraViz: `solara run docs/examples/solara_viz.py`, see docs/howto/solara.md."""

from pathlib import Path

import matplotlib
import solara
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import RegularPolygon
from matplotlib.ticker import PercentFormatter
from mesa.visualization import Slider, SolaraViz, make_plot_component
from mesa.visualization.utils import update_counter
from solara.server import settings

from coalsim import load_scenario
from coalsim.agents.locality import SEVERE
from coalsim.model import CoalitionModel
from coalsim.text import label

# Otherwise Solara reports its start to a service, and the first page opened in development asks its makers' site.
settings.telemetry.mixpanel_enable = False
settings.main.mode = "production"

matplotlib.rcParams["figure.figsize"] = (8, 4.2)  # the shape of SolaraViz's tiles on a wide screen

SCENARIO = load_scenario(Path(__file__).resolve().parents[2] / "scenarios" / "walsall.yaml", months=120)


class Walsall(CoalitionModel):
    """A model by what the page lets choose; `SolaraViz` would fill a parameter `scenario` with one of Mesa's."""

    def __init__(self, policy: str = "growth_coalition", rng: int = 1, sample: float = 0.1):
        super().__init__(SCENARIO, policy=policy, rng=rng, sample=sample)


PARAMETERS = {
    "policy": {"type": "Select", "label": "Policy", "value": "growth_coalition", "values": list(SCENARIO.options)},
    "rng": Slider("Seed", 1, 0, 20),
    "sample": Slider("Sample of residents", 0.1, 0.05, 0.5, 0.05),
}


def neighbourhoods(model):
    """Hexagons, darker the more deprived, the severely deprived framed."""
    place = model.localities[0]
    column, row, severe = place.geography.column, place.geography.row, place.deprivation > SEVERE
    centres = zip(column + row % 2 / 2, -row * 3**0.5 / 2)
    cells = PatchCollection([RegularPolygon(centre, 6, radius=0.5) for centre in centres], cmap="viridis_r")
    cells.set(array=place.deprivation, clim=(-2.5, 2.5), edgecolor=["black" if it else "none" for it in severe])
    figure = Figure(layout="constrained")
    axes = figure.subplots()
    axes.add_collection(cells)
    found = f"{severe.sum()} of {severe.size} neighbourhoods severely deprived"
    axes.set_title(f"{label(model.policy_name)}, month {model.month}: {found}")
    axes.set_aspect("equal")
    axes.autoscale_view()
    axes.set_axis_off()
    figure.colorbar(cells, label="deprivation, national z-score")
    return solara.FigureMatplotlib(figure)


@solara.component
def Partnership(model):
    """Who is in, and what they pool: a component need not be a chart."""
    update_counter.get()  # draws again after each step
    place = model.localities[0]
    rows = [("th", "Partner", "Pools", "Trust")]
    for one in place.partners:
        pools = f"{one.pooled_share:.0%}" if one.is_member else "not in"
        rows.append(("td", label(one.name), pools, f"{one.trust:+z.2f}"))
    with solara.Card(f"In the partnership: {len(place.coalition.members)} of {len(place.partners)}"):
        cells = [[solara.v.Html(tag=tag, children=[text]) for text in texts] for tag, *texts in rows]
        solara.v.SimpleTable(dense=True, children=[solara.v.Html(tag="tr", children=row) for row in cells])


def course(indicator, title, limits):
    """An indicator over the months, as Mesa draws it."""

    def dress(axes):
        axes.set(title=title, ylabel="", xlim=(0, SCENARIO.months), ylim=limits)
        axes.yaxis.set_major_formatter(PercentFormatter(1, 0))

    return make_plot_component(indicator, post_process=dress)


COMPONENTS = [
    neighbourhoods,
    Partnership,
    course("employment_rate", "Employment rate", (0.6, 0.75)),
    course("severe_deprivation", "Residents in severely deprived neighbourhoods", (0, 0.4)),
]


@solara.component
def Page():
    """A model for each visitor: all would share one made outside."""
    model = solara.use_memo(Walsall, [])
    SolaraViz(model, components=COMPONENTS, model_params=PARAMETERS, name="coalsim: Walsall from 2006")
