"""What can be looked at: the answer, courses over time, the map, the partnership, money, tipping, worth, and what can be taken
away."""

from __future__ import annotations

import shutil
import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from coalsim import figures
from coalsim.dashboard.film import Film, is_short
from coalsim.dashboard.player import player
from coalsim.dashboard.session import Session
from coalsim.dashboard.words import plain
from coalsim.dashboard.work import Job
from coalsim.experiments import pictures, places
from coalsim.experiments.comparison import Comparison
from coalsim.experiments.money_flows import money_flows
from coalsim.experiments.outputs import HEADLINES, Output
from coalsim.experiments.telling import tipping, title
from coalsim.figures import Picture
from coalsim.indicators import dictionary, indicators
from coalsim.reporting import effects, opening, value
from coalsim.reporting.drawing import drawing
from coalsim.reporting.export import safe_frame
from coalsim.reporting.report import page
from coalsim.reporting.section import Section
from coalsim.text import label

DRAWING = threading.Lock()  # matplotlib's settings are everybody's
DPI = 96


def answer(session: Session, comparison: Comparison) -> None:
    """The answer in words, and the lights."""
    sections(session, "answer", lambda: [opening.answer(comparison), effects.lights(comparison)])


def over_time(session: Session, comparison: Comparison) -> None:
    """Paired fans of any indicators."""
    meaning = dictionary()["meaning"]
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    with left:
        names = st.multiselect(
            "Indicators", list(indicators), default=[name for name in HEADLINES if "@" not in name][:3], key="indicators",
            max_selections=6, format_func=lambda name: label(name).capitalize(),
        )  # fmt: skip
    with right:
        paired = st.toggle(
            "Differences", key="paired", help="Option less counterfactual in each pair of runs, not levels."
        )
    if not names:
        st.info("Choose an indicator.")
        return
    asked = replace(comparison, outputs=tuple(map(Output.parse, names)))
    picture(session, ("over time", *names, paired), asked.plot if paired else asked.plot_fan)
    with st.expander("What the indicators mean"):
        for name in names:
            st.markdown(f"**{plain(label(name))}**: {plain(str(meaning[name]))} {plain(f'({indicators[name].unit})')}")


def neighbourhoods(session: Session, comparison: Comparison) -> None:
    """A map of neighbourhoods that plays, or of places where there are many."""
    if places.is_nation(comparison):
        st.caption("Each place by the difference that an option makes there, mean of all pairs.")
        picture(session, ("map",), comparison.plot_map)
        return
    sides = _sides(comparison)
    films = _films(session, comparison, sides)
    if films is None:
        return
    by_title = {title(comparison, option): films[option] for option in dict.fromkeys(sides)}
    key = ("player", *sides, next(iter(by_title.values())).place)
    if key not in session.kept:
        session.kept[key] = player(by_title, comparison.scenario.start, pictures.money_ends(comparison))
    st.iframe(session.kept[key], alt="Map of neighbourhoods with a slider for the month")
    _of_one_run(comparison, films)


def partnership(session: Session, comparison: Comparison) -> None:
    """Who is in, what each pools, and trust."""
    sides = _sides(comparison)
    films = _films(session, comparison, sides)
    if films is None:
        return
    shown = {option: films[option] for option in dict.fromkeys(sides)}
    first = next(iter(shown.values()))

    def draw() -> Picture:
        return figures.membership(
            [
                figures.Membership(
                    title(comparison, option), film.is_member, 12 * film.pooled.astype(float), film.trust.astype(float)
                )
                for option, film in shown.items()
            ],
            partners=list(map(label, first.partners)),
            start=comparison.scenario.start,
            title=f"{first.place}: the partnership in one run, seed {first.seed}",
            unit="GBP million a year",
            scale=1e-6,
            money_ends=pictures.money_ends(comparison),
            note=f"{comparison.provenance}, run {first.fingerprint[:10]}",
        )

    picture(session, ("partnership", *sides, first.place), draw)
    for column, (option, film) in zip(st.columns(len(shown)), shown.items()):
        with column:
            st.markdown(f"**{plain(title(comparison, option))}**")
            st.dataframe(safe_frame(_members(film)), hide_index=True, alt=f"Partners under {title(comparison, option)}")
            with st.expander("What happened, month by month"):
                happened = pd.DataFrame(film.events, columns=["month", "kind", "what"])
                st.dataframe(safe_frame(happened), hide_index=True)
    _of_one_run(comparison, films)


