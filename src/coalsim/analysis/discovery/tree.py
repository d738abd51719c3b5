"""Rules of a classification tree, beside the boxes: another method's word on the same cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from coalsim.analysis.discovery.box import Box, Limit, Mask, inside

DEPTH = 4
LEAST, LEAST_SHARE = 8, 0.05  # cases in a leaf


def rules(inputs: pd.DataFrame, interest: Mask, seed: int) -> tuple[Box, ...]:
    """Leaves of a classification tree in which cases of interest are the rule, the largest first.

    References
    ----------
    Breiman, L. et al. (1984), Classification and Regression Trees; pruned by cross-validated cost-complexity.
    """
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from sklearn.tree import DecisionTreeClassifier

    coded = pd.get_dummies(inputs, dtype=float)
    least = max(LEAST, int(LEAST_SHARE * len(interest)))
    tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=least, random_state=seed % 2**32)
    pruning = {"ccp_alpha": [0.0, 0.001, 0.003, 0.01, 0.03]}
    folds = StratifiedKFold(5, shuffle=True, random_state=seed % 2**32)
    fitted = GridSearchCV(tree, pruning, cv=folds).fit(coded, interest).best_estimator_.tree_
    found = []
    for path in _paths(fitted, 0, []):
        limits = _limits_of(path, list(map(str, coded)), inputs)
        held = inside(limits, inputs)
        if limits and held.any() and interest[held].mean() > 0.5:
            coverage, density = float(interest[held].sum() / interest.sum()), float(interest[held].mean())
            found.append(Box(limits, coverage, density, float(held.mean()), int(held.sum()), float(interest.mean())))
    return tuple(sorted(found, key=lambda box: -box.coverage))


def _paths(tree: Any, node: int, path: list[tuple[int, bool, float]]) -> list[list[tuple[int, bool, float]]]:
    """Ways to the leaves: which column, whether at most, which value."""
    if tree.children_left[node] < 0:
        return [path]
    column, cut = int(tree.feature[node]), float(tree.threshold[node])
    return [
        *_paths(tree, tree.children_left[node], [*path, (column, True, cut)]),
        *_paths(tree, tree.children_right[node], [*path, (column, False, cut)]),
    ]


def _limits_of(
    path: Sequence[tuple[int, bool, float]], columns: Sequence[str], inputs: pd.DataFrame
) -> tuple[Limit, ...]:
    """A way to a leaf as limits."""
    low: dict[str, float] = {}
    high: dict[str, float] = {}
    values: dict[str, list[Any]] = {}
    for column, is_most, cut in path:
        name = columns[column]
        factor = next((str(one) for one in inputs if inputs[one].dtype == object and name.startswith(f"{one}_")), None)
        if name in inputs:
            ends, pick = (high, min) if is_most else (low, max)
            ends[name] = pick(ends.get(name, cut), cut)
        elif factor is not None:
            known = values.setdefault(factor, sorted(inputs[factor].unique(), key=str))
            values[factor] = [one for one in known if (f"{factor}_{one}" == name) != is_most]
    numbers = [Limit(name, low.get(name), high.get(name)) for name in dict.fromkeys([*low, *high])]
    return (*numbers, *(Limit(name, values=tuple(kept)) for name, kept in values.items()))
