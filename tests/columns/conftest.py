import pytest
from columns_town import PlainTown, Town


@pytest.fixture
def town():
    return Town(rng=1)


@pytest.fixture
def plain():
    return PlainTown(rng=1)
