"""Spoilt copies of the shipped files: bytes, lines, values and blocks are changed, lost, doubled, moved or taken from another."""

import re
import shutil
from pathlib import Path

from hypothesis import strategies as st

REPOSITORY = Path(__file__).parents[2]
SHIPPED = [
    path.relative_to(REPOSITORY).as_posix()
    for folder in ("experiments", "scenarios")
    for path in sorted((REPOSITORY / folder).rglob("*"))
    if path.suffix in (".yaml", ".csv")
]
NATION, TABLE = "scenarios/nation/england_2006.yaml", "scenarios/nation/england_2006.csv"
KEPT = ("Walsall", "Telford and Wrekin", "Slough", "South Northamptonshire", "Hackney", "City of London")

NUMBERS = [
    "0", "-0", "1", "-1", "2", "0.5", "-0.5", "1.0000001", "1e-300", "5e-324", "1e300", "1.7976931348623157e308",
    "-1.7e308", "1e999", "-1e999", ".nan", ".inf", "-.inf", "+.Inf", "9223372036854775807", "9223372036854775808",
    "18446744073709551615", "18446744073709551616", "999999999999999999", "1000000000000000000", "030", "0o17",
    "0x1F", "0b1", "1_000", "1:30:00", "1,000", "12%", "£5", "1e6", "1e", "0x", ".", "+-", "2147483648",
    "4294967296", "1000000000", "0.0000000001",
]  # fmt: skip
OTHERS = [
    "", "~", "null", "true", "no", "on", "yes", "''", '" "', "{}", "[]", "[1, 2]", "{a: 1}", "{low: 1}", "[[[[]]]]",
    "2006-04-01", "2006-13", "0000-01", "9999-12", '"2006-04 "', '"²006-04"', '"٢٠٠٦-٠٤"', "2006-4", "nobody", "..", ".", "/",
    "../../../etc/passwd", "/etc/passwd", "/dev/zero", "~root", "places", "places/walsall.yaml", "worlds/steady.yaml",
    "policies/growth_coalition.yaml", "growth_coalition", "steady", "jobs@month=0", "jobs@month=99999999999999999999",
    "jobs@end@end", "tipped", "policy.pooled_fund.share", "world.labour.*", "world", ".*", "place.residents.population",
    "months",
    "<script>alert(1)</script>", "=1+1", "\u0440\u0430rtners",
    "\uff4aobs", '"\\e[31m"', '"\\0"', '"\\u202e"', '"\\ud800"', "'\U0001f600'",
    "&a x", "*a", "!!python/object/apply:os.system [id]", "!!binary aGk=", "!!set {a}", "<<: {a: 1}", "|\n    x", ">-", "? x",
    "- x", "x: y", "x" * 3000, "9" * 5000, "0." + "0" * 400 + "1", "[" * 40 + "]" * 40, "{a: " * 40 + "}" * 40,
    "a." * 60 + "a", "shocks." + "9" * 5000, "[" + "jobs, " * 500 + "]",
]  # fmt: skip
PIECES = [
    b"\t", b"\n", b"\r", b"\r\n", b" ", b":", b": ", b"-", b"- ", b"#", b"'", b'"', b"{", b"}", b"[", b"]", b",", b"&", b"*",
    b"!",
    b"|", b">", b"%", b"@", b"`", b"?", b"\\", b"\0", b"\x1b", b"\x7f", b"\x80", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf",
    b"\xff\xfe", b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xae", b"\xf0\x9f\x98\x80", b"---\n", b"...\n", b"%YAML 1.1\n---\n",
    b"extends: ", b"<<: ",
]  # fmt: skip
_VALUE = re.compile(r"(?<=[:,\[-] )[^\s,\[\]{}#][^,\[\]{}#\n]*")
_KEY = re.compile(r"[\w.]+(?=:( |$))", re.MULTILINE)


def copy(folder: Path) -> None:
    """The shipped files, with a nation of six districts that are read in no time."""
    for name in SHIPPED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, folder / name)
    head, *lines = (folder / TABLE).read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / TABLE).write_text(head + "".join(line for line in lines if line.split(",")[1] in KEPT), encoding="utf-8")
    nation = (folder / NATION).read_text(encoding="utf-8")
    nation = re.sub(r"(?s)neighbourhood_renewal: \[.*\]", "neighbourhood_renewal: [Hackney]", nation)
    (folder / NATION).write_text(nation.replace("number: 354", f"number: {len(KEPT)}"), encoding="utf-8")
    for name, old, new in (
        ("scenarios/policies/growth_coalition_in_half.yaml", "177", "3"),
        ("experiments/england_roll_out.yaml", "[6, 60, 354]", "[1, 3, 6]"),
    ):
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True) or [""]


@st.composite
def edits(draw, others):
    """One change: a function of text to text, or of bytes to bytes."""
    kind = draw(st.sampled_from(["value"] * 8 + ["key", "line", "indent", "block", "bytes", "swap", "wrap", "lose"]))
    a, b = draw(st.integers(0, 2**16)), draw(st.integers(0, 2**16))
    if kind == "bytes":
        piece, cut = draw(st.sampled_from(PIECES) | st.binary(max_size=4)), draw(st.integers(0, 12))

        def splice(content: bytes) -> bytes:
            at = (a * 65537 + b) % (len(content) + 1)
            return content[:at] + piece + content[at + cut :]

        return splice
    new = draw(st.sampled_from(NUMBERS) | st.sampled_from(OTHERS))
    size, shift, other = draw(st.integers(1, 6)), draw(st.integers(-4, 4)), draw(st.sampled_from(others))

    def change(content: bytes) -> bytes:
        text = content.decode("utf-8", "surrogateescape")
        lines = _lines(text)
        at, to = a % len(lines), b % len(lines)
        pattern = {"value": _VALUE, "wrap": _VALUE, "lose": _VALUE, "key": _KEY}.get(kind)
        if pattern is not None:
            found = list(pattern.finditer(text))
            if not found:
                return content
            one = found[a % len(found)]
            another = found[b % len(found)][0]
            put = {
                "value": new,
                "lose": "",
                "wrap": ("[{}]", "{{x: {}}}", "'{}'", "&a {}", "-{}", "{}0", "!!str {}")[b % 7],
                "key": ([another, new, one[0][:-1], one[0] + "s", one[0].replace("a", "\u0430"), ""])[b % 6],
            }[kind]
            text = text[: one.start()] + (put.format(one[0]) if kind == "wrap" else put) + text[one.end() :]
            return text.encode("utf-8", "surrogateescape")
        match kind:
            case "line":
                lines = lines[:at] + lines[at : at + size] * (b % 3) + lines[at + size :]
            case "indent":
                for k in range(at, min(at + size, len(lines))):
                    lines[k] = " " * shift + lines[k] if shift >= 0 else lines[k][min(-shift, len(lines[k]) - 1) :]
            case "swap":
                lines[at], lines[to] = lines[to], lines[at]
            case "block":
                theirs = _lines(other)
                lines[at : at + b % 3] = theirs[b % len(theirs) :][:size]
        return "".join(lines).encode("utf-8", "surrogateescape")

    return change


@st.composite
def spoilt(draw, folder: Path, names: list[str]):
    """A shipped file and what is made of it."""
    name = draw(st.sampled_from(names))
    texts = [path.read_text(encoding="utf-8") for path in sorted((folder / name).parent.glob("*.yaml"))[:12]]
    content = (folder / name).read_bytes()
    for edit in draw(st.lists(edits(texts), min_size=1, max_size=4)):
        content = edit(content)
    return name, content
