"""Harbour Shop's Thursday, collected once."""

import pytest

from tests import thursday
from tests.nightly import Company, made_once


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    """The company with two nights of evidence and a bad day between them. To be read only."""
    return Company(made_once(tmp_path_factory, "thursday", thursday.make))


@pytest.fixture
def own_shop(shop, tmp_path):
    """A copy of it."""
    return shop.copy(tmp_path / "shop")
