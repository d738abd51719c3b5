"""Scenarios that must be refused, or read right: how each differs from the good files in `town`.

After a set of 34 bad inputs that ordinary loaders get wrong (they pass 3). The last of them, outputs of a sensitivity analysis
that are undefined in some runs, is no refusal: tests/experiments/test_uncertain.py has it.
"""

from collections.abc import Callable
from typing import NamedTuple

TOWN, PLACE, WORLD = "town.yaml", "places/town.yaml", "worlds/plain.yaml"
POOL, EXPERIMENT = "policies/pool.yaml", "experiment.yaml"

type Edit = Callable[[bytes], bytes]


class Case(NamedTuple):
    """A bad input: what is edited, what must be said (regular expressions, any case), and where."""

    edits: dict[str, Edit]
    words: tuple[str, ...]
    at: str = ""  # the place that the message begins with; empty when there is none
    command: str = "run"
    arguments: tuple[str, ...] = ()
    never: tuple[str, ...] = ()

    @property
    def scenario(self) -> str:
        """The file that the command is given."""
        return EXPERIMENT if self.command != "run" and not self.arguments else TOWN


def change(*pairs: tuple[str, str]) -> Edit:
    """Replace texts, each of which must be there once."""

    def edit(content: bytes) -> bytes:
        text = content.decode()
        for old, new in pairs:
            assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
            text = text.replace(old, new)
        return text.encode()

    return edit


def append(text: str) -> Edit:
    """Add lines at the end."""
    return lambda content: content + text.encode()


def figure(name: str, value: str) -> Edit:
    """Give a figure of the place another value."""

    def edit(content: bytes) -> bytes:
        before, name_and_brace, after = content.decode().partition(f"  {name}: {{value: ")
        assert name_and_brace, f"{name} is no figure of the place"
        return (before + name_and_brace + value + after[after.index(", source") :]).encode()

    return edit


def town(at: str, pair: tuple[str, str], *words: str, **more: tuple[str, ...]) -> Case:
    """A case in which a text of the scenario file is another."""
    return Case({TOWN: change(pair)}, words, f"{TOWN}:{at}", **more)


def place(at: str, name: str, value: str, *words: str) -> Case:
    """A case in which a figure of the place has another value."""
    return Case({PLACE: figure(name, value)}, (name, *words), f"{PLACE}:{at}")


def policy(at: str, pair: tuple[str, str], *words: str) -> Case:
    """A case in which a text of the policy is another."""
    return Case({POOL: change(pair)}, words, f"{POOL}:{at}")


def world(at: str, line: str, *words: str) -> Case:
    """A case in which the world has one more line."""
    return Case({WORLD: append(f"{line}\n")}, words, f"{WORLD}:{at}")


def seed(at: str, value: str, *words: str, **more: tuple[str, ...]) -> Case:
    """A case in which the seed of the experiment is another."""
    return Case({EXPERIMENT: change(("12345", value))}, ("seed", *words), f"{EXPERIMENT}:{at}", "compare", **more)


def uncertain(at: str, lines: str, *words: str, kind: str = "sensitivity") -> Case:
    """A case in which the experiment asks for an analysis of uncertain factors."""
    text = f"kind: {kind}\nname: What matters\nscenario: town.yaml\n{lines}\n"
    return Case(
        {EXPERIMENT: lambda _: text.encode(), "worlds/other.yaml": lambda _: b"name: other\n"},
        words,
        f"{EXPERIMENT}:{at}",
        kind,
    )


BOMB = "x0: &x0 [ha,ha,ha,ha,ha,ha,ha,ha,ha,ha]\n" + "".join(
    f"x{i}: &x{i} [{','.join([f'*x{i - 1}'] * 10)}]\n" for i in range(1, 10)
)
TITLE, QUESTION = "name: Two options for a small town", "question: Does pooling help?"
BRACKETS = "question: " + "[" * 5000 + "]" * 5000
TAGGED = 'name: !!python/object/apply:os.system ["touch CANARY"]'
UP = "../../../../../../../../etc/passwd"

YAML = {
    "a bomb of 10**10 aliases": Case({TOWN: lambda b: BOMB.encode() + b}, ("anchor", "not allowed"), "town.yaml:1:5"),
    "an anchor that holds itself": town("7:10", ("options:\n", "options: &m\n  - *m\n"), "anchor"),
    "a tag that runs a command": town("1:7", (TITLE, TAGGED), "tag"),
    "a key twice": Case({TOWN: append("months: 3\n")}, ("twice", "months", "line 6", "line 15"), "town.yaml:15:1"),
    "a tab for indentation": town("13:1", ("  employment_rate", "\temployment_rate"), "tab"),
    "two documents": Case({TOWN: lambda b: b + b"---\n" + b}, ("second document",), "town.yaml:15:1"),
    "5,000 nested brackets": town("2:", (QUESTION, BRACKETS), "nested too deep"),
    "a list instead of a mapping": Case({TOWN: lambda _: b"- months: 24\n"}, ("mapping", "list"), "town.yaml:1:1"),
    "a text in Latin-1": Case(
        {TOWN: lambda b: b.replace(b"small", b"\xe8")}, ("utf-8", "byte 0xe8", "position 24"), "town.yaml:1:25"
    ),
}

