"""A nation: the places of a table of districts, with what the table leaves out derived from what it says.

A nation file names the table, how many districts it must have, which of them are known better from place files of their own,
and which were neighbourhood-renewal areas.

The table is one line a district: code, name, population, neighbourhoods, deprivation, labour-market rates and value added
per job, each with its basis. What no source gives for every district is derived here by rules drawn from the four places,
whose own files say more; every derived figure says so.
"""

import csv
import io
import math
from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from coalsim.names import SECTORS
from coalsim.registry import nearest
from coalsim.scenario.document import Document
from coalsim.scenario.errors import Mark, Problem, ScenarioError
from coalsim.scenario.parameter import PRINTABLE, Strict
from coalsim.scenario.place import MOST_PLACES, Calibration, Place
from coalsim.scenario.reading import MOST_BYTES, read, resolve, validate

IMD = "Index of Multiple Deprivation 2004, Lower-layer Super Output Areas"
ONS = "ONS Explore Local Statistics"

COLUMNS = (
    "lad_snac_code", "lad_name", "population_2006", "population_basis", "n_lsoa", "imd_mean_score",
    "share_lsoa_worst5", "share_lsoa_worst10", "share_lsoa_worst20", "share_lsoa_worst30", "share_lsoa_worst50",
    "move_out_rate", "claimant_rate_pct", "claimant_rate_basis", "employment_rate_pct", "employment_rate_basis",
    "unemployment_rate_pct", "unemployment_rate_basis", "gva_per_job_gbp",
)  # fmt: skip
MAY_BE_EMPTY = {"move_out_rate": 0.047, "gva_per_job_gbp": 37_448.0}  # medians of the districts that have the figure
TEXTS = (
    "lad_snac_code", "lad_name", "population_basis", "claimant_rate_basis", "employment_rate_basis",
    "unemployment_rate_basis",
)  # fmt: skip

# Straight lines in the mean IMD score through the four places (their census and survey figures are from memory).
NO_QUALIFICATIONS, LEVEL_4, ILLNESS = (0.040, 0.0052), (0.385, -0.0062), (0.066, 0.0036)
LEAST_PCT = 0.01  # of rates in the table, per cent
WORKING_AGE = 0.645  # England, mid-2006, from memory; the four places have 0.62 to 0.655
FINDING, UNEMPLOYMENT, GAP_FROM_FINDING = 0.11, 0.054, 0.4  # England 2006; share of differences due to finding
PAY, GVA_PER_JOB, PAY_ELASTICITY = 396.0, 37_448.0, 0.2  # England 2008; the four places' pay against value added
IN_COMMUTING, IN_COMMUTING_HIGHER = 0.42, 0.48  # the average British city imports 42% (Centre for Cities)
SECTOR_SHARES = (0.12, 0.05, 0.24, 0.06, 0.24, 0.29)  # jobs in England by broad group, 2006, from memory
BUDGET_A_HEAD, LEADERSHIP = 700.0, 0.4


class NationFile(Strict):
    """A nation as it is written: a table of its districts, and what is known besides."""

    name: str = Field(min_length=1, max_length=80, pattern=PRINTABLE)
    districts: str = Field(description="Table of districts, comma-separated, a line each.")
    number: int = Field(
        ge=1, le=MOST_PLACES, description="How many districts there are; a table with fewer or more is refused."
    )
    places: list[str] = Field(
        default_factory=list,
        max_length=MOST_PLACES,
        description="Place files that take the place of the lines with their codes.",
    )
    neighbourhood_renewal: list[str] = Field(
        default_factory=list,
        max_length=MOST_PLACES,
        description="Districts of the table, by name, that are neighbourhood-renewal areas.",
    )
    calibration: Calibration = Field(
        default=Calibration(), description="Corrections for all districts of the table, fitted on the nation."
    )


