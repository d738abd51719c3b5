"""Optimism bias: by how much capital costs and durations of public projects have turned out above their estimates."""

from typing import Final

# Least and most by kind of project: capital expenditure, duration of works (Mott MacDonald 2002, table 2 of HM Treasury's
# supplementary guidance on optimism bias). Of outsourcing it is operating cost, and no duration is given.
BOUNDS: Final[dict[str, dict[str, tuple[float, float]]]] = {
    "standard_building": {"capital": (0.02, 0.24), "duration": (0.01, 0.04)},
    "non_standard_building": {"capital": (0.04, 0.51), "duration": (0.02, 0.39)},
    "standard_civil": {"capital": (0.03, 0.44), "duration": (0.01, 0.20)},
    "non_standard_civil": {"capital": (0.06, 0.66), "duration": (0.03, 0.25)},
    "equipment": {"capital": (0.10, 2.00), "duration": (0.10, 0.54)},
    "outsourcing": {"capital": (0.0, 0.41), "duration": (0.0, 0.0)},
}


def optimism_bias(kinds: dict[str, float], what: str = "capital", mitigated: float = 0.0) -> float:
    """Share to add to an estimate, for a mix of kinds of project.

    Parameters
    ----------
    kinds : kind of project -> its share of the cost; shares add up to 1
    what : "capital" or "duration"
    mitigated : float, 0 to 1
        How much of the way from the upper to the lower bound good management has gone; 0 takes the upper bound.

    Raises
    ------
    ValueError
        When there is no such kind, shares do not add up to 1, or `mitigated` is no share.
    """
    if unknown := sorted(set(kinds) - set(BOUNDS)):
        raise ValueError(f"{unknown[0]!r}: give kinds among {', '.join(BOUNDS)}")
    if what not in ("capital", "duration"):
        raise ValueError(f"optimism bias of {what!r}: give capital or duration")
    if abs(sum(kinds.values()) - 1) > 1e-9 or min(kinds.values(), default=0) < 0:
        raise ValueError(f"shares of kinds of project add up to {sum(kinds.values()):g}; give shares that add up to 1")
    if not 0 <= mitigated <= 1:
        raise ValueError(f"mitigated {mitigated}: give a share from 0 to 1")
    return sum(
        share * (BOUNDS[kind][what][1] - mitigated * (BOUNDS[kind][what][1] - BOUNDS[kind][what][0]))
        for kind, share in kinds.items()
    )
