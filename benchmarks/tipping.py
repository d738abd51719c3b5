"""How many runs the searches for a tipping point take, and how near they come, on systems with known answers; and on the model.

`uv run python benchmarks/tipping.py` prints small tables and asserts nothing; it takes about fifteen minutes, with `--quick`
about one. Counts of runs and errors do not depend on the machine. The systems are logistic chances with a known threshold, a
curve and an arch in the unit square, and an ellipsoid in the unit cube.
"""

import argparse
import math
import time
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree
from scipy.stats import qmc

from coalsim.analysis import find_boundary, find_threshold
from coalsim.experiments.tipping.finding import find_tipping_point

SCENARIO = Path(__file__).parents[1] / "scenarios" / "walsall.yaml"
NEAR = 0.02  # of the range
A = np.linspace(0, 1, 800)
ARCH = (2.6 * A * (1 - A) - 0.12) / 0.62
LINES = {
    "curve": np.stack([A, 0.15 + 0.55 * A**2], axis=1),
    "arch": np.stack([A, ARCH], axis=1)[(ARCH >= 0) & (ARCH <= 1)],
}


def over(shape, x):
    """How far a point lies beyond the boundary."""
    a, b = x[..., 0], x[..., 1]
    if shape == "curve":
        return b - (0.15 + 0.55 * a**2)
    if shape == "arch":
        return 2.6 * a * (1 - a) - 0.12 - 0.62 * b
    return 0.34 - np.sqrt(((x - [0.55, 0.45, 0.5]) ** 2 / [1.0, 0.6, 1.4]).sum(axis=-1))


def tips(distance, scale, seed):
    """A run whose chance is logistic in the distance."""
    chance = 1 / (1 + math.exp(-min(max(distance / scale, -500), 500)))
    return bool(np.random.default_rng(seed).random() < chance)


def search(width, k, **settings):
    """The threshold, and a search for it."""
    place, scale = float(np.random.default_rng(k).uniform(0.2, 0.8)), width / (2 * math.log(9))
    return place, find_threshold(lambda x, seed: tips(x - place, scale, seed), 0, 1, seed=10_000 * k, **settings)


def one_lever(sets):
    """Sharp, medium and diffuse rises at the runs that should be enough, and the runs until the interval is 1% of the range."""
    print(f"\n1. One lever, {sets} searches each (targets: 90% within 2% of the range; intervals cover 92 to 98%)")
    print(
        f"{'10 to 90% over':16}{'runs':>6}{'within 2%':>11}{'covered':>9}{'s each':>8}   runs to 1%: median, most; covered"
    )
    for width, runs in ((0.015, 12), (0.10, 50), (0.31, 220)):
        began = time.perf_counter()
        fixed = [search(width, k, max_runs=runs, tolerance=1e-6) for k in range(sets)]
        seconds = (time.perf_counter() - began) / sets
        near = np.mean([abs(found.value - place) < NEAR for place, found in fixed])
        free = [search(width, k, max_runs=400, batch=4) for k in range(sets)]
        held, covered = (np.mean([f.low <= place <= f.high for place, f in those]) for those in (fixed, free))
        used = [found.runs for _, found in free]
        print(f"{width:<16.1%}{runs:6}{near:11.0%}{held:9.0%}{seconds:8.2f}   ", end="")
        print(f"{np.median(used):.0f}, {max(used)}; {covered:.0%}")