def read_nation(path: str | Path, root: str | Path | None = None) -> list[Place]:
    """The places of a nation file, most deprived first.

    Raises
    ------
    ScenarioError
        When a file or figure is missing or wrong, a district is missing, or one is named that is not there.
    """
    document = read(Path(path), root=None if root is None else Path(root))
    nation = validate(NationFile, document)
    table = resolve(document, nation.districts, document.mark(("districts",)))
    places = read_districts(table)
    if len(places) != nation.number:
        message = f"number: {table.name} has {len(places)} districts, not {nation.number}"
        raise ScenarioError(document.problem(("number",), message, "add what is missing, or give the right number"))
    by_name = {place.name: k for k, place in enumerate(places)}
    renewed = set()
    for k, name in enumerate(nation.neighbourhood_renewal):
        where = ("neighbourhood_renewal", k)
        if name not in by_name:
            near = nearest(name, by_name)
            hint = f"did you mean {near!r}?" if near else "write it as the table does"
            raise ScenarioError(document.problem(where, f"{table.name} has no district {name[:60]!r}", hint))
        if name in renewed:
            raise ScenarioError(document.problem(where, f"{name} is named twice"))
        renewed.add(name)
        governance = places[by_name[name]].governance.model_copy(update={"neighbourhood_renewal": True})
        places[by_name[name]] = places[by_name[name]].model_copy(update={"governance": governance})
    places = [place.model_copy(update={"calibration": nation.calibration}) for place in places]
    by_code = {place.code: k for k, place in enumerate(places)}
    for k, file in enumerate(nation.places):
        where = ("places", k)
        own = validate(Place, read(resolve(document, file, document.mark(where)), root=document.root))
        if own.code not in by_code:
            message = f"{file}: {table.name} has no district with the code {own.code}"
            raise ScenarioError(document.problem(where, message, "name place files of this nation only"))
        places[by_code[own.code]] = own
    return places


