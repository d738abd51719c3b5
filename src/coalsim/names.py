"""The short fixed vocabularies that every layer shares, in the order in which arrays hold them."""

from typing import Final

# Conditions of a neighbourhood: what the article calls good for people's well-being and so for business.
DOMAINS: Final = ("skills", "environment", "health", "cohesion", "infrastructure")
SKILLS, ENVIRONMENT, HEALTH, COHESION, INFRASTRUCTURE = range(5)

# Broad industrial groups.
SECTORS: Final = ("manufacturing", "construction", "distribution", "transport", "business", "public")

# Labour status of a resident (ILO).
INACTIVE, UNEMPLOYED, EMPLOYED = range(3)

# National vocational qualification levels; level 3 and above asks for and fills higher-skilled posts.
QUALIFICATIONS: Final = ("none", "level 1", "level 2", "level 3", "level 4+")
HIGHER_LEVEL: Final = 3

# Blocks of the four-block Local Area Agreement.
BLOCKS: Final = ("children", "safer", "healthier", "economic")

# Partners of a coalition that hold public money: seven services and the council.
SERVICES: Final = (
    "schools_and_learning",
    "jobs_and_skills",
    "health",
    "police_and_safety",
    "environment",
    "housing_and_infrastructure",
    "business_support",
)
BODIES: Final = (*SERVICES, "council")

NONE: Final = -1  # no employer
OUTSIDE: Final = -2  # an employer outside the locality
