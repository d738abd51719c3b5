"""Where a policy is adopted: everywhere, in a stated list of places, by rank of deprivation, or at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from pydantic import Field, model_validator

from coalsim.registry import nearest
from coalsim.scenario.errors import Misfit, printable
from coalsim.scenario.parameter import Strict
from coalsim.scenario.place import Place

WAYS = ("places", "renewal_areas", "most_deprived", "at_random")


class Where(Strict):
    """Which places adopt a policy; all do where a policy does not say. The others stay with the counterfactual."""

    places: list[str] | None = Field(None, min_length=1, max_length=400, description="These, by name.")
    renewal_areas: bool = Field(False, description="The neighbourhood-renewal areas.")
    most_deprived: int | None = Field(None, ge=1, le=400, description="So many, by mean deprivation score.")
    at_random: int | None = Field(None, ge=1, le=400, description="So many, drawn by lot: a randomised roll-out.")
    draw: int = Field(
        0, ge=0, lt=2**32, description="Number of the lot; the same number draws the same places in every run."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = [way for way in WAYS if getattr(self, way)]
        if len(given) != 1:
            found = f"found {' and '.join(given)}" if given else "found none"
            raise Misfit(f"give one of {', '.join(WAYS)}; {found}")
        if self.draw and self.at_random is None:
            raise Misfit("goes with at_random only", "draw")
        return self

    def adopters(self, places: Sequence[Place]) -> list[int]:
        """Positions of the places that adopt, in their order.

        Of a lot, larger numbers take in what smaller ones drew. Ties of deprivation go by code.

        Raises
        ------
        Misfit
            For a place that is not there, more places than there are, or none.
        """
        if self.places is not None:
            return sorted(self._named(places))
        if self.renewal_areas:
            chosen = [k for k, place in enumerate(places) if place.governance.neighbourhood_renewal]
            if not chosen:
                raise Misfit("none of the places is a neighbourhood-renewal area", "renewal_areas")
            return chosen
        if self.most_deprived is not None:
            way, number, rank = (
                "most_deprived",
                self.most_deprived,
                [-one.deprivation.mean_score.value for one in places],
            )
        else:
            way, number, rank = "at_random", self.at_random or 0, self._lots(places)
        if number > len(places):
            raise Misfit(f"{number} are more than the {len(places)} places that there are", way)
        return sorted(sorted(range(len(places)), key=lambda k: (rank[k], places[k].number))[:number])

    def _lots(self, places: Sequence[Place]) -> list[float]:
        from coalsim.kernels.random import draw, key  # reading a policy needs no compiler
        from coalsim.kernels.streams import ADOPTION

        return [float(draw(self.draw, 0, ADOPTION, place.number, *key(0))[0]) for place in places]

    def _named(self, places: Sequence[Place]) -> set[int]:
        known = {place.name: k for k, place in enumerate(places)}
        for k, name in enumerate(self.places or ()):
            if name not in known:
                near = nearest(name, known)
                hint = f"did you mean {near!r}?" if near else f"there are {len(known)} places"
                raise Misfit(f"there is no place {printable(name)}", "places", k, hint=hint)
            if name in (self.places or ())[:k]:
                raise Misfit(f"{name} is listed twice", "places", k)
        return {known[name] for name in self.places or ()}
