"""What sensitivity analysis costs beside its runs, how its memory grows, and how near few runs come with each method.

`uv run python benchmarks/sensitivity.py` prints small tables and asserts nothing; it takes about five minutes, with `--quick`
about half a minute. Errors do not depend on the machine; times are ratios measured in one process.
"""

import argparse
import math
import time
import tracemalloc
from pathlib import Path

import numpy as np

import coalsim
from coalsim.analysis import sensitivity
from coalsim.analysis.sensitivity import sobol

SCENARIO = Path(__file__).parents[1] / "scenarios" / "walsall.yaml"
D = 20
FACTORS = {f"x{k}": (0.0, 1.0) for k in range(D)}
THREE = dict.fromkeys(("x1", "x2", "x3"), (-math.pi, math.pi))
V1, V2, V13 = 0.5 * (1 + 0.1 * math.pi**4 / 5) ** 2, 49 / 8, 0.01 * math.pi**8 * 8 / 225
FIRST, TOTAL = np.array([V1, V2, 0]) / (V1 + V2 + V13), np.array([V1 + V13, V2, V13]) / (V1 + V2 + V13)


def instant(x, seed):
    """Three outputs at once."""
    values = list(x.values())
    return {"a": sum(values), "b": values[0] * values[1], "c": values[2] ** 2 + seed % 7}


def ishigami(x, seed):
    """The function of Ishigami and Homma."""
    return math.sin(x["x1"]) + 7 * math.sin(x["x2"]) ** 2 + 0.1 * x["x3"] ** 4 * math.sin(x["x1"])


def overhead(quick):
    """Analysis of many runs against what the runs themselves take."""
    scenario = coalsim.load_scenario(SCENARIO, sample=0.05)
    coalsim.simulate(scenario, seed=1)
    began = time.perf_counter()
    for seed in range(3):
        coalsim.simulate(scenario, seed=seed)
    a_run = (time.perf_counter() - began) / 3
    print(
        f"1. Analysis beside simulation: {D} factors, 3 outputs; a run of Walsall, 240 months, 5% of residents: {a_run:.2f} s"
    )
    print(f"{'runs':>8}{'analysis s':>12}{'share of simulation':>21}{'peak MB':>9}")
    for samples in (64, 128) if quick else (64, 256, 1024):
        tracemalloc.start()
        began = time.perf_counter()
        runs = sensitivity(instant, FACTORS, "sobol_total", samples).found.runs
        seconds = time.perf_counter() - began
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        print(f"{runs:8,}{seconds:12.1f}{seconds / (runs * a_run):21.2%}{peak:9.0f}")


def accuracy(quick):
    """Errors on Ishigami's function: root mean square over indices and seeds, and how often intervals hold the truth."""
    print(
        "\n2. Ishigami's function: error of S1 and ST (root mean square), intervals that hold the truth (95% asked for)"
    )
    print(f"{'method':14}{'samples':>8}{'runs':>8}{'error':>8}{'held':>7}{'s each':>8}")
    cases = [("sobol", 256), ("sobol", 1024), ("sobol_total", 256), ("fast", 1024), ("rbd_fast", 1024), ("hdmr", 1024)]
    for method, samples in [*cases, ("emulator", 200), ("pce", 100), ("pce", 200)]:
        errors, held, began = [], [], time.perf_counter()
        for k in range(2 if quick else 10):
            found = sensitivity(ishigami, THREE, method, samples, seed=1_000_000 * k)
            for column, truth in (("S1", FIRST), ("ST", TOTAL)):
                if column in found:
                    off = np.abs(found[column].to_numpy() - truth)
                    errors.append(off)
                    held.append(off <= found[f"{column}_conf"].to_numpy())
        seconds = (time.perf_counter() - began) / len(errors)
        error = math.sqrt(np.mean(np.square(errors)))
        print(f"{method:14}{samples:8}{found.found.runs:8,}{error:8.3f}{np.mean(held):7.0%}{seconds:8.2f}")


def many_factors(quick):
    """Base points in the order of a Sobol sequence's columns against base points that are paired."""
    from scipy.stats import qmc

    print(
        "\n3. One leading factor among d, few base points: error of its ST, root mean square (worst), over its positions"
    )
    print(f"{'d':>4}{'points':>8}{'in order':>18}{'paired':>18}")
    for d in (10, 22) if quick else (10, 22, 37):
        for n in (64, 128, 256):
            errors = {"in order": [], "paired": []}
            for seed in range(2 if quick else 4):
                even = qmc.Sobol(2 * d, rng=np.random.default_rng(seed)).random(n)
                for name, (a, b) in {
                    "in order": (even[:, :d], even[:, d:]),
                    "paired": sobol.base_points(d, n, seed),
                }.items():
                    for k in range(d):
                        slopes = np.full(d, 0.3)
                        slopes[k] = 4
                        moved = a.copy()
                        moved[:, k] = b[:, k]
                        spread = np.concatenate([a @ slopes, b @ slopes]).var()
                        total = ((a - moved) @ slopes).__pow__(2).mean() / 2 / spread
                        errors[name].append(abs(total - 16 / (16 + 0.09 * (d - 1))))
            told = [f"{math.sqrt(np.mean(np.square(one))):.3f} ({max(one):.2f})" for one in errors.values()]
            print(f"{d:4}{n:8}{told[0]:>18}{told[1]:>18}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    overhead(asked.quick)
    accuracy(asked.quick)
    many_factors(asked.quick)
