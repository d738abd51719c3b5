"""Mutation testing: small changes of the program, of which the tests should notice every one.

Mutants are those of mutmut's operators (numbers, comparisons, arithmetic, and/or, True/False, break/continue, in-place
assignment, both arms of a ternary), constants of modules and properties among them. Left out are the operators that put
None for a value or take an argument away: compiled kernels refuse such code, and elsewhere it falls at once, which flatters.
For the same reason a mutant that falls with a TypeError or when it is imported is told apart, neither killed nor alive.

mutmut itself can reach no property, and kernels only with a detour at every call. Here each mutant is a fork of a process
that has imported what others have written; it imports the package with one file changed in memory and runs the tests of
`PACKAGES`, those of the file first, until one fails. Kernels run as plain Python, everything else on compiled ones.

    python tests/mutants.py kernels --sample 200
    python tests/mutants.py phases                  # all of them: hours
"""

import argparse
import importlib.machinery
import json
import os
import random
import resource
import signal
import sys
from functools import cache, partial
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What each package is tested by, quick ones first; `{name}` is the file that was changed.
PACKAGES = {
    "kernels": ["tests/kernels/test_{name}.py"],
    "phases": ["tests/phases/test_{name}_phase.py"],
    "appraisal": ["tests/appraisal/test_{name}.py", "tests/appraisal"],
}
# Run once before all forks, to import what they share.
WARM = {
    "kernels": ["tests/kernels/test_hiring.py"],
    "phases": ["tests/phases/test_conditions_phase.py"],
    "appraisal": ["tests/appraisal/test_flow.py"],
}
ELSEWHERE = {"streams": "random", "unit_value": "unit_values"}  # tests that have another name
SKIPPED = {"__init__.py", "compiling.py"}  # names only; the cache of compiled kernels, which plain Python does not use
BROKEN = {"TypeError", "NameError", "CollectError", "ImportError", "ModuleNotFoundError", "SyntaxError"}
LIMIT = 5  # a mutant may take so many times the processor time that all tests take without a change


def mutants(path):
    """Every mutant of a file: where it is, what was and is there, and how to make the module with it."""
    import libcst as cst
    from libcst.metadata import MetadataWrapper, PositionProvider
    from mutmut.mutation import mutators

    left_out = {mutators.operator_assignment, mutators.operator_arg_removal, mutators.operator_lambda}
    operators = [(kind, operator) for kind, operator in mutators.mutation_operators if operator not in left_out]
    wrapper = MetadataWrapper(cst.parse_module(path.read_text(encoding="utf-8")))
    module, positions = wrapper.module, wrapper.resolve(PositionProvider)
    found = []

    class Finder(cst.CSTVisitor):
        def on_visit(self, node):
            if isinstance(node, cst.Annotation | cst.Decorator | cst.Import | cst.ImportFrom):
                return False
            for kind, operator in operators:
                if isinstance(node, kind):
                    most = 1 if kind is cst.BaseString else None  # of a text's three mutants one
                    found.extend((node, new) for new in islice(operator(node), most))
            return True

    module.visit(Finder())
    for node, new in found:
        start = positions[node].start
        was, now = (" ".join(module.code_for_node(one).split()) for one in (node, new))
        yield f"{path.name}:{start.line}:{start.column}", f"{was}  ->  {now}", partial(module.deep_replace, node, new)


class Failure:
    """A pytest plugin that notes how the first test failed."""

    seen: tuple[str, str] | None = None

    def pytest_exception_interact(self, node, call, report):
        """Called by pytest."""
        self.seen = self.seen or (node.nodeid, call.excinfo.typename)


def run(tests):
    """Run tests in this process; how they ended, and where and how the first failure was."""
    import pytest

    failure = Failure()
    os.chdir(ROOT)
    arguments = ["-x", "-q", "-n0", "-p", "no:cacheprovider", "--no-header", "--tb=no", "-k", "not processor"]
    return pytest.main([*tests, *arguments], plugins=[failure]), failure.seen


@cache
def imports():
    """Who imports whom in the package."""
    from grimp import build_graph

    return build_graph("coalsim", cache_dir=None)


def forget(module):
    """Unload a module of the package, all that import it, and every test, so that the next import sees the change."""
    tests = str(ROOT / "tests")
    gone = {name for name, one in sys.modules.items() if (getattr(one, "__file__", None) or "").startswith(tests)}
    gone |= {module} | imports().find_downstream_modules(module)
    for name in gone - {"__main__"}:
        sys.modules.pop(name, None)
        parent, _, leaf = name.rpartition(".")
        if parent in sys.modules:
            vars(sys.modules[parent]).pop(leaf, None)


