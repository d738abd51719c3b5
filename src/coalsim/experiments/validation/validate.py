"""Validates the model: runs what patterns are measured on, and holds the measures against the evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import cloudpickle
import numpy as np
from numpy.typing import NDArray
from scipy import stats

from coalsim import hypertext
from coalsim.experiments import engines
from coalsim.experiments.files.validate import Effort, Evidence, ValidateFile
from coalsim.experiments.receipts import Receipt
from coalsim.experiments.runner import OnProgress, RunFailedError, supervise
from coalsim.experiments.store import Counts
from coalsim.experiments.validation import patterns
from coalsim.experiments.validation.hindcast import Hindcast, hindcast
from coalsim.experiments.validation.programmes import BASE, STILL
from coalsim.experiments.validation.records import WATCHES, Record
from coalsim.scenario.errors import Problem, ScenarioError
from coalsim.scenario.place import Place
from coalsim.scenario.schema import Scenario

if TYPE_CHECKING:
    from coalsim.figures import Picture

type Array = NDArray[np.float64]

NATION_MONTHS, PLACES_MONTHS, PROGRAMME_MONTHS = 180, 120, 132  # rewards are paid up to month 131
RECESSION_START, RECESSION_MONTHS = "2005-01", 72
POLICIES = ("growth_coalition", "extra_money")  # compared with and without competition for mobile investment
HINDCAST = "hindcast"


@dataclass(frozen=True)
class Found:
    """One pattern: evidence, and what the model shows."""

    name: str
    title: str
    unit: str
    evidence: Evidence
    simulated: float
    low: float
    high: float
    values: tuple[float, ...]

    @property
    def passed(self) -> bool:
        """Whether the mean over replicates is within the tolerance."""
        return bool(abs(self.simulated - self.evidence.observed) <= self.evidence.tolerance)

    def row(self) -> dict[str, Any]:
        """As `--json` gives it."""
        known = self.evidence.model_dump()
        own = {key: getattr(self, key) for key in ("name", "title", "unit", "simulated", "low", "high", "passed")}
        return {**own, **known, "values": list(self.values)}


@dataclass(frozen=True)
class Validation:
    """Everything that was found."""

    name: str
    found: tuple[Found, ...]
    hindcast: Hindcast
    effort: Effort
    seed: int
    districts: int
    is_quick: bool
    samples: dict[str, Any] = field(default_factory=dict)  # what figures show

    @property
    def passed(self) -> int:
        """Patterns within tolerance."""
        return sum(one.passed for one in self.found)

    def plot(self) -> Picture:
        """Every pattern in units of its tolerance."""
        from coalsim.experiments.validation import page

        return page.draw_patterns(self, page.headline(self))

    def _repr_html_(self) -> str:
        from coalsim.experiments.validation import page

        return hypertext.paragraphs(page.headline(self), page.verdict(self)) + hypertext.table(*page.rows(self))

    def summary(self) -> dict[str, Any]:
        """What `coalsim validate-model --json` prints."""
        return {
            "name": self.name,
            "quick": self.is_quick,
            "seed": self.seed,
            "districts": self.districts,
            "effort": self.effort.model_dump(),
            "patterns": [one.row() for one in self.found],
            "passed": self.passed,
            "total": len(self.found),
            "hindcast": asdict(self.hindcast),
        }


class Watch(NamedTuple):
    """One run to be made: of what, under what name, with which replicate."""

    label: str
    kind: str
    replicate: int
    packed: bytes  # the scenario, and the arguments of its watch
    run_ids: tuple[int, ...] = (0,)

    def __call__(self) -> Receipt:
        """Run it."""
        scenario, arguments = cloudpickle.loads(self.packed)
        return Receipt(
            "", {}, [{"run_id": self.run_ids[0], "status": "done", "record": WATCHES[self.kind](scenario, **arguments)}]
        )


def validate(
    experiment: ValidateFile,
    scenario: Scenario,
    *,
    quick: bool = False,
    seed: int | None = None,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> Validation:
    """Run everything and measure every pattern.

    The interval of a pattern is that of the mean over replicates (Student's t, 95%).
    """
    effort = experiment.quick if quick else experiment.full
    first = experiment.seed if seed is None else seed
    watches = list(plan(experiment, scenario, effort, first))
    records = run(watches, workers, on_progress)
    found = tuple(
        measure(
            name,
            evidence,
            records,
            effort.nation if patterns.get(name).on in ("nation", "recession") else effort.places,
        )
        for name, evidence in experiment.patterns.items()
    )
    looked_at = hindcast(experiment.hindcast, scenario, [records[HINDCAST, k] for k in range(effort.places)])
    districts = len(records["nation", 0].places)
    return Validation(experiment.name, found, looked_at, effort, first, districts, quick, samples(records, effort))


def plan(experiment: ValidateFile, scenario: Scenario, effort: Effort, seed: int) -> Iterator[Watch]:
    """The runs, longest first."""
    nation = _with(experiment.england, places=taken(experiment.england, effort.every), sample=1.0)
    places = _with(scenario, sample=effort.sample)

    def watch(label: str, kind: str, what: Scenario, k: int, policy: str, **overrides: Any) -> Watch:
        arguments = {"policy": policy, "seed": seed + k, **overrides}
        return Watch(label, kind, k, cloudpickle.dumps((what, arguments)))

    for k in range(effort.nation):
        yield watch("nation", "nation", _with(nation, months=NATION_MONTHS, start="2004-04"), k, BASE)
    for k in range(effort.nation):
        shaken = _with(nation, months=RECESSION_MONTHS, start=RECESSION_START)
        yield watch("recession", "recession", shaken, k, BASE, world=experiment.recession)
    told = experiment.hindcast
    for k in range(effort.places):
        yield watch("places", "places", _with(places, months=PLACES_MONTHS), k, BASE)
        for policy in (BASE, *POLICIES, "four_block_laa"):
            yield watch(policy, "programme", _with(places, months=PROGRAMME_MONTHS), k, policy)
        for policy in (BASE, *POLICIES):
            still = {"world.enterprise.attraction": 0.0}
            yield watch(policy + STILL, "programme", _with(places, months=PROGRAMME_MONTHS), k, policy, **still)
        from_the_past = _with(places, months=told.months, start=told.start)
        yield watch(HINDCAST, "programme", from_the_past, k, BASE, world=told.world)


def taken(nation: Scenario, every: int) -> list[Place]:
    """Every so-many-th place, from the middle of the first group.

    Raises
    ------
    ScenarioError
        When none is left.
    """
    found = nation.places[every // 2 :: every]
    if not found:
        few = f"of {len(nation.places)} places none is left when every {every}th is taken"
        raise ScenarioError(Problem(nation.name, 0, 0, "", few, "take more of them"))
    return found


def run(watches: list[Watch], workers: int | None, on_progress: OnProgress | None) -> dict[tuple[str, int], Record]:
    """Run all of them; by label and replicate.

    Raises
    ------
    RunFailedError
        When a run kills its worker again and again.
    """
    records: dict[tuple[str, int], Record] = {}

    def receive(receipt: Receipt) -> None:
        for row in receipt.rows:
            one = watches[row["run_id"]]
            if row["status"] != "done":
                raise RunFailedError(f"the run of {one.label}, replicate {one.replicate}, failed: {row['error']}")
            records[one.label, one.replicate] = row["record"]
        if on_progress is not None:
            on_progress(Counts(len(watches), len(records), 0))

    engine = engines.local(workers, len(watches))
    try:
        supervise(engine, (one._replace(run_ids=(k,)) for k, one in enumerate(watches)), receive)
    except BaseException:
        engine.stop(at_once=True)
        raise
    engine.stop(at_once=False)
    return records


def measure(name: str, evidence: Evidence, records: dict[tuple[str, int], Record], replicates: int) -> Found:
    """A pattern over replicates."""
    pattern = patterns.get(name)
    values = np.array(
        [pattern.measure({label: one for (label, n), one in records.items() if n == k}) for k in range(replicates)]
    )
    if not np.isfinite(values).all():
        raise ArithmeticError(f"pattern {name} is undefined in a run: {values}")
    mean, half = float(values.mean()), 0.0
    if replicates > 1 and values.std() > 0:
        half = float(stats.t.ppf(0.975, replicates - 1) * values.std(ddof=1) / np.sqrt(replicates))
    return Found(name, pattern.title, pattern.unit, evidence, mean, mean - half, mean + half, tuple(map(float, values)))


def samples(records: dict[tuple[str, int], Record], effort: Effort) -> dict[str, Any]:
    """What figures show besides the patterns: deprivation at the start and later, and districts through the recession."""
    nation, shaken = records["nation", 0], records["recession", 0]
    return {
        "deprivation": {month: np.concatenate(z) for month, z in nation.kept["deprivation"].items()},
        "claimants_2007": shaken.yearly("claimant_rate")[2],
        "claimants_2009": shaken.yearly("claimant_rate")[4],
    }


def _with(scenario: Scenario, **changes: Any) -> Scenario:
    """A scenario with some fields changed, as read from the same folder."""
    changed = scenario.model_copy(update=changes)
    changed._folder = scenario._folder
    return changed
