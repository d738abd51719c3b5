"""The tour: what this is about, in five steps, each with something to look at."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st


class Step(NamedTuple):
    """One step, and the view that goes with it."""

    title: str
    text: str
    view: str


STEPS = (
    Step(
        "The question",
        "Councils, health, police, schools and others each spend their own money in one place. In the 2000s the Local Area "
        "Agreement let them pool some of it into a single pot, spent by a Local Strategic Partnership on what the place needs. "
        "Would that move a place past a **tipping point**, to a mixed economy that stands on its own feet? Walsall is being "
        "simulated now, a tenth of its residents, with and without such a growth coalition and with the same luck in both.",
        "Answer",
    ),
    Step(
        "What changes over time",
        "Each fan shows where the runs of an option lie, month by month: the line is the median, the bands hold half and nine "
        "tenths of the runs. The dashed line repeats the counterfactual. Switch on **Differences** to see pairs of runs that had "
        "the same luck, one with the option and one without.",
        "Over time",
    ),
    Step(
        "Where it changes",
        "Press **Play** on the map. Every hexagon is a neighbourhood; colour it by deprivation, by one of five conditions or by "
        "unemployment, and tick the difference to see where the option helps.",
        "Map",
    ),
    Step(
        "Move a lever",
        "On the left, under **Levers**, move *pooled fund: share*: how much of what demand leaves them the partners pool. "
        "The page runs the options again and shows what changes. The link in the address bar brings these settings back.",
        "Partnership",
    ),
    Step(
        "Is it worth it, and who pays",
        "The appraisal values what changes in the manner of the Treasury's Green Book, shows which public body pays and which "
        "gains, and says how sure that is. With three runs of a tenth of the residents it is a sketch: raise **Runs of each "
        "option** and **Residents, share** before you rely on it. Then take away the scenario, the data and the report.",
        "Worth",
    ),
)
AT = "tour"


def show() -> None:
    """The step that the visitor is at, with buttons; nothing once it has been closed."""
    state = st.session_state
    at = state.get(AT)
    if at is None:
        return
    step = STEPS[at]
    with st.container(border=True):
        st.markdown(f"##### {at + 1} of {len(STEPS)}: {step.title}")
        st.markdown(step.text)
        back, on, close, _ = st.columns([1, 1, 2, 6])
        back.button("Back", on_click=_go, args=(at - 1,), disabled=at == 0, key="tour back")
        if at + 1 < len(STEPS):
            on.button("Next", on_click=_go, args=(at + 1,), type="primary", key="tour next")
        close.button("Close the tour", on_click=_go, args=(None,), key="tour close")


def begin() -> None:
    """Go to the first step."""
    _go(0)


def _go(at: int | None) -> None:
    st.session_state[AT] = at
    if at is not None:
        st.session_state["view"] = STEPS[at].view
