"""Sets that hold agents of several kinds, plain ones and column ones."""

from __future__ import annotations

import math
import operator
import weakref
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any, NoReturn

from mesa.agentset import AbstractAgentSet, AgentSet, GroupBy

from coalsim.columns.agent import ColumnAgent
from coalsim.columns.sets import ColumnSet, Filter, as_mask, only, split_mask


class ListedSet(AbstractAgentSet):
    """Agents in any order, one by one.

    What Mesa's `AgentSet` is for plain agents, which it holds by weak references too. Handles are kept as such: a
    handle keeps no agent alive, and an `AgentSet` would lose it at once.
    """

    def __init__(self, agents: Iterable[Any], random: Any = None):
        self.random = random
        self._update(agents)

    def _update(self, agents: Iterable[Any]) -> ListedSet:
        agents = dict.fromkeys(agents)
        self._keepers = [a if isinstance(a, ColumnAgent) else weakref.ref(a) for a in agents]
        return self

    def __iter__(self) -> Iterator[Any]:
        for keeper in self._keepers:
            agent = keeper if isinstance(keeper, ColumnAgent) else keeper()
            if agent is not None and _is_present(agent):
                yield agent

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, agent: object) -> bool:
        return any(agent == other for other in self)

    def __getitem__(self, item: int | slice) -> Any:
        found = self.to_list()[item]
        return ListedSet(found, self.random) if isinstance(item, slice) else found

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self):,} agents>"

    def _from_iterable(self, agents: Iterable[Any]) -> ListedSet:
        return ListedSet(agents, self.random)

    def __getstate__(self) -> dict[str, Any]:
        return {"agents": self.to_list(), "random": self.random}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.random = state["random"]
        self._update(state["agents"])

    def copy(self) -> ListedSet:
        """The same agents in a set of their own."""
        return ListedSet(self, self.random)

    __copy__ = copy

    def add(self, agent: Any) -> NoReturn:
        """Refused: make another set."""
        self._refuse("add")

    def discard(self, agent: Any) -> NoReturn:
        """Refused: make another set."""
        self._refuse("discard")

    def remove(self, agent: Any) -> NoReturn:
        """Refused: make another set."""
        self._refuse("remove")

    def _refuse(self, method: str) -> NoReturn:
        raise TypeError(f"{self!r}.{method}(): this set is not changed agent by agent; select() makes another")

    def select(
        self,
        filter_func: Filter | None = None,
        at_most: float = math.inf,
        inplace: bool = False,
        agent_type: type[Any] | None = None,
    ) -> Any:
        """The agents that pass a filter: a boolean array in the order of the set, or a function of an agent."""
        if filter_func is None or callable(filter_func):
            return super().select(filter_func, at_most, inplace, agent_type)
        agents = self.to_list()
        chosen = ListedSet(only(agents, as_mask(filter_func, len(agents)).tolist()), self.random)
        if isinstance(at_most, float) and at_most <= 1.0:
            at_most = int(len(agents) * at_most)
        chosen = chosen.select(None, at_most, False, agent_type)
        return self._update(chosen) if inplace else chosen

    def get(self, attr_names: Any, handle_missing: str = "error", default_value: Any = None) -> list[Any]:
        """Values of an attribute for each agent, or a list of them for each agent when several names are given."""
        if handle_missing not in ("error", "default"):
            raise ValueError(f"Unknown handle_missing option: {handle_missing}, should be one of 'error' or 'default'")
        missing = (default_value,) if handle_missing == "default" else ()
        if isinstance(attr_names, str):
            return [getattr(agent, attr_names, *missing) for agent in self]
        return [[getattr(agent, name, *missing) for name in attr_names] for agent in self]

    def to_list(self) -> list[Any]:
        """The agents present, handles for column kinds."""
        return list(self)

    def count(self, filter_func: Filter | None = None) -> int:
        """How many agents, or how many of them pass a filter."""
        return len(self) if filter_func is None else len(self.select(filter_func))

    def sort(self, key: Callable[[Any], Any] | str, ascending: bool = False, inplace: bool = False) -> Any:
        """In the order of an attribute or a function; descending unless told, ties as they are."""
        by = operator.attrgetter(key) if isinstance(key, str) else key
        agents = sorted(self, key=by, reverse=not ascending)
        return self._update(agents) if inplace else ListedSet(agents, self.random)

    def shuffle(self, inplace: bool = False) -> Any:
        """In random order, by the same draws as Mesa's `AgentSet` of the same size."""
        agents = self.to_list()
        self.random.shuffle(agents)
        return self._update(agents) if inplace else ListedSet(agents, self.random)

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a method, or a function, for each agent in turn; those who leave meanwhile are passed over."""
        self.map(method, *args, **kwargs)
        return self

    def shuffle_do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """`do` in random order; the order of this set stays."""
        self.shuffle().do(method, *args, **kwargs)
        return self

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        """What a method, or a function, returns for each agent."""
        call = operator.methodcaller(method, *args, **kwargs) if isinstance(method, str) else None
        results = []
        for agent in self.to_list():
            if _is_present(agent):
                results.append(call(agent) if call else method(agent, *args, **kwargs))  # type: ignore[operator]
        return results


class UnionSet(ListedSet):
    """Sets joined end to end and still live, as `model.agents` is: plain agents first, then kind by kind.

    What can be done part by part, in arrays for column kinds, is; what mixes the order of the kinds (`sort`,
    `shuffle`) gives a `ListedSet`. A selection that leaves one part gives that part's own set.
    """

    def __init__(self, parts: Iterable[Any], random: Any):
        self.random = random
        self._parts = list(parts)

    def __iter__(self) -> Iterator[Any]:
        for part in self._parts:
            yield from part

    def __len__(self) -> int:
        return sum(len(part) for part in self._parts)

    def __contains__(self, agent: object) -> bool:
        return any(agent in part for part in self._parts)

    def __getstate__(self) -> dict[str, Any]:
        return {"parts": self._parts, "random": self.random}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._parts, self.random = state["parts"], state["random"]

    def _update(self, agents: Iterable[Any]) -> UnionSet:
        self._parts = [ListedSet(agents, self.random)]
        return self

    def _filled(self) -> list[Any]:
        """The parts that hold anybody: nobody can lack the attribute asked for in an empty one."""
        return [part for part in self._parts if len(part)]

    def copy(self) -> UnionSet:
        """The agents of now: newcomers do not enter it."""
        return UnionSet([part.copy() if hasattr(part, "copy") else part.select() for part in self._parts], self.random)

    __copy__ = copy

    def select(
        self,
        filter_func: Filter | None = None,
        at_most: float = math.inf,
        inplace: bool = False,
        agent_type: type[Any] | None = None,
    ) -> Any:
        """The agents that pass a filter: a boolean array in the order of the set, or a function of an agent."""
        lengths = [len(part) for part in self._parts]
        if isinstance(at_most, float) and at_most <= 1.0:
            at_most = int(sum(lengths) * at_most)
        by_array = filter_func is not None and not callable(filter_func)
        masks = list(split_mask(filter_func, lengths)) if by_array else []
        left = at_most if at_most == math.inf else max(0, math.ceil(at_most))
        chosen = []
        for i, part in enumerate(self._parts):
            if isinstance(part, ColumnSet) and agent_type is not None and not issubclass(part.kind, agent_type):
                continue
            if by_array and isinstance(part, ColumnSet):
                found = part.select(masks[i], left, agent_type=agent_type)
            elif by_array:
                found = AgentSet(only(part, masks[i]), self.random).select(None, left, agent_type=agent_type)
            else:
                found = part.select(filter_func, left, agent_type=agent_type)
            chosen.append(found)
            left -= len(found)
        chosen = [part for part in chosen if len(part)] or chosen[-1:]
        if inplace:
            self._parts = chosen
            return self
        return _join(chosen, self.random)

    def groupby(self, by: Callable[[Any], Any] | str, result_type: str = "agentset") -> GroupBy:
        """Groups by an attribute or a function, in the order in which values first appear."""
        found: dict[Any, list[Any]] = {}
        for part in self._filled():
            for value, group in part.groupby(by, result_type):
                found.setdefault(value, []).append(group)
        if result_type == "list":
            return GroupBy({value: list(chain.from_iterable(groups)) for value, groups in found.items()})
        return GroupBy({value: _join(groups, self.random) for value, groups in found.items()})

    def get(self, attr_names: Any, handle_missing: str = "error", default_value: Any = None) -> list[Any]:
        """Values of an attribute for each agent, or a list of them for each agent when several names are given."""
        return [v for part in self._filled() for v in part.get(attr_names, handle_missing, default_value)]

    def set(self, attr_name: str, value: Any) -> UnionSet:
        """Give every agent the same value."""
        for part in self._filled():
            part.set(attr_name, value)
        return self

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        """What a method, or a function, returns for each agent."""
        return [result for part in self._parts for result in part.map(method, *args, **kwargs)]

    def _repr_html_(self) -> str:
        heads = [part._repr_html_() for part in self._parts if isinstance(part, ColumnSet)]
        plain = sum(len(part) for part in self._parts if not isinstance(part, ColumnSet))
        return f"<p>{len(self):,} agents, {plain:,} of them plain Mesa agents</p>" + "".join(heads)


def _join(parts: list[Any], random: Any) -> Any:
    """One set of several, the part itself where there is only one."""
    return parts[0] if len(parts) == 1 else UnionSet(parts, random)


def _is_present(agent: Any) -> bool:
    if isinstance(agent, ColumnAgent):
        return agent.is_current
    return agent in agent.model._all_agents