TYPES = {
    "a seed read as hours": seed("5:7", "1:30:00", "whole number", never=("5400",)),
    "a seed of 5,000 digits": seed("5:7", "9" * 5000, "digits", "too large"),
    "months read as hours": town("6:9", ("months: 6", "months: 1:30"), "months", "whole number", never=("90",)),
    "a fraction of a month": town("6:9", ("months: 6", "months: 6.5"), "months", "whole number"),
    "a budget in pounds": place("39:23", "net_budget", '"£100,000,000"', "text", "write 100000000"),
}

NUMBERS = {
    "a budget that is no number": place("39:23", "net_budget", ".nan", "finite"),
    "an endless budget": place("39:23", "net_budget", ".inf", "finite"),
    "a negative budget": place("39:23", "net_budget", "-5", "-5 is not above 0"),
    "no month": town("6:9", ("months: 6", "months: 0"), "months", "below the smallest"),
    "no replicate": town("11:13", ("replicates: 2", "replicates: 0"), "replicates", "below the smallest"),
    "no resident": place("6:23", "population", "0", "too few residents"),
    "one resident in twelve neighbourhoods": place("6:23", "population", "1", "too few residents"),
    "a sample with nobody in it": town("10:9", ("sample: 0.5", "sample: 0.0001"), "sample", "1 resid", "0.02 or more"),
    "a million million residents": place("6:23", "population", "1000000000000", "too many residents"),
    "a million million jobs": place("26:17", "jobs", "1e12", "too many jobs"),
    "a leadership beyond full": place("38:23", "leadership", "30", "30 is not a share"),
    "a share in per cent": place("9:30", "unemployment_rate", "6", "6 is not a share"),
    "a wider share that is smaller": place("21:27", "share_worst_20", "0.05", "below share_worst_10, 0.1"),
    "shares of 1.1": place("31:5", "manufacturing", "0.3", "sectors", "share", r"1\.1"),
}

SCHEMA = {
    "a misspelt key that must be there": town("1:1", ("months: 6", "monts: 6"), "monts", "did you mean 'months'"),
    "a misspelt key": town("10:1", ("sample: 0.5", "sampel: 0.5"), "sampel", "did you mean 'sample'"),
    "a policy that ends before it starts": policy("3:32", ("end: 5", "end: 1"), "end", "not after start, 1"),
    "an instrument that there is not": policy("4:3", ("convening_support", "eastby"), "eastby", "no instrument"),
    "a policy that there is not": town("9:5", ("pool.yaml", "Eastby.yaml"), "Eastby", "no file"),
    "two places of one name": town(
        "3:28", ("place: places/town.yaml", "places: [places/town.yaml, places/town.yaml]"), "two places", "Northby"
    ),
    "a body of the world that there is not": world(
        "2:25", "money: {bodies: {helth: {base: 1}}}", "helth", "did you mean 'health'"
    ),
    "conditions that overshoot": world(
        "2:44", "conditions: {spillover: 0.2, speed_skills: 0.9}", "speed_skills", "over"
    ),
}

PATHS = {
    "a file outside the folder": Case(
        {TOWN: append(f"extends: {UP}\n")}, ("extends", "outside"), "town.yaml:15:10", never=("root:",)
    ),
    "a place outside the folder": town("3:8", ("places/town.yaml", "/etc/passwd"), "outside", never=("root:",)),
    "two files that extend each other": Case(
        {TOWN: append("extends: b.yaml\n"), "b.yaml": lambda _: b"extends: town.yaml\n"},
        ("extends", "circle"),
        "b.yaml:1:10",
    ),
}

ARGUMENTS = {
    "a seed of 65 bits": Case({}, ("seed", "18446744073709551615"), arguments=("--seed", "18446744073709551616")),
    "no replicate asked for": Case({}, ("replicates",), "", "compare", ("--replicates", "0")),
    "a setting that is no number": Case(
        {}, ("months", "'many' is text"), "--set months=many", arguments=("--set", "months=many")
    ),
}

ETA = "factors: {world.conditions.eta: {}}"

