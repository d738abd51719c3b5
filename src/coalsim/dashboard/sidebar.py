"""The side of the page: place, world, options, levers and the size of the runs, each with what is wrong beside it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from coalsim.dashboard.choice import (
    MOST_REPLICATES,
    MOST_SEED,
    Checked,
    Choice,
    family,
    ready,
    refused,
)
from coalsim.dashboard.levers import FIRST, Lever, levers
from coalsim.dashboard.session import Session
from coalsim.dashboard.words import plain
from coalsim.loading import load_policy, load_scenario
from coalsim.scenario.reading import read_alone
from coalsim.scenario.schema import Scenario
from coalsim.text import label

AS_WRITTEN = ""  # the world that the scenario names
PENDING = "pending"  # a choice from a link or file, to be put into the fields before they are drawn


def put(choice: Choice) -> None:
    """Bring the fields to a choice, the next time they are drawn."""
    st.session_state[PENDING] = choice


def choose(session: Session) -> tuple[Choice, Checked, Any]:
    """Draw the fields; what is chosen, the scenario that it makes or what is wrong with it, and the place for a button."""
    state, folder = st.session_state, session.scenarios
    fields: dict[str, Any] = {}
    _fill(state, folder)
    st.selectbox(
        "Place and question", ready(folder), key="scenario", format_func=lambda name: name_of(folder, name),
        help=f"The scenario files in {folder.name}/. One that you have kept can be loaded below.",
    )  # fmt: skip
    fields["scenario"] = st.empty()
    base = _base(folder, state["scenario"])
    st.selectbox(
        "World", [AS_WRITTEN, *family(folder, "worlds")], key="world",
        format_func=lambda name: label(name) if name else f"as written: {base.world.name if base else ''}",
        help="What happens outside the place: nothing new, a recession, or none of the feedbacks.",
    )  # fmt: skip
    fields["world"] = st.empty()
    first = next(iter(base.options)) if base else ""
    known = [
        name for name in dict.fromkeys([*(base.options if base else ()), *family(folder, "policies")]) if name != first
    ]
    state["options"] = [name for name in state["options"] if name in known]
    st.multiselect(
        f"Options, against {name_of_policy(folder, first).lower()}", known, key="options",
        format_func=lambda name: name_of_policy(folder, name),
        help="Each is run with the same luck as the counterfactual, and compared pair by pair.",
    )  # fmt: skip
    fields["options"] = st.empty()
    button = st.container()
    choice = Choice(state["scenario"], state["world"] or None, tuple(state["options"]))
    scenario = choice.check(folder).scenario or base
    moved = _levers(state, scenario, fields) if scenario is not None else {}
    numbers = _sizes(state, fields)
    choice = Choice(choice.scenario, choice.world, choice.options, moved, **numbers)
    if base is not None and choice.months == base.months:
        choice = Choice(**{**vars(choice), "months": None})
    checked = choice.check(folder)
    if not state["options"]:
        checked.wrong["options"] = "choose at least one option besides the counterfactual"
    for name, what in checked.wrong.items():
        fields.get(name, st.empty()).error(plain(f"{what}."))
    return choice, checked, button


def _fill(state: Any, folder: Path) -> None:
    """Put what is pending, or what is there at first, into the fields."""
    pending = state.pop(PENDING, None)
    if pending is None and "scenario" in state:
        return
    choice = pending or Choice()
    names = ready(folder)
    state["scenario"] = choice.scenario if choice.scenario in names else ("walsall" if "walsall" in names else names[0])
    state["world"] = choice.world if choice.world in family(folder, "worlds") else AS_WRITTEN
    base = _base(folder, state["scenario"])
    state["options"] = list(choice.options or ([*base.options][1:] if base else ()))
    state["months"] = choice.months if choice.months is not None else (base.months if base else 240)
    state["sample"], state["replicates"], state["seed"] = choice.sample, choice.replicates, choice.seed
    for key in [key for key in state if str(key).startswith(("value ", "slide ", "before "))]:
        del state[key]
    state["levers"] = list(dict.fromkeys([*choice.levers, *FIRST]))
    state["given"] = dict(choice.levers)


def _levers(state: Any, scenario: Scenario, fields: dict[str, Any]) -> dict[str, Any]:
    """The levers on show and what they have been moved to."""
    known = levers(scenario)
    given: dict[str, Any] = state["given"]
    unknown = {path: value for path, value in given.items() if path not in known or not known[path].takes(value)}
    state["levers"] = [path for path in state["levers"] if path in known]
    moved: dict[str, Any] = {}
    st.subheader("Levers")
    places = {path: st.container() for path in state["levers"]}
    for path, place in places.items():
        with place:
            value = _lever(state, known[path], None if path in unknown else given.pop(path, None))
            fields[path] = st.empty()
        if value != known[path].value:
            moved[path] = value
            unknown.pop(path, given.pop(path, None))  # what a link said of it has been put right
    st.multiselect(
        "Show levers", list(known), key="levers", format_func=lambda path: known[path].label,
        help="Every setting of the options' instruments, every parameter of the world that has a range, and what counts as "
        "success.",
    )  # fmt: skip
    if moved:
        st.button("Put levers back", on_click=_put_back, args=(list(moved),))
    for path in unknown:
        fields.setdefault(path, st.empty())
    return moved | unknown


def _put_back(paths: list[str]) -> None:
    for path in paths:
        for key in (f"value {path}", f"slide {path}", f"before {path}"):
            st.session_state.pop(key, None)


def _lever(state: Any, lever: Lever, given: Any) -> Any:
    """One lever: a slider, and beside it a field for the exact value, which may lie beyond the slider's ends."""
    key, slide, before = (f"{what} {lever.path}" for what in ("value", "slide", "before"))
    if given is not None:
        state[key] = given
    elif key not in state or (state.get(before) != lever.value and state[key] == state.get(before)):
        state[key] = lever.value  # another scenario has another value, and nobody has moved it
    state[before] = lever.value
    if lever.choices:
        return st.selectbox(lever.label, lever.choices, key=key, help=plain(lever.help), format_func=_spoken)
    kind = int if lever.is_whole else float
    state[key] = kind(state[key]) if isinstance(state[key], int | float) else lever.value
    low, high, step = kind(lever.low), kind(lever.high), kind(lever.step)
    state[slide] = min(max(state[key], low), high)

    def write() -> None:
        state[key] = state[slide]

    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        st.slider(lever.label, low, high, key=slide, step=step, help=plain(lever.help), on_change=write)
    with right:
        digits = 0 if lever.is_whole else max(2, len(f"{lever.step:.10f}".rstrip("0").partition(".")[2]))
        st.number_input(
            f"{lever.label}, exactly", key=key, step=step, format=f"%.{digits}f" if digits else "%d",
            label_visibility="collapsed",
        )  # fmt: skip
    return state[key]