def two_levers(sets):
    """Distance of the boundary from the true one, and of a plain grid's, at equal numbers of runs."""
    print(
        f"\n2. Two levers, {sets} searches each (targets: median distance below 2%, 95th percentile below 5% of the unit square)"
    )
    print(f"{'shape':8}{'noise':>7}{'runs':>6}{'median':>9}{'95%':>8}{'s each':>8}   a grid of as many; of thrice")
    for shape in LINES:
        for scale, runs in ((0.004, 40), (0.02, 50), (0.04, 150)):
            began, scores, grids = time.perf_counter(), [], {1: [], 3: []}
            for k in range(sets):
                found = find_boundary(
                    lambda x, s, h=shape, w=scale: tips(float(over(h, np.array([x["a"], x["b"]]))), w, s),
                    {"a": (0.0, 1.0), "b": (0.0, 1.0)}, seed=10_000 * k, max_runs=runs, tolerance=1e-6,
                )  # fmt: skip
                scores.append(apart(found.contour().to_numpy(), LINES[shape]))
            seconds = (time.perf_counter() - began) / sets
            for times in grids:
                side = round(math.sqrt(times * runs))
                for k in range(sets):
                    grids[times].append(apart(grid_line(shape, scale, side, 10_000 * k), LINES[shape])[0])
            median, most = (np.median([score[j] for score in scores]) for j in (0, 1))
            print(f"{shape:8}{scale:7}{runs:6}{median:9.1%}{most:8.1%}{seconds:8.1f}   ", end="")
            print("; ".join(f"{np.median(those):.1%}" for those in grids.values()))


def grid_line(shape, scale, side, seed):
    """The boundary between neighbouring points of a grid that came out differently."""
    along = (np.arange(side) + 0.5) / side
    a, b = np.meshgrid(along, along)
    tipped = np.array(
        [tips(float(d), scale, seed + k) for k, d in enumerate(over(shape, np.stack([a, b], -1)).ravel())]
    )
    tipped = tipped.reshape(side, side)
    rows, columns = np.nonzero(tipped[1:] != tipped[:-1]), np.nonzero(tipped[:, 1:] != tipped[:, :-1])
    return np.concatenate([
        np.stack([along[rows[1]], (along[rows[0]] + along[rows[0] + 1]) / 2], axis=1),
        np.stack([(along[columns[1]] + along[columns[1] + 1]) / 2, along[columns[0]]], axis=1),
    ])  # fmt: skip


def apart(line, true):
    """Median and 95th percentile of the symmetric distance; 1 where there is no line."""
    if not len(line):
        return 1.0, 1.0
    gaps = np.r_[cKDTree(true).query(line)[0], cKDTree(line).query(true)[0]]
    return float(np.median(gaps)), float(np.quantile(gaps, 0.95))


def three_levers(runs):
    """Share of the cube on the wrong side."""
    began, names = time.perf_counter(), "abc"
    found = find_boundary(
        lambda x, s: tips(float(over("ellipsoid", np.array([x[name] for name in names]))), 0.004, s),
        dict.fromkeys(names, (0.0, 1.0)), max_runs=runs, tolerance=1e-6,
    )  # fmt: skip
    space = qmc.Sobol(3, rng=np.random.default_rng(9)).random(2**14)
    wrong = ((found.probability(space) > 0.5) != (over("ellipsoid", space) > 0)).mean()
    print(
        f"\n3. Three levers: {wrong:.2%} of the cube on the wrong side after {runs} runs, {time.perf_counter() - began:.0f} s",
        end="",
    )
    print(" (target: at most 1.2% after 250)")


def on_the_model(runs):
    """A threshold of one place at a tenth of its residents (target: 5% of the range in at most 300 runs and 10 minutes)."""
    began = time.perf_counter()
    found = find_tipping_point(
        SCENARIO, "policy.reward_grant.share_of_budget", 0.0, 0.1, sample=0.1, months=120, runs=runs, tolerance=0.05,
        tips_when={"bounds": {"partners_in": {"at_least": 0.5}}, "months_running": 24}, sizes=[0.05, 0.1, 0.2], size_replicates=8,
        **{"world.partnership.peer": 1.6, "world.partnership.reluctance": 0.3},
    )  # fmt: skip
    one = found.threshold
    print(f"\n4. Walsall at a tenth of its residents: {one}")
    seconds = time.perf_counter() - began
    print(f"   {one.runs} runs of the search, {found.study.runs} with the size test, {seconds:.0f} s; {found.verdict}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few searches, and few runs of the model")
    is_quick = parser.parse_args().quick
    one_lever(4 if is_quick else 60)
    two_levers(1 if is_quick else 12)
    three_levers(60 if is_quick else 250)
    on_the_model(16 if is_quick else 300)
