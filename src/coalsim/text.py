"""Plain text for people: tables that line up in a terminal and in a paste."""


def label(name: str) -> str:
    """An indicator's name as words."""
    return name.replace("_", " ")


WHENS = {
    "": "{}",
    "end": "{} in the last month",
    "max": "largest {}",
    "min": "smallest {}",
    "mean": "mean {} of all months",
    "change": "change in {}",
    "growth": "growth of {}",
}


def output_label(text: str) -> str:
    """An output's name as words: `jobs@max` as "largest jobs", `jobs@month=120` as "jobs in month 120"."""
    name, _, when = text.partition("@")
    return WHENS.get(when, "{} in " + when.replace("=", " ")).format(label(name))


def plain_table(header: list[str], rows: list[list[str]]) -> str:
    """Columns two spaces apart, those of numbers aligned to the right; a row whose other cells are empty is a heading."""
    cells = [header, *[[str(cell) for cell in row] for row in rows]]
    body = [row for row in cells[1:] if any(row[1:])]
    widths = [max((len(row[k]) for row in [header, *body]), default=0) for k in range(len(header))]
    right = [all(not row[k] or row[k][0] in "+-<>0123456789" for row in body) for k in range(len(header))]
    lines = []
    for row in cells:
        if row[0] and not any(row[1:]):
            lines.append(row[0])
        else:
            parts = (
                cell.rjust(width) if to_right else cell.ljust(width)
                for cell, width, to_right in zip(row, widths, right)
            )
            lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)