def money(session: Session, comparison: Comparison) -> None:
    """Money flows of a year of the programme."""
    if not comparison.ensemble.has_accounts:
        st.info("These results were made before accounts were kept; run them again to see where money goes.")
        return
    sides = tuple(dict.fromkeys(_sides(comparison)))
    picture(session, ("money", *sides), partial(comparison.plot_flows, *sides))
    rows = [
        (title(comparison, option), label(source), label(target), pounds / 1e6)
        for option in sides
        for (source, target), pounds in money_flows(comparison, option).items()
    ]
    with st.expander("All payments as a table"):
        table = pd.DataFrame(rows, columns=["option", "from", "to", "GBP million a year"])
        st.dataframe(safe_frame(table), hide_index=True, alt="Payments between bodies, GBP million a year")


def standing(session: Session, comparison: Comparison) -> None:
    """Whether places tip, and how far each threshold is."""
    for option in comparison.options:
        st.markdown(f"- **{plain(title(comparison, option))}**: {plain(_tips(comparison, option))}")
    success = comparison.scenario.success
    st.caption(
        plain(
            "An economy counts as mixed and self-sustaining while all four thresholds are met, and as tipped once they have been "
            f"for {success.months_running} months and still are {success.months_after} months after the programme's last money. "
            "Nothing here is tuned so that a tipping point appears."
        )
    )
    picture(session, ("standing",), comparison.plot_standing)


def worth(session: Session, comparison: Comparison) -> None:
    """Value for money, who pays and who gains."""
    sections(session, "worth", lambda: value.sections(comparison))


def take_away(session: Session, comparison: Comparison) -> None:
    """Scenario file, data and report to keep."""
    asked = session.asked
    if asked is not None and not session.is_stored:
        st.download_button(
            "Scenario file (YAML)", asked.yaml(session.scenarios), "coalsim_scenario.yaml", "application/yaml", key="yaml",
            help="What was run, to be loaded here again or run with coalsim compare.", on_click="ignore",
        )  # fmt: skip
    assert session.folder is not None
    st.download_button(
        "Results folder (ZIP)", partial(_zipped, session.folder, session.home / "results"), "coalsim_results.zip",
        "application/zip", key="zip", on_click="ignore",
        help="Every run month by month (Parquet), the summary and the manifest; coalsim verify checks it.",
    )  # fmt: skip
    written = session.kept.get("report")
    if written is None:
        if st.button(
            "Write the report", help="One page for a reader without coalsim, and every table as CSV and Excel."
        ):
            session.write_report()
            st.rerun()
        return
    st.download_button(
        "Report (HTML)", written[0].read_bytes(), "coalsim_report.html", "text/html", key="html", on_click="ignore"
    )
    st.download_button(
        "Tables of the report (Excel)", written[-1].read_bytes(), "coalsim_tables.xlsx", key="xlsx", on_click="ignore",
        mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )  # fmt: skip


VIEWS: dict[str, Callable[[Session, Comparison], None]] = {
    "Answer": answer,
    "Over time": over_time,
    "Map": neighbourhoods,
    "Partnership": partnership,
    "Money": money,
    "Tipping": standing,
    "Worth": worth,
    "Take away": take_away,
}


# What the views share


def sections(session: Session, name: str, make: Callable[[], Sequence[Section | None]]) -> None:
    """Sections as in the report."""
    if name not in session.kept:
        with DRAWING, drawing():
            found = [section for section in make() if section is not None]
        session.kept[name] = page(found, title=name, provenance="", is_bare=True)
    st.iframe(session.kept[name], alt=name.capitalize())


