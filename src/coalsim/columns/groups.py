"""Groups of a column set, aggregated without a handle in sight."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from mesa.agentset import GroupBy


class ColumnGroups(GroupBy):
    """Mesa's `GroupBy` whose groups are column sets; `groups[value]` is the set of one value."""

    def __getitem__(self, value: Hashable) -> Any:
        return self.groups[value]

    def __contains__(self, value: Hashable) -> bool:
        return value in self.groups

    def agg(self, attr_name: str, func: Callable[[Any], Any]) -> dict[Hashable, Any]:
        """`func` of a column or attribute in each group."""
        found = {}
        for value, group in self.groups.items():
            if isinstance(group, list):
                found[value] = func([getattr(agent, attr_name) for agent in group])
            else:
                found[value] = group.agg(attr_name, func)
        return found
