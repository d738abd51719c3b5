"""The local public services: one agent a service and locality."""

from coalsim.agents.partner import Partner


class PublicService(Partner):
    """A service (schools, jobs, health, police, environment, housing, business support) with its own chain of command."""
