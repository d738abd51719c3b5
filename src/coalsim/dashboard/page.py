"""The page from top to bottom."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import streamlit as st

from coalsim.dashboard import sidebar, tour
from coalsim.dashboard.choice import Checked, Choice, refused
from coalsim.dashboard.serve import RESULTS, SCENARIOS
from coalsim.dashboard.session import MOST_RUNS, Session
from coalsim.dashboard.views import VIEWS, sections
from coalsim.dashboard.words import plain
from coalsim.experiments.design import expected_seconds
from coalsim.experiments.telling import title
from coalsim.reporting.studies import Study

QUICK_S = 8.0  # of one core, for all runs: what is run again whenever something is moved
WAIT_S = 4.0  # so long a page stands still for runs that are done in a moment, which is quicker than asking for them
LOOK_S = 0.5  # how often a running job is asked after that
STORED = "results"  # the parameter of a link that opens stored results


def show() -> None:
    """Draw the page; called for every change on it."""
    session = _session()
    with st.sidebar:
        choice, checked, button = sidebar.choose(session)
        with button:
            pressed, auto = _buttons(choice, checked)
        st.divider()
        sidebar.load_file(session)
        _stored(session)
    if checked.scenario is not None and not checked.wrong and not (session.is_stored and not pressed):
        _link(choice)
        if pressed or (choice != session.asked and session.job is None and auto and not session.is_stored):
            _start(session, choice, checked)
    tour.show()
    progress = st.container()
    if session.take() or session.take_aside():
        st.rerun()
    _wait(session, progress)
    if said := " ".join(filter(None, (session.notice, session.message))):
        st.error(plain(said))
        st.button("Put the message away", on_click=_quiet, args=(session,))
    if session.study is not None:
        st.info("A stored study; press Run to go back to your own settings.")
        sections(session, "study", lambda: [session.study.section(0)] if session.study else [])
    elif session.comparison is not None:
        _results(session, choice)
    elif session.job is None and not said:
        st.info("Choose on the left and press Run.")
    with progress:
        _progress(session)  # last, since looking at results may have begun something


def _session() -> Session:
    """What this page holds; made when it is opened, from its link."""
    state = st.session_state
    if "session" not in state:
        try:
            session = Session(Path(os.environ.get(SCENARIOS, "scenarios")), Path(os.environ.get(RESULTS, "results")))
        except ValueError as error:
            st.error(plain(f"{str(error).capitalize()}."))
            st.stop()
        query = {name: st.query_params.get_all(name) for name in st.query_params}
        stored = query.pop(STORED, None)
        choice = Choice(options=("growth_coalition",))
        if query:
            try:
                choice = Choice.of_query(query)
                unknown = choice.check(session.scenarios).wrong
                if lost := [unknown[name] for name in ("scenario", "world", "options") if name in unknown]:
                    raise ValueError("; ".join(lost))
            except ValueError as error:
                session.notice = f"The link cannot be followed: {refused(error)}."
        elif stored is None:
            tour.begin()
        sidebar.put(choice)
        state["session"] = session
        if stored:
            _open(session, stored[-1])
    found: Session = state["session"]
    return found


def _buttons(choice: Choice, checked: Checked) -> tuple[bool, bool]:
    """Run, and whether to run whenever something is moved."""
    runs = choice.replicates * len(checked.scenario.options) if checked.scenario is not None else 0
    pressed = st.button(f"Run {runs} runs", type="primary", disabled=bool(checked.wrong), key="run", width="stretch")
    auto = st.toggle(
        "Run when something is moved", value=True, key="auto",
        help="Only while the runs are few and small enough to be done in a moment; else press Run.",
    )  # fmt: skip
    return pressed, auto and _is_quick(choice, checked)


def _is_quick(choice: Choice, checked: Checked) -> bool:
    scenario = checked.scenario
    if scenario is None:
        return False
    return expected_seconds(scenario) * choice.replicates * len(scenario.options) <= QUICK_S


def _start(session: Session, choice: Choice, checked: Checked) -> None:
    assert checked.scenario is not None
    try:
        session.start(choice, checked.scenario)
    except ValueError as error:
        session.asked, session.message = choice, refused(error)


def _link(choice: Choice) -> None:
    """The address says what is chosen."""
    query = choice.query()
    now = {name: st.query_params.get_all(name) for name in st.query_params}
    if now != {name: value if isinstance(value, list) else [value] for name, value in query.items()}:
        st.query_params.from_dict(query)


def _wait(session: Session, place: Any) -> None:
    """Stand still for a moment where a job is new: what it finds is then drawn at once."""
    job = session.job
    if job is None or job is session.awaited:
        return
    session.awaited = job
    with place, st.spinner("Running"):
        job.wait(WAIT_S)
    session.take()


def _progress(session: Session) -> None:
    """How far the job is; the page is drawn again when it has ended."""
    if session.job is None and session.side_job is None:
        return

    @st.fragment(run_every=LOOK_S)
    def watch() -> None:
        if session.take() or session.take_aside():
            st.rerun()
        job = session.job or session.side_job
        if job is None:  # it has been cancelled
            st.rerun()
        words = "Waiting for another page's runs" if job.state == "waiting" else f"{job.done} of {job.asked} runs"
        if job.state == "running" and (job is session.side_job or not job.asked):
            words = job.what.capitalize() or "Starting"
        left, right = st.columns([6, 1], vertical_alignment="center")
        left.progress(job.share, text=words)
        right.button("Cancel", on_click=_cancel, args=(session,), key="cancel")

    watch()


def _cancel(session: Session) -> None:
    session.cancel()
    session.message = "Cancelled: what was shown before is still shown."


def _quiet(session: Session) -> None:
    session.message = session.notice = ""


def _stored(session: Session) -> None:
    """Results that were kept earlier."""
    with st.expander("Open results kept earlier"):
        found = session.stored()
        if not found:
            st.caption(
                plain(
                    f"There are none below {session.results.name}/: coalsim compare SCENARIO --out {session.results.name}/NAME"
                )
            )
            return
        name = st.selectbox("Results", list(found), format_func=lambda one: f"{one} ({found[one]})", key="stored")
        st.button("Open", on_click=_open, args=(session, name), key="open")


def _open(session: Session, name: str) -> None:
    """Show stored results, or say what is wrong with them."""
    session.cancel()
    session.message = session.notice = ""
    try:
        folder = session.stored_folder(name)
        if session.stored()[name] in ("compare", "damaged"):
            session.show(folder, is_stored=True)
        else:
            session.study, session.is_stored = Study.of(folder), True
    except (ValueError, OSError, RuntimeError) as error:
        session.notice = f"{name} cannot be shown: {error}"
        return
    st.query_params.from_dict({STORED: name})


def _results(session: Session, choice: Choice) -> None:
    """What was found, in one of several views."""
    comparison = session.comparison
    assert comparison is not None
    scenario = comparison.scenario
    names = ", ".join(title(comparison, option) for option in comparison.options)
    st.header(plain(scenario.name))
    st.caption(
        plain(
            f"{scenario.question} {names}: {comparison.replicates} runs each of {scenario.months} months from {scenario.start}, "
            f"{scenario.sample:.0%} of residents, world {scenario.world.name}; results {comparison.ensemble.name}."
        )
    )
    if session.is_stored:
        st.info("These are stored results; press Run to go back to your own settings.")
    elif choice != session.asked:
        st.info("The settings have been changed since these runs: press Run.")
    view = st.segmented_control("Look at", list(VIEWS), key="view", default="Answer", required=True)
    try:
        VIEWS[view or "Answer"](session, comparison)
    except (ValueError, OSError, RuntimeError) as error:  # results that have been damaged show it where they are read
        st.error(plain(f"This cannot be shown: {refused(error)}"))
    left = MOST_RUNS - session.started
    st.caption(f"This page may start {left} more runs of {MOST_RUNS}.")