def picture(session: Session, key: tuple[Any, ...], draw: Callable[[], Picture]) -> None:
    """A figure as a sharp picture with its description, and as files."""
    if key not in session.kept:
        with DRAWING, drawing():
            drawn = draw()
            session.kept[key] = drawn.svg(), drawn.alt, int(DPI * drawn.get_figwidth()), draw
    markup, alt, width, _ = session.kept[key]
    st.image(markup, width=width, alt=alt)
    left, right, _ = st.columns([1, 1, 6])
    with left:
        st.download_button(
            "SVG", markup, f"coalsim_{label(key[0])}.svg", "image/svg+xml", on_click="ignore", key=f"svg {key}"
        )
    with right:
        later = partial(
            _png, weakref.ref(session), key
        )  # the server keeps it for long, and results must not stay with it
        st.download_button(
            "PNG", later, f"coalsim_{label(key[0])}.png", "image/png", on_click="ignore", key=f"png {key}"
        )


def _png(page: weakref.ref[Session], key: tuple[Any, ...]) -> bytes:
    session = page()
    if session is None or key not in session.kept:
        raise ValueError("these results are no longer shown")
    with DRAWING, drawing():
        drawn: Picture = session.kept[key][-1]()
        return drawn.png(dpi=150)


def _zipped(folder: Path, name: Path) -> bytes:
    return Path(shutil.make_archive(str(name), "zip", folder)).read_bytes()


def _sides(comparison: Comparison) -> tuple[str, str]:
    """Two options to be looked at side by side."""
    options = list(comparison.options)
    chosen = []
    for column, name, at_first in zip(st.columns(2), ("Left", "Right"), (options[0], options[-1])):
        with column:
            key = f"side {name}"
            if st.session_state.get(key) not in options:
                st.session_state[key] = at_first
            chosen.append(st.selectbox(name, options, key=key, format_func=lambda one: title(comparison, one)))
    return chosen[0], chosen[1]


def _films(session: Session, comparison: Comparison, sides: tuple[str, str]) -> dict[str, Film] | None:
    """Films of the options, or a word on why there are none yet."""
    scenario = comparison.scenario
    names = [place.name for place in scenario.places]
    place = names[0]
    if len(names) > 1:
        place = st.selectbox("Place", names, key="place")
    if not is_short(scenario, len(set(sides))):
        st.info("A run of so many residents takes too long to be filmed here: choose a smaller share of residents.")
        return None
    found = session.film(sides, place)
    if isinstance(found, Job) or found is None:
        st.info("Filming one run of each option.")
        return None
    return found


def _of_one_run(comparison: Comparison, films: dict[str, Film]) -> None:
    """Which run it is, and whether it is the one in the results."""
    known = set(comparison.ensemble.fingerprints)
    same = all(film.fingerprint in known for film in films.values())
    first = next(iter(films.values()))
    st.caption(
        plain(
            f"One run of each option, seed {first.seed}; neighbourhoods are laid out on a made-up map with the place's real "
            "spread of deprivation. "
            + ("It is the first run of these results, bit for bit." if same
               else "It differs from the run in these results, which another version or machine has made.")
        )
    )  # fmt: skip


def _members(film: Film) -> pd.DataFrame:
    """Partners at the end, and over the run."""
    return pd.DataFrame(
        {
            "partner": list(map(label, film.partners)),
            "in at the end": np.where(film.is_member[-1], "✔ in", "✖ out"),
            "months in": film.is_member[1:].sum(axis=0),
            "pooled, GBP million in all": (film.pooled.sum(axis=0) / 1e6).round(1),
            "trust at the end (-1 to 1)": film.trust[-1].round(2),
        }
    )


def _tips(comparison: Comparison, option: str) -> str:
    """How many runs tip, with the 95% interval of their share."""
    share, low, high = comparison.p_tipped(option)
    interval = f" ({share:.0%}, 95% interval {low:.0%} to {high:.0%})" if np.isfinite(share) else ""
    return f"{tipping(comparison, option)}{interval}"
