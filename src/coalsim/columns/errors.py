"""What goes wrong when somebody asks for an agent that has gone."""


class RemovedAgentError(LookupError):
    """The agent that a handle stands for is no longer in the model."""
