"""Companies that have been audited already. Each is made by one test process; tests work on copies."""

import os
import shutil

import pytest

from tests import nightly
from tests.nightly import ALL_REPORTS, FIRST


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """Makes a folder unless another test process did; `make` gets an empty place for it."""
    return lambda name, make: nightly.made_once(tmp_path_factory, name, make)


@pytest.fixture(scope="session")
def first_night(once):
    """The company after its first audit, with every report and the audit's answer beside it. To be read only."""

    def make(folder):
        nightly.keep(nightly.harbour_shop(folder).night(FIRST, *ALL_REPORTS), folder)

    return nightly.Company(once("first-night", make))


@pytest.fixture
def company(first_night, tmp_path):
    """A copy of the company after its first audit."""
    return first_night.copy(tmp_path / "company")


@pytest.fixture(scope="session")
def without_privileges():
    """What to put before a command so that file modes hold for it, also where the tests run as root."""
    if os.geteuid() != 0:
        return []
    if not shutil.which("setpriv"):
        pytest.skip("the tests run as root, and setpriv is not there to give that up")
    lost = "-dac_override,-dac_read_search"
    return ["setpriv", "--bounding-set", lost, "--inh-caps", lost]
