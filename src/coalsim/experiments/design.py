"""A design: worlds x factors x options x replicates as a table of numbered runs, the same numbers however it is run."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from pydantic import ValidationError

from coalsim.loading import named_world, override
from coalsim.policies.policy import Policy
from coalsim.scenario.schema import Scenario
from coalsim.scenario.world import World

LARGEST_SEED = 2**64 - 1
MOST_RUNS = 10_000_000

# What a run takes on one core, to a factor of two or so: seconds a month of a locality, residents a second, seconds to set
# up. A part of the results should hold at least a second of work, and the parts must be the same on every machine.
MONTH_S, RESIDENTS_PER_S, START_S = 0.0009, 40e6, 0.05
PART_S, MOST_IN_PART, MOST_PARTS = 1.0, 64, 1250

MONTHS, ONE_LENGTH = "months", "all runs of a comparison last as long; set the months of all"

type Value = float | int | str | bool


class Cell(NamedTuple):
    """Where a run lies in the design, its replicate aside."""

    world: str
    factors: tuple[tuple[str, Value], ...]
    policy: str


class Run(NamedTuple):
    """One run: its number, cell and replicate; runs of the same replicate share their seed, and so their luck."""

    run_id: int
    cell: Cell
    replicate: int
    seed: int


@dataclass(frozen=True)
class Design:
    """Every option of a scenario, in every world and at every combination of factor values, with the same seeds.

    Runs are numbered replicate by replicate, so that more replicates add runs and renumber none.
    """

    scenario: Scenario
    replicates: int
    seed: int = 0
    worlds: Mapping[str, World] = field(default_factory=dict)
    factors: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.worlds:
            object.__setattr__(self, "worlds", {self.scenario.world.name: self.scenario.world})
        if self.replicates < 1:
            raise ValueError(f"replicates {self.replicates}: give at least 1")
        check_seeds(self.seed, self.replicates)
        for path, values in self.factors.items():
            if not values:
                raise ValueError(f"factors, {path}: give at least one value")
            if len(set(values)) < len(values):
                raise ValueError(f"factors, {path}: a value is listed twice: {', '.join(map(str, values))}")
        if len(self) > MOST_RUNS:
            raise ValueError(f"the design has {len(self):,} runs; at most {MOST_RUNS:,} can be handled")

    @property
    def policies(self) -> tuple[str, ...]:
        """Options by name, the counterfactual first."""
        return tuple(self.scenario.options)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Every combination of world, factor values and option, options fastest."""
        grid = [tuple((path, value) for value in values) for path, values in self.factors.items()]
        return tuple(
            Cell(world, factors, policy)
            for world in self.worlds
            for factors in itertools.product(*grid)
            for policy in self.policies
        )

    def __len__(self) -> int:
        return self.replicates * len(self.worlds) * math.prod(map(len, self.factors.values())) * len(self.policies)

    def run(self, run_id: int) -> Run:
        """The run of a number."""
        replicate, cell = divmod(run_id, len(self.cells))
        return Run(run_id, self.cells[cell], replicate, self.seed + replicate)

    def run_ids(self, cell: Cell) -> range:
        """Numbers of a cell's runs, replicate by replicate."""
        return range(self.cells.index(cell), len(self), len(self.cells))

    def scenario_of(self, cell: Cell) -> Scenario:
        """The scenario as it is in a cell."""
        return self._scenario(cell.world, cell.factors)

    def _scenario(self, world: str, factors: tuple[tuple[str, Value], ...]) -> Scenario:
        known: dict[Any, Scenario] = self.__dict__.setdefault("_scenarios", {})
        if (world, factors) not in known:
            scenario = self.scenario.model_copy(update={"world": self.worlds[world]})
            for path, value in factors:
                scenario = override(scenario, path, value, f"factors, {path}: {value}")
            if len(known) > 1000:
                known.clear()
            known[world, factors] = scenario
        return known[world, factors]

    def check(self) -> None:
        """Refuse a factor value that does not fit before anything runs.

        Raises
        ------
        ScenarioError, ValueError
            With the factor and what would be right.
        """
        if MONTHS in self.factors:
            raise ValueError(f"factors, {MONTHS}: {ONE_LENGTH}")
        for path, values in self.factors.items():
            for value in values:
                override(self.scenario, path, value, f"factors, {path}: {value}")

    @cached_property
    def part_size(self) -> int:
        """Runs in one part of the results: at least about a second of work, and not too many parts to read quickly.

        From the design alone, so that parts are the same wherever it is run.
        """
        return min(MOST_IN_PART, max(math.ceil(PART_S / expected_seconds(self.scenario)), len(self) // MOST_PARTS))

    def parts(self, done: Sequence[bool] | bytearray) -> Iterator[list[int]]:
        """Numbers of the runs that are not done, part by part."""
        size, total = self.part_size, len(self)
        for first in range(0, total, size):
            missing = [k for k in range(first, min(first + size, total)) if not done[k]]
            if missing:
                yield missing

    def grown(self, replicates: int) -> Design:
        """The same with more replicates."""
        return replace(self, replicates=replicates)

    # As JSON, from which it can be built again

    def record(self) -> dict[str, Any]:
        """Everything that determines the runs, the number of replicates aside."""
        return {
            "scenario": self.scenario.model_dump(mode="json"),
            "worlds": {name: world.model_dump(mode="json") for name, world in self.worlds.items()},
            "factors": {path: list(values) for path, values in self.factors.items()},
            "seed": self.seed,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any], replicates: int) -> Design:
        """The design of a record.

        Raises
        ------
        ValueError
            When it holds no scenario.
        """
        written = dict(record["scenario"])
        try:
            written["options"] = {name: Policy.model_validate(option) for name, option in written["options"].items()}
            scenario = Scenario.model_validate(written)
            worlds = {name: World.model_validate(world) for name, world in record["worlds"].items()}
            factors = {path: tuple(values) for path, values in record["factors"].items()}
            return cls(scenario, replicates, record["seed"], worlds, factors)
        except (ValidationError, KeyError, AttributeError, TypeError):
            raise ValueError(
                "the scenario, worlds and factors recorded there are none; restore the folder from a copy"
            ) from None


def worlds_by_name(scenario: Scenario, names: Sequence[str]) -> dict[str, World]:
    """The worlds of those names, from the folder of the scenario; none named, its own.

    Raises
    ------
    ScenarioError, ValueError
        For a name that is unknown or given twice.
    """
    if len(set(names)) < len(names):
        raise ValueError(f"worlds: one is named twice: {', '.join(names)}")
    return {name: named_world(scenario, name) for name in names}


def check_seeds(seed: int, replicates: int) -> None:
    """Refuse seeds outside 0 to 2**64 - 1 before anything runs."""
    largest = LARGEST_SEED - replicates + 1
    if not 0 <= seed <= largest:
        raise ValueError(f"seed {seed}: give a whole number from 0 to {largest}")


def expected_seconds(scenario: Scenario) -> float:
    """About how long a run takes on one core."""
    residents = sum(place.adults for place in scenario.places) * scenario.sample
    return START_S + scenario.months * (MONTH_S * len(scenario.places) + residents / RESIDENTS_PER_S)