def read_districts(path: str | Path, every: int = 1) -> list[Place]:
    """The districts of a table as places, most deprived first; every `every`-th of them, from the middle of the first group.

    Raises
    ------
    ScenarioError
        When the file, a column or a figure is missing or wrong; it names file, line and column.
    """
    path = Path(path)
    rows = sorted(_rows(path), key=lambda row: -float(row[1]["imd_mean_score"]))
    if len(rows) > MOST_PLACES:
        raise _error(path, 0, f"has {len(rows):,} districts; at most {MOST_PLACES} can be read", "leave some out")
    taken = rows[every // 2 :: every]
    if not taken:
        few = f"of {len(rows)} districts none is left when every {every}th is taken" if rows else "there is no district"
        raise _error(path, 0, few, "give more districts, or take more of them")
    return [_place(path, line, row) for line, row in taken]


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells of each district."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _error(path, 0, f"is larger than {MOST_BYTES // 1024} KiB", "give the table of districts")
        content = path.read_bytes()
    except OSError as error:
        raise _error(path, 0, f"cannot be read: {error.strerror}", "give the table of districts") from None
    try:
        text = content.decode("utf-8-sig")  # Excel begins it with a mark
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _error(path, line, f"is not UTF-8: {error.reason}", "save it as comma-separated UTF-8") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    seen: dict[str, int] = {}
    try:
        if missing := [column for column in COLUMNS if column not in (reader.fieldnames or ())]:
            raise _error(path, 1, f"there is no column {', '.join(missing)}", f"columns needed: {', '.join(COLUMNS)}")
        for row in reader:
            line = reader.line_num
            for column in COLUMNS:
                _check(path, line, column, row[column])
            for column in ("lad_snac_code", "lad_name"):
                if row[column] in seen:
                    raise _error(path, line, f"{row[column]} is also on line {seen[row[column]]}", "one line each")
                seen[row[column]] = line
            yield line, row
    except csv.Error as error:
        raise _error(path, reader.line_num + 1, f"is not comma-separated values: {error}", "") from None


def _check(path: Path, line: int, column: str, cell: str | None) -> None:
    if cell is None or (cell == "" and column not in MAY_BE_EMPTY):
        raise _error(path, line, f"{column} is empty", "give the figure, or leave the district out")
    if column in TEXTS or cell == "":
        return
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _error(path, line, f"{column} is {cell[:40]!r}, not a number", "write a plain decimal number")
    if value <= 0 and not column.startswith("share_"):
        raise _error(path, line, f"{column} is {cell[:40]}, not above 0", "give the figure, or leave the district out")
    if column.endswith("_pct") and value < LEAST_PCT:
        raise _error(path, line, f"{column} is {cell[:40]}, below {LEAST_PCT}", "write the rate in per cent")
    if column == "n_lsoa" and not value.is_integer():
        raise _error(path, line, f"n_lsoa is {cell[:40]}, not a whole number", "give the number of neighbourhoods")


def _place(path: Path, line: int, row: dict[str, str]) -> Place:
    """One district with everything a run starts from."""
    figure = {column: float(row[column] or MAY_BE_EMPTY[column]) for column in COLUMNS if column not in TEXTS}
    score, gva = figure["imd_mean_score"], figure["gva_per_job_gbp"]
    employed, unemployed = figure["employment_rate_pct"] / 100, figure["unemployment_rate_pct"] / 100
    jobs = figure["population_2006"] * WORKING_AGE * employed

    def derived(value: float, how: str, status: str = "derived") -> dict[str, object]:
        return {"value": value, "source": f"coalsim: {how}", "status": status}

    def seen(value: float, source: str, basis: str = "", year: int = 2005) -> dict[str, object]:
        status = "derived" if "fitted" in basis or "count" in basis else "computed"
        return {"value": value, "source": f"{source}; {basis}" if basis else source, "status": status, "year": year}

    def line_in_score(what: tuple[float, float], low: float, high: float) -> dict[str, object]:
        value = min(max(what[0] + what[1] * score, low), high)
        return derived(value, "straight line in the mean IMD score through the four places")

    data = {
        "name": row["lad_name"],
        "code": row["lad_snac_code"],
        "neighbourhoods": int(figure["n_lsoa"]),
        "residents": {
            "population": seen(figure["population_2006"], "ONS MYEB3", row["population_basis"], 2006),
            "share_working_age": derived(WORKING_AGE, "England mid-2006", "recall_unverified"),
            "employment_rate": seen(employed, ONS, row["employment_rate_basis"]),
            "unemployment_rate": seen(unemployed, ONS, row["unemployment_rate_basis"]),
            "claimant_rate": seen(figure["claimant_rate_pct"] / 100, ONS, row["claimant_rate_basis"]),
            "no_qualifications": line_in_score(NO_QUALIFICATIONS, 0.03, 0.35),
            "level_4": line_in_score(LEVEL_4, 0.08, 0.50),
            "limiting_illness": line_in_score(ILLNESS, 0.06, 0.30),
            "moving_out": seen(figure["move_out_rate"], "ONS MYEB3") if row["move_out_rate"]
            else derived(figure["move_out_rate"], "median of the districts with a figure"),
            "job_finding": derived(
                FINDING * (unemployed / UNEMPLOYMENT) ** -GAP_FROM_FINDING,
                "0.11 in England (Smith 2011), 40% of differences in unemployment laid to it",
            ),
            "weekly_pay": derived(PAY * (gva / GVA_PER_JOB) ** PAY_ELASTICITY, "England 2008 and value added per job")
            | {"year": 2008},
        },
        "deprivation": {
            "mean_score": seen(score, IMD, year=2004),
            **{f"share_worst_{k}": seen(figure[f"share_lsoa_worst{k}"], IMD, year=2004) for k in (5, 10, 20, 30, 50)},
            "morans_i": derived(min(max(0.1 + 0.012 * score, 0.05), 0.6), "line through the four places"),
        },
        "economy": {
            "jobs": derived(jobs, "as many workplace jobs as employed residents", "assumption"),
            "in_commuting": derived(IN_COMMUTING, "average British city (Centre for Cities)"),
            "in_commuting_higher": derived(IN_COMMUTING_HIGHER, "somewhat above all jobs", "assumption"),
            "gva_per_job": seen(gva, ONS, year=2006) if row["gva_per_job_gbp"]
            else derived(gva, "median of the districts with a figure"),
            "sectors": {
                name: derived(share, "England's mix of jobs", "recall_unverified")
                for name, share in zip(SECTORS, SECTOR_SHARES, strict=True)
            },
        },
        "governance": {
            "leadership": derived(LEADERSHIP, "no measure of it exists", "assumption"),
            "net_budget": derived(BUDGET_A_HEAD * figure["population_2006"], "about GBP 700 a head", "assumption"),
            "neighbourhood_renewal": False,
        },
    }  # fmt: skip
    mark = Mark(str(path), line)
    return validate(Place, Document(path=path, root=path.parent, data=data, values={(): mark}))


def _error(path: Path, line: int, message: str, hint: str) -> ScenarioError:
    return ScenarioError(Problem(str(path), line, 0, "", message, hint))
