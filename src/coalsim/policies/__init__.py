"""Instruments of policy, one to a file; importing the package makes them known to scenario files."""

from coalsim.policies.area_grant import AreaGrant
from coalsim.policies.business_engagement import BusinessEngagement
from coalsim.policies.convening_support import ConveningSupport
from coalsim.policies.evidence_investment import EvidenceInvestment
from coalsim.policies.extra_money import ExtraMoney
from coalsim.policies.four_blocks import FourBlocks
from coalsim.policies.growth_retention import GrowthRetention
from coalsim.policies.performance_management import PerformanceManagement
from coalsim.policies.policy import Instrument, Policy, instruments
from coalsim.policies.pooled_fund import PooledFund
from coalsim.policies.reward_grant import RewardGrant
from coalsim.policies.single_pot import SinglePot
from coalsim.policies.target_alignment import TargetAlignment

__all__ = [
    "AreaGrant",
    "BusinessEngagement",
    "ConveningSupport",
    "EvidenceInvestment",
    "ExtraMoney",
    "FourBlocks",
    "GrowthRetention",
    "Instrument",
    "PerformanceManagement",
    "Policy",
    "PooledFund",
    "RewardGrant",
    "SinglePot",
    "TargetAlignment",
    "instruments",
]

instruments.load_plugins("coalsim.instruments")
