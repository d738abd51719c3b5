"""The study of a tipping point: each test in its turn, on runs that are shared and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coalsim import analysis
from coalsim.analysis.attempts import Map
from coalsim.experiments.crew import Crew, Failed, hired
from coalsim.experiments.kept_runs import Task
from coalsim.experiments.runner import OnProgress
from coalsim.experiments.tipping.cost import Cost
from coalsim.experiments.tipping.criterion import Criterion
from coalsim.experiments.tipping.evidence import Definition, KnockOut, Size, Start, Study, Withdrawal
from coalsim.experiments.tipping.partners import endpoints
from coalsim.experiments.tipping.question import Changes, Question

type Array = NDArray[np.float64]

BATCH = 4  # runs proposed at a time, whatever the number of workers
COPIES = (1, 2, 4, 8, 16)  # of each partner, in the size test of the partnership
FIELDS_MONTH, FIELDS_RUNS = 60, 12  # when partners' inclinations are read, with the programme well under way
LONGEST_SERIES, SHORTEST_SERIES = 120, 24  # months before the turn in which signs are looked for
FEWEST_TURNS = 4
FEWEST_ENDS = 8  # of each size
FRESH = 1000  # restarts' seeds begin so far after the pushes', whose luck they must not meet again
AFTER = 36  # months after a withdrawal


def carry_out(
    question: Question, *, workers: int | None = None, out: Path | None = None, on_progress: OnProgress | None = None
) -> Study:
    """Run what the study asks for and is not kept in `out` yet.

    Raises
    ------
    ValueError
        When `out` holds something else.
    """
    with hired(question, workers, out, on_progress) as crew:
        return _Studying(question, crew).study()


class _Studying:
    """The tests of one question, each a method that reads like what it does."""

    def __init__(self, question: Question, crew: Crew) -> None:
        self.question, self.crew = question, crew

    def study(self) -> Study:
        """Every test that was asked for."""
        q = self.question
        made: dict[str, Any] = {"question": q}
        if len(q.levers) == 1:
            made["threshold"] = self.threshold(q.success)
            made["definitions"] = tuple(self.definitions(made["threshold"]))
        elif q.levers:
            made["boundary"] = self.boundary()
            made["cheapest"] = self.cheapest(made["boundary"])
        if q.levers:
            where = self.where(made.get("threshold"), made.get("cheapest"))
            made["size"] = self.size(where)
            made["turned"], made["warning"] = self.warning(where)
            made["turning"] = self.turning(where)
            if q.knock_out:
                made["knock_outs"] = tuple(self.knock_outs(where, made.get("threshold")))
        if q.sweep is not None:
            made["hysteresis"] = self.hysteresis()
        if q.starts is not None:
            made["starts"] = self.starts(where)
            made["committor"] = self.committor()
        if q.withdrawn:
            made["withdrawals"] = tuple(self.withdrawals())
        counts = self.crew.counts
        return Study(**made, runs=counts.done + counts.failed, failed=self.crew.failed)

    # (a) and (b): where it tips

    def threshold(self, criterion: Criterion, changes: Changes = (), runs: int | None = None) -> analysis.Threshold:
        """The share of the lever at which the place more likely than not tips."""
        q = self.question
        (lever,) = q.levers.values()
        return analysis.find_threshold(
            _unused,
            lever.low,
            lever.high,
            seed=q.seed,
            max_runs=runs or q.search_runs,
            level=q.level,
            tolerance=q.tolerance,
            batch=BATCH,
            map=self.through(lambda x, seed: ("run", (*changes, *q.point(x)), seed), criterion),
        )

    def boundary(self) -> analysis.Boundary:
        """Where in the space of the levers it more likely than not tips."""
        q = self.question
        return analysis.find_boundary(
            _unused,
            {path: (lever.low, lever.high) for path, lever in q.levers.items()},
            seed=q.seed,
            max_runs=q.search_runs,
            level=q.level,
            tolerance=q.tolerance,
            batch=BATCH,
            map=self.through(lambda x, seed: ("run", q.point(x), seed), q.success),
        )

    def cheapest(self, boundary: analysis.Boundary) -> analysis.Cheapest | None:
        """The point of least programme money at which it tips with the chance that was asked for."""
        tasks = [
            ("run", self.question.point(dict(zip(boundary.names, map(float, point)))), int(seed))
            for point, seed in zip(boundary.points, boundary.seeds)
        ]
        costs = np.array([given["cost"] for given in self.crew(tasks)])
        return boundary.cheapest(Cost.fit(boundary.names, boundary.points, costs), level=self.question.chance)

    def definitions(self, own: analysis.Threshold) -> Iterator[Definition]:
        """The threshold under each definition of success, on runs that all of them share where points coincide."""
        q = self.question
        quiet = self.done([("run", (), q.seed + k, q.counterfactual) for k in range(q.size_replicates)])
        for criterion in q.criteria:
            threshold = own if criterion is q.success else self.threshold(criterion)
            tipped = sum(given["tipped"][criterion.name] is not None for given in quiet)
            met = any(criterion.name in given["met_at_start"] for given in quiet)
            yield Definition(criterion, threshold, tipped, len(quiet), met)

    def where(self, threshold: analysis.Threshold | None, cheapest: analysis.Cheapest | None) -> Changes:
        """The point at which the other tests are made: the threshold, the cheapest point, else the upper ends."""
        q = self.question
        if threshold is not None and threshold.verdict == "threshold":
            return q.point(threshold.value)
        if cheapest is not None:
            return q.point(cheapest.point)
        ends = {path: lever.high for path, lever in q.levers.items()}
        if threshold is not None and threshold.verdict == "always":
            ends = {path: lever.low for path, lever in q.levers.items()}
        return q.point(ends)

    # (c) jumps, (d) basins, (e) size, (f) early warning

    def hysteresis(self) -> dict[str, analysis.Hysteresis]:
        """Where each output jumps when the lever is raised slowly and lowered slowly; one set of sweeps for all."""
        q, sweep = self.question, self.question.sweep
        assert sweep is not None
        (lever,) = q.levers.values()
        found = {}
        for output in q.outputs:

            def carried(guarded: Any, paths: Sequence[Any], seeds: Sequence[int], output: str = output) -> list[Any]:
                tasks = [
                    ("sweep", tuple(map(float, path)), sweep.months, int(seed)) for path, seed in zip(paths, seeds)
                ]
                return [_given(one, lambda value: np.array(value[output])) for one in self.crew(tasks)]

            found[output] = analysis.hysteresis(
                _unused,
                lever.low,
                lever.high,
                steps=sweep.steps,
                seed=q.seed,
                replicates=sweep.replicates,
                level=q.level,
                map=carried,
            )
        return found

    def starts(self, where: Changes) -> dict[str, Start]:
        """Where each output ends from two starts, on the same luck."""
        q, starts = self.question, self.question.starts
        assert starts is not None
        seeds = range(q.seed, q.seed + starts.replicates)
        each = [[("start", where, seed, pushed, starts.months) for seed in seeds] for pushed in (0, starts.push_months)]
        low, high = self.crew(each[0]), self.crew(each[1])
        both = [(a, b) for a, b in zip(low, high) if not isinstance(a, Failed) and not isinstance(b, Failed)]
        found = {}
        for output in q.outputs if len(both) >= 4 else ():
            half_way, ends = (
                np.array([[one[when][output] for one in pair] for pair in both]).T for when in ("half_way", "end")
            )
            two = analysis.two_starts(*ends, earlier=(half_way[0], half_way[1]), level=q.level)
            found[output] = Start(ends[0], ends[1], analysis.basins(ends.ravel(), seed=q.seed), two)
        return found

    def committor(self) -> analysis.Committor:
        """The chance of tipping from states saved along two pushes, by the first output: its critical mass."""
        q, starts = self.question, self.question.starts
        assert starts is not None
        months = np.linspace(0, starts.push_months, starts.states + 1)[1:].round().astype(int)
        states = [(q.seed + push, int(month)) for push in range(2) for month in months]

        def task(state: tuple[int, int], seed: int) -> Task:
            return ("restart", *state, int(seed), starts.months)

        probes = self.crew([task(state, q.seed + FRESH) for state in states])
        kept = [(state, one["from"][q.outputs[0]]) for state, one in zip(states, probes) if not isinstance(one, Failed)]

        def carried(guarded: Any, points: Sequence[Any], seeds: Sequence[int]) -> list[Any]:
            tasks = [task(state, seed) for state, seed in zip(points, seeds)]
            return [_given(one, lambda value: value["tips"]) for one in self.crew(tasks)]

        return analysis.committor(
            _unused,
            [state for state, _ in kept],
            starts.restarts,
            q.seed + FRESH,
            coordinate=[level for _, level in kept],
            level=q.level,
            map=carried,
        )

    def size(self, where: Changes) -> Size:
        """Endpoints with more and more residents, and the partnership alone with more and more partners."""
        q = self.question
        shares: dict[int, tuple[int, int]] = {}
        ends: dict[str, dict[int, list[float]]] = {output: {} for output in q.outputs}
        for sample in q.sizes:
            residents = round(sample * q.scenario.places[q.place].adults)
            given = self.done([("run", (*where, ("sample", sample)), q.seed + k) for k in range(q.size_replicates)])
            shares[residents] = (sum(one["tipped"][q.success.name] is not None for one in given), len(given))
            for output in q.outputs:
                ends[output][residents] = [one["outputs"][output] for one in given]
        enough = all(of >= FEWEST_ENDS for _, of in shares.values())
        found = {
            output: analysis.transition(by_size, level=q.level, seed=q.seed)
            for output, by_size in ends.items()
            if enough
        }
        fields = self.done([("fields", where, q.seed + k, FIELDS_MONTH) for k in range(FIELDS_RUNS)])
        copies = endpoints(fields, COPIES, q.seed)
        partners = analysis.transition(copies, level=q.level, seed=q.seed) if copies else None
        return Size({path: float(value) for path, value in where}, shares, found, partners)

    def warning(self, where: Changes) -> tuple[int, dict[str, analysis.EarlyWarning]]:
        """Signs in the months before runs turned, at the point where about half of them do."""
        q = self.question
        tasks: list[Task] = [("run", where, q.seed + k) for k in range(q.size_replicates)]
        turned = [
            (task[2], given["tipped"][q.success.name] - q.success.months_running)
            for task, given in zip(tasks, self.crew(tasks))
            if not isinstance(given, Failed) and given["tipped"][q.success.name] is not None
        ]
        turned = [(seed, month) for seed, month in turned if month >= SHORTEST_SERIES]
        if len(turned) < FEWEST_TURNS:
            return len(turned), {}
        length = min(min(month for _, month in turned), LONGEST_SERIES)
        courses = self.crew([("course", where, seed) for seed, _ in turned])
        before = [(one["months"], month) for one, (_, month) in zip(courses, turned) if not isinstance(one, Failed)]
        found = {}
        for output in q.outputs:
            series = np.array([course[output][month - length + 1 : month + 1] for course, month in before])
            moves = series[np.ptp(series, axis=1) > 0]
            if len(moves) >= FEWEST_TURNS:
                found[output] = analysis.early_warning(moves, seed=q.seed, level=q.level)
        return len(turned), found

    # Why, and what stays

    def knock_outs(self, where: Changes, own: analysis.Threshold | None) -> Iterator[KnockOut]:
        """The search again with each mechanism off and at half strength, and the programme's effect without it."""
        q = self.question
        known = self.effects(where, ())
        for mechanism, strength in dict(q.scenario.world.mechanisms).items():
            for share in (0.0, 0.5) if strength else ():
                changes: Changes = ((f"world.mechanisms.{mechanism}", share * strength),)
                moved = None
                if own is not None and own.verdict == "threshold":
                    moved = self.threshold(q.success, changes, q.knock_out_runs)
                without = self.effects(where, changes)
                effects = {output: self.compared(known[output], without[output]) for output in q.outputs}
                yield KnockOut(mechanism, share, moved, effects)

    def compared(self, before: Array, after: Array) -> analysis.Paired:
        """The paired difference of what is there of both; unknown where that is less than two runs."""
        there = np.isfinite(before) & np.isfinite(after)
        if there.sum() < 2:
            nan = float("nan")
            return analysis.Paired(nan, nan, nan, nan, nan, int(there.sum()), nan, nan, self.question.level)
        return analysis.compare_paired(before[there], after[there], level=self.question.level)

    def effects(self, where: Changes, changes: Changes) -> dict[str, Array]:
        """The programme's effect on each output, seed by seed; nan where a run failed."""
        q = self.question
        seeds = range(q.seed, q.seed + q.size_replicates)
        option = self.crew([("run", (*changes, *where), seed) for seed in seeds])
        quiet = self.crew([("run", changes, seed, q.counterfactual) for seed in seeds])
        return {
            output: np.array([_output(a, output) - _output(b, output) for a, b in zip(option, quiet)])
            for output in q.outputs
        }

    def withdrawals(self) -> Iterator[Withdrawal]:
        """The programme withdrawn after each of the months, and never, against business as usual on the same luck."""
        q = self.question
        seeds = range(q.seed, q.seed + q.withdrawn_replicates)
        quiet = self.crew([("course", (), seed, q.counterfactual) for seed in seeds])
        for month in (*q.withdrawn, None):
            given = self.crew([("course", (), seed, q.policy, -1 if month is None else month) for seed in seeds])
            both = [(a, b) for a, b in zip(quiet, given) if not isinstance(a, Failed) and not isinstance(b, Failed)]
            effects: dict[str, dict[str, analysis.Paired]] = {}
            for output in q.outputs if both else ():
                before, after = (np.array([pair[k]["months"][output] for pair in both]) for k in (0, 1))
                effects[output] = {
                    when: self.compared(*(one[:, to - 11 : to + 1].mean(axis=1) for one in (before, after)))
                    for when, to in moments(month, q.scenario.months).items()
                }
            done = [one for one in given if not isinstance(one, Failed)]
            yield Withdrawal(month, sum(one["tipped"] is not None for one in done), len(done), effects)

    def turning(self, where: Changes) -> tuple[Changes, int] | None:
        """The run that is told: one that tipped at the point, else the one that came nearest to it by the first output."""
        q = self.question
        tasks: list[Task] = [("run", where, q.seed + k) for k in range(q.size_replicates)]
        given = [(task, one) for task, one in zip(tasks, self.crew(tasks)) if not isinstance(one, Failed)]
        if not given:
            return None
        task, _ = max(
            given, key=lambda pair: (pair[1]["tipped"][q.success.name] is not None, pair[1]["outputs"][q.outputs[0]])
        )
        return where, int(task[2])

    # Runs

    def done(self, tasks: Sequence[Task]) -> list[Any]:
        """What those of the runs give that do not fail."""
        return [given for given in self.crew(tasks) if not isinstance(given, Failed)]

    def through(self, task: Callable[[Any, int], Task], criterion: Criterion) -> Map:
        """How the analysis's runs are carried out: as tasks of the crew, read by a criterion."""

        def carried(guarded: Any, points: Sequence[Any], seeds: Sequence[int]) -> list[Any]:
            tasks = [task(point, int(seed)) for point, seed in zip(points, seeds)]
            return [_given(one, lambda value: value["tipped"][criterion.name] is not None) for one in self.crew(tasks)]

        return carried


def moments(withdrawn: int | None, months: int) -> dict[str, int]:
    """Months in which an effect is looked at, each with the year up to it: at the withdrawal, some years later, in the end."""
    if withdrawn is None:
        return {"end": months}
    return {"withdrawn": withdrawn, "later": min(withdrawn + AFTER, months), "end": months}


def _unused(where: Any, seed: int) -> Any:
    """Stands for the simulation, which the crew carries out."""
    raise RuntimeError("runs are carried out by the crew")


def _given(one: Any, read: Callable[[Any], Any]) -> tuple[Any, str]:
    """A run as `analysis.attempts` expects it: what it gives, or its error."""
    return (None, one.error) if isinstance(one, Failed) else (read(one), "")


def _output(given: Any, name: str) -> float:
    return float("nan") if isinstance(given, Failed) else float(given["outputs"][name])
