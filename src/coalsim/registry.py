"""Families of things that a scenario can name, and the nearest name to a misspelt one."""

import difflib
import inspect
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import overload

from coalsim.hypertext import paragraphs, table

# Letters that look like a Latin one, Cyrillic and then Greek, as found in text pasted from elsewhere; and hyphens.
_LOOKS = str.maketrans(
    dict(zip("авсԁеһіјкӏмнорԛѕтυѵԝхуαγεηικνορτχω", "abcdehijklmhopqstuvwxyayenikvoptxw", strict=True))
    | dict.fromkeys("-\u2010\u2011\u2012\u2013\u2014\u2212 ", "_")
)


class UnknownNameError(LookupError, ValueError):
    """A name that nothing in the family bears; `hint` says which one was probably meant.

    It is a ValueError too, so that a pydantic validator may let it pass and the reader points at the name.
    """

    def __init__(self, message: str, hint: str = "", name: str = "") -> None:
        super().__init__(message, hint, name)
        self.message, self.hint, self.name = message, hint, name

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class Registry[T]:
    """The members of a family by name, in the order in which they were registered."""

    def __init__(self, family: str) -> None:
        self.family = family
        self._members: dict[str, T] = {}
        self._groups: list[str] = []

    @overload
    def register(self, name: str, thing: T) -> T: ...
    @overload
    def register[S](self, name: str) -> Callable[[S], S]: ...
    def register(self, name: str, thing: T | None = None) -> object:
        """Add a member, or decorate one: `@instruments.register("reward_grant")`.

        A member that was written again where it was, as when a cell of a notebook is run twice, takes the place of the former.

        Raises
        ------
        ValueError
            When the name, or one that looks the same, is taken.
        """
        if thing is None:
            return lambda decorated: self.register(name, decorated)
        for other, member in self._members.items():
            is_again = other == name and written_in(member) == written_in(thing) is not None
            if fold(other) == fold(name) and member is not thing and not is_again:
                raise ValueError(f"{self.family} {name!r} is registered already, as {other!r}: {member!r}")
        self._members[name] = thing
        return thing

    def get(self, name: str) -> T:
        """The member of that name.

        Raises
        ------
        UnknownNameError
            With the nearest name as its hint.
        """
        if name not in self._members:
            self._load()
        if name in self._members:
            return self._members[name]
        near = nearest(name, self._members)
        hint = f"did you mean {near!r}?" if near else f"known: {', '.join(self._members) or 'none'}"
        raise UnknownNameError(f"there is no {self.family} called {name[:80]!r}", hint, name)

    __getitem__ = get

    def __contains__(self, name: object) -> bool:
        return name in self._members or (bool(self._groups) and name in self._loaded())

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._loaded()))

    def __len__(self) -> int:
        return len(self._loaded())

    def __repr__(self) -> str:
        return f"Registry({self.family!r}: {', '.join(self._members)})"

    def _repr_html_(self) -> str:
        units = {name: str(getattr(member, "unit", "")) for name, member in self.items()}
        header = ["name", *(["unit"] if any(units.values()) else []), "what it is"]
        rows = [
            [name, *([units[name]] if any(units.values()) else []), described(member)] for name, member in self.items()
        ]
        return paragraphs(f"{len(self)} {self.family}s") + table(header, rows, most=len(rows))

    def keys(self) -> tuple[str, ...]:
        return tuple(self._loaded())

    def values(self) -> tuple[T, ...]:
        return tuple(self._loaded().values())

    def items(self) -> tuple[tuple[str, T], ...]:
        return tuple(self._loaded().items())

    def load_plugins(self, group: str) -> None:
        """Let installed packages add members through the entry points of `group`.

        They are imported when a name is asked for that is not known, or all are listed, and not before.
        """
        self._groups.append(group)

    def _loaded(self) -> dict[str, T]:
        self._load()
        return self._members

    def _load(self) -> None:
        if not self._groups:
            return
        from importlib.metadata import entry_points  # slow, and seldom needed

        groups, self._groups = self._groups, []
        for group in groups:
            for entry in entry_points(group=group):
                try:
                    thing = entry.load()
                except Exception as error:
                    what = f"plug-in {entry.name} ({entry.value}) of {group} does not load"
                    raise ImportError(f"{what}: {error}") from error
                if entry.name not in self._members:
                    self.register(entry.name, thing)


def written_in(thing: object) -> tuple[str, str] | None:
    """Module and qualified name of a class or function, or of the one that a member wraps; None of what has no such name."""
    thing = inspect.unwrap(thing)  # type: ignore[arg-type]
    found = getattr(thing, "__module__", None), getattr(thing, "__qualname__", None)
    return found if all(isinstance(part, str) for part in found) else None  # type: ignore[return-value]


def described(thing: object) -> str:
    """What a member is, by its `doc` or `title`, or else the first line of its docstring."""
    text = next((text for name in ("doc", "title", "__doc__") if (text := getattr(thing, name, None))), "")
    return text.strip().splitlines()[0] if isinstance(text, str) and text.strip() else ""


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that was probably meant, if any is near.

    Look-alike letters, accents, capitals and hyphens count as no difference, and a name whose words are
    all in the other (`trust_decay`, `decay`) counts as nearer than one that shares letters (`trust_gain`).
    """
    folded = fold(word[:80])
    best, best_score = None, 0.6
    for candidate in candidates:
        score = _likeness(folded, fold(candidate[:80]))
        if score > best_score:
            best, best_score = candidate, score
    return best


def fold(name: str) -> str:
    """The name without what the eye overlooks: capitals, accents, look-alike letters, hyphens."""
    plain = unicodedata.normalize("NFKD", name.strip()).casefold().translate(_LOOKS)
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _likeness(a: str, b: str) -> float:
    if a == b:
        return 1.0
    ratio = difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()
    words, others = set(a.split("_")), set(b.split("_"))
    shared = words <= others or others <= words
    return 0.8 + 0.1 * ratio if shared and words & others - {""} and ratio < 0.8 else ratio
