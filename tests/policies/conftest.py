"""One instrument at a time on a twentieth of Walsall, next to the same place without it."""

import pandas as pd
import pytest

import coalsim
from coalsim import CoalitionModel, Policy, Run


@pytest.fixture(scope="session")
def town(small):
    """A scenario of small Walsall with one option that holds the given instruments, and any overrides."""

    def build(instruments=(), **overrides):
        policy = Policy.model_validate({"name": "the instruments", "instruments": dict(instruments)})
        scenario = small.model_copy(update={"options": {"option": policy}})
        return coalsim.load_scenario(scenario, **overrides) if overrides else scenario

    return build


@pytest.fixture(scope="session")
def run_with(town):
    """A finished run of the given instruments."""

    def run(instruments=(), seed=1, **overrides) -> Run:
        return coalsim.simulate(town(instruments, **overrides), seed=seed)

    return run


@pytest.fixture(scope="session")
def model_with(town):
    """A model of the given instruments, some months on."""

    def model(instruments=(), months=1, seed=1, **overrides) -> CoalitionModel:
        built = CoalitionModel(town(instruments, **overrides), rng=seed)
        for _ in range(months):
            built.step()
        return built

    return model


@pytest.fixture(scope="session")
def received():
    """Pence that a body received under a kind, by month."""

    def look(run: Run, body: str, kind: str) -> pd.Series:
        ledger = run.ledger
        return ledger[(ledger["body"] == body) & (ledger["kind"] == kind)].groupby("month")["pence"].sum()

    return look
