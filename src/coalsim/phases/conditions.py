"""Conditions: what this month's effective spending makes of each neighbourhood."""

from typing import Any

import numpy as np

from coalsim.agents.coalition import WEIGHTS
from coalsim.agents.locality import Locality
from coalsim.kernels import conditions as kernel
from coalsim.names import COHESION, DOMAINS
from coalsim.start.profiles import CONDITION_LOADING, CONDITION_SD

DRIFT = CONDITION_SD * np.array(CONDITION_LOADING)  # what a national sd of deprivation takes from each condition


def run(model: Any) -> None:
    """Move every condition a month on, and take the quality of each neighbourhood."""
    model.in_each(move)


def move(model: Any, locality: Locality) -> None:
    """The conditions of one locality."""
    settings, strength = model.settings.world.conditions, model.settings.world.mechanisms
    speed = np.array([getattr(settings, f"speed_{domain}") for domain in DOMAINS])
    spillover = settings.spillover * strength.neighbourhood_spillover
    extra = np.zeros_like(locality.condition)
    engaged = locality.engaged / locality.n_homes
    extra[:, COHESION] = settings.engagement_cohesion * (engaged - locality.at_start["engaged"])
    extra -= DRIFT * locality.drift[:, None]
    for partner in locality.partners:
        extra[:, partner.domain] -= settings.unmet_effect * partner.unmet_share
    moved = np.empty_like(locality.condition)
    kernel.move(
        locality.condition, locality.spend, locality.need, extra, speed, spillover, settings.eta,
        locality.geography.indptr, locality.geography.neighbours, moved,
    )  # fmt: skip
    locality.condition[:] = moved
    kernel.quality(locality.condition, WEIGHTS, settings.rho, locality.quality)
