"""What a tipping experiment asks, and what each kind of run of it gives."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from coalsim.experiments.design import Value, check_seeds
from coalsim.experiments.files.tipping import Lever, Starts, Sweep, TippingFile
from coalsim.experiments.kept_runs import Task
from coalsim.experiments.outputs import last_year
from coalsim.experiments.record import hash_of
from coalsim.experiments.task import check_defined
from coalsim.experiments.tipping.criterion import Criterion, of_experiment, of_scenario, rivals
from coalsim.loading import override
from coalsim.model import CoalitionModel
from coalsim.policies.policy import Policy
from coalsim.results import Run, simulate
from coalsim.scenario.schema import Scenario
from coalsim.snapshot import Snapshot

type Changes = tuple[tuple[str, Value], ...]  # dotted path and value, in order

MONEY = "programme_money"


@dataclass(frozen=True)
class Question:
    """A place, a policy, its levers and what counts as tipped: everything that decides what runs give.

    Tasks are tuples that begin with the kind of run; each kind is a method of the same name.
    """

    kind: ClassVar[str] = "tipping"

    name: str
    scenario: Scenario
    policy: str
    levers: Mapping[str, Lever]
    place: int
    criteria: tuple[Criterion, ...]  # the first decides
    outputs: tuple[str, ...]
    seed: int
    search_runs: int
    level: float
    tolerance: float
    chance: float
    sizes: tuple[float, ...]
    size_replicates: int
    sweep: Sweep | None
    starts: Starts | None
    withdrawn: tuple[int, ...]
    withdrawn_replicates: int
    knock_out: bool = False
    knock_out_runs: int = 160

    @classmethod
    def of(
        cls,
        file: TippingFile,
        scenario: Scenario,
        *,
        runs: int | None = None,
        replicates: int | None = None,
        seed: int | None = None,
        quick: bool = False,
        knock_out: bool = False,
    ) -> Question:
        """From an experiment file and its scenario, with what the caller wants otherwise.

        Raises
        ------
        ValueError
            When there are too few runs.
        """
        asked = file.model_dump()
        if quick:
            asked |= _quick(file)
            scenario = override(scenario, "sample", min(scenario.sample, asked["sizes"][-1]))
        if runs is not None:
            asked["runs"] = runs
        if replicates is not None:
            asked |= {"size_replicates": replicates, "withdrawn_replicates": replicates}
        file = TippingFile.model_validate(asked)
        policy = file.policy or list(scenario.options)[-1]
        own = of_experiment(file.tips_when) if file.tips_when is not None else of_scenario(scenario.success)
        others = () if file.tips_when is not None else tuple(rivals(scenario.success))
        names = [place.name for place in scenario.places]
        question = cls(
            name=file.name,
            scenario=scenario,
            policy=policy,
            levers=file.levers,
            place=0 if file.place is None else names.index(file.place),
            criteria=(own, *others),
            outputs=tuple(file.outputs),
            seed=file.seed if seed is None else seed,
            search_runs=file.runs,
            level=file.level,
            tolerance=file.tolerance,
            chance=file.chance,
            sizes=tuple(file.sizes),
            size_replicates=file.size_replicates,
            sweep=file.hysteresis,
            starts=file.basins,
            withdrawn=tuple(file.withdrawn),
            withdrawn_replicates=file.withdrawn_replicates,
            knock_out=knock_out or file.knock_out,
            knock_out_runs=min(file.knock_out_runs, file.runs),
        )
        check_seeds(question.seed, question.runs + 1000)
        return question

    @property
    def success(self) -> Criterion:
        """What decides whether a run has tipped."""
        return self.criteria[0]

    @property
    def decisive(self) -> tuple[str, ...]:
        """Outputs that what counts as tipped is about; all of them, if it is about none."""
        about = {limit.indicator for limit in self.success.limits}
        return tuple(output for output in self.outputs if output in about) or self.outputs

    @property
    def counterfactual(self) -> str:
        """The option without the programme."""
        return next(iter(self.scenario.options))

    @property
    def runs(self) -> int:
        """About as many runs as there can be; searches mostly end sooner."""
        runs = 0
        if self.levers:
            runs += self.search_runs * len(self.criteria) + (2 * len(self.sizes) + 1) * self.size_replicates
        if self.sweep is not None:
            runs += self.sweep.replicates * 3
        if self.starts is not None:
            runs += 2 * self.starts.replicates + 2 * self.starts.states * self.starts.restarts
        if self.knock_out:
            runs += 20 * (self.knock_out_runs + 2 * self.size_replicates)
        return runs + (len(self.withdrawn) + 2) * self.withdrawn_replicates

    def described(self) -> dict[str, Any]:
        """Everything that decides what runs give, as JSON; not how many are made."""
        scenario = self.scenario.model_dump(mode="json")
        kept = {self.counterfactual, self.policy, self.starts.policy if self.starts is not None else None}
        scenario["options"] = {name: option for name, option in scenario["options"].items() if name in kept}
        return {
            "name": self.name,
            "scenario": scenario,
            "policy": self.policy,
            "place": self.place,
            "levers": {path: lever.model_dump() for path, lever in self.levers.items()},
            "criteria": {one.name: str(one) for one in self.criteria},
            "outputs": list(self.outputs),
            "seed": self.seed,
            "basins": None if self.starts is None else self.starts.model_dump(),
            "hysteresis": None if self.sweep is None else self.sweep.model_dump(),
        }

    @functools.cached_property
    def hash(self) -> str:
        """Equal for questions whose runs are equal."""
        return hash_of(self.described())

    def at(self, changes: Changes) -> Scenario:
        """The scenario changed."""
        scenario = self.scenario
        for path, value in changes:
            scenario = override(scenario, path, value, f"{path}: {value}")
        return scenario

    def point(self, where: Mapping[str, float] | float) -> Changes:
        """A point in the levers' space as changes."""
        if not isinstance(where, Mapping):
            where = dict.fromkeys(self.levers, where)
        return tuple((path, float(where[path])) for path in self.levers)

    # What runs give

    def carry_out(self, task: Task) -> Any:
        """What a run gives, as JSON."""
        kind, *arguments = task
        made: Callable[..., Any] = getattr(self, f"make_{kind}")
        return made(*arguments)

    def told(self, task: Task) -> str:
        """Which run that is, in words."""
        return f"{task[0]} {', '.join(map(str, task[1:]))}"[:200]

    def make_run(self, changes: Changes, seed: int, policy: str = "", ends: int = 0) -> dict[str, Any]:
        """A run to its end: whether and when it tipped by each criterion, where it ended, what the programme cost.

        `policy` is another option than the experiment's; `ends` the month in which the programme is withdrawn, 0 as the file
        says, -1 never.
        """
        run, option = self._simulated(changes, seed, policy or self.policy, ends)
        values, names = run.model.indicators.array()[:, self.place], run.model.indicators.names
        months = {one.name: one.tipped_month(values, names, option.money_ends) for one in self.criteria}
        return {
            "tipped": months,
            "met_at_start": [one.name for one in self.criteria if one.holds(values, names)[0]],
            "outputs": {
                name: float(last_year(values[None, :, names.index(name)], len(values) - 1)[0]) for name in self.outputs
            },
            "cost": float(values[1:, names.index(MONEY)].sum()),
        }

    def make_course(self, changes: Changes, seed: int, policy: str = "", ends: int = 0) -> dict[str, Any]:
        """The outputs' months in a run, from the starting state, and when it tipped."""
        run, option = self._simulated(changes, seed, policy or self.policy, ends)
        values, names = run.model.indicators.array()[:, self.place], run.model.indicators.names
        return {
            "tipped": self.success.tipped_month(values, names, option.money_ends),
            "months": {name: values[:, names.index(name)].tolist() for name in self.outputs},
        }

    def make_sweep(self, values: Sequence[float], months: int, seed: int) -> dict[str, list[float]]:
        """The lever walks along values, so many months at each, in a programme without end: where each output then stands."""
        model = self._model(self.point(values[0]), seed, months * len(values))
        responses: dict[str, list[float]] = {name: [] for name in self.outputs}
        for value in values:
            model.adopt(self._endless(self.point(value)))
            for _ in range(months):
                model.step()
            for name, stands in self._stands(model, min(months, 12)).items():
                responses[name].append(stands)
        return responses

    def make_start(self, changes: Changes, seed: int, pushed: int, months: int) -> dict[str, dict[str, float]]:
        """Where the place stands half-way and months after a push of `pushed` months (0: none), in a programme without end."""
        if pushed:
            model = state(self, seed, pushed).restore(policy=self._endless(changes), months=pushed + months)
        else:
            model = self._model(changes, seed, months)
        for _ in range(months // 2):
            model.step()
        half_way = self._stands(model)
        for _ in range(months - months // 2):
            model.step()
        return {"half_way": half_way, "end": self._stands(model)}

    def make_restart(self, push_seed: int, pushed: int, seed: int, months: int) -> dict[str, Any]:
        """A state saved after `pushed` months goes on with fresh luck and no programme: is it beyond the turn in the end?"""
        quiet = self.scenario.options[self.counterfactual]
        model = state(self, push_seed, pushed).restore(seed=seed, policy=quiet, months=pushed + months)
        before = self._stands(model)
        for _ in range(months):
            model.step()
        values, names = model.indicators.array()[:, self.place], model.indicators.names
        return {"from": before, "tips": bool(self.success.holds(values, names)[-self.success.months_running :].all())}

    def make_fields(self, changes: Changes, seed: int, month: int) -> dict[str, Any]:
        """Every partner's inclination to pool with nobody else in mind, in a month under a programme without end."""
        model = self._model(changes, seed, month)
        for _ in range(month):
            model.step()
        place, p = model.localities[self.place], self.scenario.world.partnership
        return {
            "fields": [one.field(place.coalition.terms, place.council.leadership) for one in place.partners],
            "beta": p.beta,
            "peer": p.peer * model.settings.world.mechanisms.peer_influence,
            "reconsidering": p.reconsidering_pool,
        }

    def _simulated(self, changes: Changes, seed: int, policy: str, ends: int) -> tuple[Run, Policy]:
        scenario = self.at(changes)
        option: Policy = scenario.options[policy]
        if ends:
            option = option.ending(ends if ends > 0 else None)
            scenario = scenario.model_copy(update={"options": {**scenario.options, policy: option}})
        run = simulate(scenario, policy=policy, seed=seed)
        check_defined(run)
        return run, option

    def pushed_model(self, seed: int, months: int) -> CoalitionModel:
        """The place at the start of the strongest push."""
        assert self.starts is not None
        top = self.point({path: lever.high for path, lever in self.levers.items()})
        return self._model((*top, *self.starts.push.items()), seed, months, self.starts.policy or self.policy)

    def _model(self, changes: Changes, seed: int, months: int, policy: str = "") -> CoalitionModel:
        scenario = self.at(changes).model_copy(update={"months": months})
        model = CoalitionModel(scenario, policy=policy or self.policy, rng=seed)
        model.adopt(self._endless(changes, policy))
        return model

    def _endless(self, changes: Changes, policy: str = "") -> Policy:
        """The programme at a point, without end."""
        option: Policy = self.at(changes).options[policy or self.policy]
        return option.ending(None)

    def _stands(self, model: CoalitionModel, months: int = 12) -> dict[str, float]:
        """Outputs as means over the last months."""
        values, names = np.array(model.indicators.rows[-months:])[:, self.place], model.indicators.names
        return {name: float(values[:, names.index(name)].mean()) for name in self.outputs}


@functools.lru_cache(maxsize=8)
def _states(question: str, seed: int) -> dict[int, Snapshot]:
    """States along one push, saved as they are asked for."""
    return {}


def state(question: Question, seed: int, month: int) -> Snapshot:
    """The place after so many months of the strongest push, kept in this process for the restarts that follow."""
    known = _states(question.hash, seed)
    if month not in known:
        earlier = max((saved for saved in known if saved < month), default=0)
        model = known[earlier].restore(months=month) if earlier else question.pushed_model(seed, month)
        for _ in range(month - earlier):
            model.step()
        known[month] = model.snapshot()
    return known[month]


def _quick(file: TippingFile) -> dict[str, Any]:
    """A few runs of everything: shows that it works, not what is true."""
    asked: dict[str, Any] = {
        "runs": max(12, 8 * len(file.levers)) if file.levers else file.runs,
        "sizes": [0.03, 0.04, 0.06],
        "size_replicates": 8,
        "withdrawn_replicates": 4,
    }
    if file.hysteresis is not None:
        asked["hysteresis"] = {"steps": 4, "months": 3, "replicates": 2}
    if file.basins is not None:
        short = {"push_months": 24, "months": 36, "replicates": 4, "states": 2, "restarts": 2}
        asked["basins"] = {**file.basins.model_dump(), **short}
    return asked
