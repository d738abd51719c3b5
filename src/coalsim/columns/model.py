"""A Mesa model whose sets hold column kinds beside plain agents."""

from __future__ import annotations

from typing import Any

import numpy as np
from mesa import Model

from coalsim.columns.agent import ColumnAgent
from coalsim.columns.table import Table
from coalsim.columns.union import UnionSet


class ColumnModel(Model):
    """A `mesa.Model` with tables.

    `agents`, `agents_by_type` and `agent_types` include the column kinds after the plain ones; plain agents are
    registered, found and removed as in Mesa.

    Parameters
    ----------
    rng : int, sequence of int, SeedSequence, Generator or None
        As in Mesa; NumPy integers are welcome too.
    """

    def __init__(self, *args: Any, rng: Any = None, **kwargs: Any):
        # random.Random takes no NumPy integer, and experiments often hold their seeds in arrays.
        super().__init__(*args, rng=int(rng) if isinstance(rng, np.integer) else rng, **kwargs)
        self.tables: dict[type[ColumnAgent], Table] = {}
        self._n_tables = 0

    def add_table(self, kind: type[ColumnAgent], capacity: int) -> Table:
        """Rows for a kind; once for each kind.

        Columns start at zero and references at NONE; where the kind has an `alive_column`, every row starts empty.
        """
        if not (isinstance(kind, type) and issubclass(kind, ColumnAgent)):
            raise TypeError(f"add_table({kind!r}): only ColumnAgent kinds have tables; make plain agents one by one")
        if kind in self.tables:
            raise ValueError(f"{kind.__name__} already has {self.tables[kind]!r}; tables do not grow")
        table = Table(self, kind, capacity, index=self._n_tables)
        self._n_tables += 1
        self.tables[kind] = table
        return table

    def table_of(self, kind: type[Any] | str) -> Table:
        """The table of a kind, by class or by name."""
        for known, table in self.tables.items():
            if kind is known or kind == known.__name__:
                return table
        name = kind if isinstance(kind, str) else kind.__name__
        known_names = ", ".join(known.__name__ for known in self.tables) or "none"
        raise LookupError(f"this model has no table of {name}; add_table({name}, capacity) first (has: {known_names})")

    @property
    def agents(self) -> Any:
        """All agents: plain ones first, then kind by kind in row order."""
        if not self.tables:
            return self._all_agents
        return UnionSet([self._all_agents, *(table.agents for table in self.tables.values())], self.random)

    @agents.setter
    def agents(self, agents: Any) -> None:
        raise AttributeError("model.agents is Mesa's; keep your own sets under another name")

    @property
    def agent_types(self) -> list[type]:
        """All kinds of agents, plain ones first."""
        return [*self._agents_by_type, *self.tables]

    @property
    def agents_by_type(self) -> dict[type, Any]:
        """The set of each kind: Mesa's own for plain agents, a `ColumnSet` for a column kind."""
        return {**self._agents_by_type, **{kind: table.agents for kind, table in self.tables.items()}}

    def remove_all_agents(self) -> None:
        """Remove every agent, plain or not; handles kept from before say that they have gone."""
        super().remove_all_agents()
        for table in self.tables.values():
            table.replace(np.arange(table.capacity))
        self.tables.clear()