UNCERTAIN = {
    "bounds the wrong way round": uncertain(
        "4:", "factors: {world.conditions.eta: {low: 0.9, high: 0.1}}", "0.9 is not below high, 0.1"
    ),
    "half a range": uncertain("4:", "factors: {world.conditions.eta: {low: 1}}", "give both low and high"),
    "a factor that there is not": uncertain("4:", "factors: {world.conditions.etta: {}}", "etta", "did you mean 'eta'"),
    "a factor without a range": uncertain("4:", "factors: {months: {}}", "declares no range", "give one: {low"),
    "a factor beyond its bounds": uncertain(
        "4:", "factors: {world.mechanisms.displacement: {low: 0, high: 9}}", "displacement: 9"
    ),
    "a factor of another option": uncertain(
        "5:",
        "policy: nothing\nfactors: {policy.pooled_fund.share: {low: 0, high: 1}}",
        "nothing has no pooled_fund",
        "options",
    ),
    "nothing below a path": uncertain(
        "4:", "factors: {world.conditons.*: {}}", "no parameter below it declares a range"
    ),
    "a range for many": uncertain("4:", "factors: {world.conditions.*: {low: 0, high: 1}}", "each with its own range"),
    "no world of that name": uncertain(
        "4:", "factors: {world: {values: [plain, plian]}}", "plian", "did you mean 'plain'"
    ),
    "worlds as a range": uncertain("4:", "factors: {world: {low: 0, high: 1}}", "takes names of worlds"),
    "a size that is no power of two": uncertain(
        "6:", f"{ETA}\nmethod: sobol\nsamples: 100", "power of two", "the next that fits is 128"
    ),
    "a size that makes no curve": uncertain("6:", f"{ETA}\nmethod: fast\nsamples: 100", "the next that fits is 260"),
    "a method that there is not": uncertain("5:", f"{ETA}\nmethod: sobl", "sobl", "did you mean 'sobol'"),
    "categories in a screening": uncertain(
        "5:",
        "factors: {world: {values: [plain, other]}}\nmethod: morris",
        "needs factors with an order",
        "methods that can: delta",
    ),
    "a group of no factor": uncertain(
        "5:", f"{ETA}\ngroups: {{one: [world.conditions.rho]}}", "there is no factor 'world.conditions.rho'"
    ),
    "an output that there is not": uncertain("5:", f"{ETA}\noutputs: [employment]", "employment"),
    "an output twice": uncertain("5:", f"{ETA}\noutputs: [jobs, jobs]", "jobs is listed twice"),
    "a month after the end": uncertain("5:", f"{ETA}\noutputs: [jobs@month=900]", "the run has 6 months"),
    "a difference from itself": uncertain("5:", f"{ETA}\nagainst: pool", "pool is the option that is run"),
    "a place that there is not": uncertain("5:", f"{ETA}\nplace: Northbi", "Northbi", "did you mean 'Northby'"),
    "a threshold of the world": uncertain(
        "5:", f"{ETA}\nthreshold: {{lever: world.conditions.rho, low: 0, high: 1}}", "a lever of the policy"
    ),
    "a peak outside the range": uncertain(
        "4:",
        "factors: {world.conditions.eta: {low: 1, high: 2, shape: triangular, mode: 3}}",
        "3 does not lie between",
    ),
    "a case without bounds": uncertain(
        "5:", f"{ETA}\ncases: {{jobs rise: {{output: jobs}}}}", "give at_least", kind="discover"
    ),
    "a case of no output": uncertain(
        "5:", f"{ETA}\ncases: {{it rises: {{output: jobz, at_least: 1}}}}", "jobz", kind="discover"
    ),
    "a case after the end": uncertain(
        "5:",
        f"{ETA}\ncases: {{jobs rise: {{output: jobs@month=900, at_least: 1}}}}",
        "the run has 6 months",
        kind="discover",
    ),
    "too few points to discover": uncertain(
        "6:",
        f"{ETA}\ncases: {{jobs rise: {{output: jobs, at_least: 1}}}}\nsamples: 9",
        "9 are too few",
        kind="discover",
    ),
}

REFUSED = {**YAML, **TYPES, **NUMBERS, **SCHEMA, **PATHS, **ARGUMENTS, **UNCERTAIN}

SAME_AS_GOOD = {
    "a byte order mark": {TOWN: lambda b: b"\xef\xbb\xbf" + b, PLACE: lambda b: b"\xef\xbb\xbf" + b},
    "Windows line ends": {TOWN: lambda b: b.replace(b"\n", b"\r\n"), PLACE: lambda b: b.replace(b"\n", b"\r\n")},
    "a budget of 1e8": {PLACE: figure("net_budget", "1e8")},
    "a document mark": {TOWN: lambda b: b"---\n" + b + b"...\n"},
}