def _sizes(state: Any, fields: dict[str, Any]) -> dict[str, Any]:
    """How long, how many and how precise."""
    st.subheader("Size of the runs")
    left, right = st.columns(2)
    with left:
        st.number_input(
            "Runs of each option", key="replicates", step=1, help=f"From 2 to {MOST_REPLICATES}: more, less luck."
        )
        fields["replicates"] = st.empty()
        st.number_input("Months", key="months", step=12, help="Length of a run, from 1 to 1200.")
        fields["months"] = st.empty()
    with right:
        st.number_input(
            "Residents, share", key="sample", step=0.05, format="%.3f",
            help="Share of residents aged 16 to 64 that is simulated, up to 1: with more, effects are less blurred by chance.",
        )  # fmt: skip
        fields["sample"] = st.empty()
        st.number_input(
            "First seed", key="seed", step=1, help=f"From 0 to {MOST_SEED}: which luck; the same seed, the same run."
        )
        fields["seed"] = st.empty()
    return {name: state[name] for name in ("months", "sample", "replicates", "seed")}


def load_file(session: Session) -> None:
    """Take in a scenario file that somebody has kept."""
    file = st.file_uploader(
        "Load a scenario file", type=["yaml", "yml"], key="file", help="One that this page has written."
    )
    if file is None or file.file_id == st.session_state.get("taken"):
        return
    st.session_state["taken"] = file.file_id
    kept = session.home / "loaded.yaml"
    kept.write_bytes(file.getvalue())
    try:
        choice = Choice.of_yaml(kept, session.scenarios)
    except ValueError as error:
        st.error(plain(f"{file.name}: {refused(error)}"))
        return
    put(choice)
    st.rerun()


def _spoken(value: Any) -> str:
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


@cache
def name_of(folder: Path, scenario: str) -> str:
    """What a scenario calls itself."""
    try:
        return str(read_alone(folder / f"{scenario}.yaml").data.get("name") or label(scenario))
    except ValueError:
        return label(scenario)


@cache
def name_of_policy(folder: Path, policy: str) -> str:
    """What a policy calls itself."""
    try:
        return load_policy(folder / "policies" / f"{policy}.yaml").name
    except (ValueError, LookupError):
        return label(policy)


def _base(folder: Path, scenario: str) -> Scenario | None:
    """The scenario as its file says."""
    try:
        return load_scenario(folder / f"{scenario}.yaml")
    except ValueError:
        return None