def change(path, source):
    """From now on importing `path` gives `source`."""
    ordinary = importlib.machinery.SourceFileLoader.get_code

    def get_code(self, name):
        return compile(source, self.path, "exec") if self.path == str(path) else ordinary(self, name)

    importlib.machinery.SourceFileLoader.get_code = get_code


def verdict(path, source, stages, limit):
    """What becomes of a mutant in a fork: killed, survived, broken (no program of these types any more) or too slow."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        signal.alarm(60 * limit)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1), os.dup2(quiet, 2)
        forget(".".join(path.relative_to(ROOT / "src").with_suffix("").parts))
        change(path, source)
        code, seen = 0, None
        for tests in stages:
            code, seen = (code, seen) if code else run(tests)
        os.write(writing, json.dumps([int(code), seen]).encode())
        os._exit(0)
    os.close(writing)
    _, status, used = os.wait4(child, 0)
    said = os.read(reading, 65536)
    os.close(reading)
    if not said and not os.WIFSIGNALED(status):
        raise ChildProcessError(f"{path}: the fork that ran a mutant broke off")
    code, by = json.loads(said) if said else (1, None)
    if code == 0:
        word = "survived"
    elif not said:
        word = "too slow"
    elif code != 1 or by is None or by[1] in BROKEN:
        word = "broken"
    else:
        word = "killed"
    return {"verdict": word, "by": by, "seconds": round(used.ru_utime + used.ru_stime, 1)}


def recorded(out):
    """What is known already, by place and change; the file itself without a change among it."""
    lines = out.read_text(encoding="utf-8").splitlines() if out and out.exists() else []
    return {(one["at"], one["what"]): one for one in map(json.loads, lines)}


def record(out, known, found):
    """Add a line, unless it is known."""
    if out and (found["at"], found["what"]) not in known:
        with out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(found) + "\n")


def wilson(k, n, z=1.959964):
    """95% interval of a share (Wilson 1927)."""
    middle, half = (k + z * z / 2) / (n + z * z), z / (n + z * z) * (k * (n - k) / n + z * z / 4) ** 0.5
    return middle - half, middle + half


def main():
    """Draw, run, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", choices=PACKAGES)
    parser.add_argument("--sample", type=int, help="how many mutants, drawn at random; all if not given")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", default="1/1", help="which of the drawn ones, such as 1/3, to run several at a time")
    parser.add_argument("--only", default="", help="mutants whose place begins so, such as labour.py:51")
    parser.add_argument(
        "--out", type=Path, help="a file to add a JSON line for each mutant to; those in it are not run again"
    )
    asked = parser.parse_args()
    stages = PACKAGES[asked.package]
    if asked.package == "kernels":
        os.environ["NUMBA_DISABLE_JIT"] = "1"
    sys.path.insert(0, str(ROOT / "tests"))
    files = sorted((ROOT / "src/coalsim" / asked.package).glob("*.py"))
    every = [(path, *mutant) for path in files if path.name not in SKIPPED for mutant in mutants(path)]
    random.Random(asked.seed).shuffle(every)  # so that a smaller sample is the beginning of a larger one
    drawn = every[: asked.sample]
    part, parts = map(int, asked.part.split("/"))
    drawn = [mutant for mutant in drawn[part - 1 :: parts] if mutant[1].startswith(asked.only)]
    run(WARM[asked.package])
    imports()
    count = dict.fromkeys(("killed", "survived", "broken", "too slow"), 0)
    for path, at, what, changed in drawn:
        name = ELSEWHERE.get(path.stem, path.stem)
        own = [tests.format(name=name).split() for tests in stages]
        known = recorded(asked.out)
        plain = known.get((path.name, "")) or verdict(path, path.read_text(encoding="utf-8"), own, 600)
        if plain["verdict"] != "survived":
            sys.exit(f"the tests of {path.name} fail without a mutant: {plain}")
        record(asked.out, known, {"at": path.name, "what": "", **plain})
        limit = int(10 + LIMIT * plain["seconds"])
        found = known.get((at, what)) or verdict(path, changed().code, own, limit)
        record(asked.out, known, {"at": at, "what": what, **found})
        count[found["verdict"]] += 1
        if found["verdict"] == "survived":
            print(f"{at}  {what}", flush=True)
    killed = count["killed"] + count["too slow"]
    counted = killed + count["survived"]
    low, high = wilson(killed, counted)
    print(f"{asked.package}: {len(drawn)} of {len(every)} mutants; {count}")
    print(f"killed {killed} of {counted}: {killed / counted:.1%} (95% interval {low:.1%} to {high:.1%})")


if __name__ == "__main__":
    main()
