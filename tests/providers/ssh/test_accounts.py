"""How logins are written."""

import pytest

from auditor.providers.ssh.accounts import account_name

HOST = "web-1.harbour.example"


@pytest.mark.parametrize(
    ("account", "spellings"),
    [
        (f"ssh:nina@{HOST}", (f"ssh:nina@{HOST}", "ssh:nina@web-1.harbour", "ssh:nina@web-1", "ssh:nina")),
        ("ssh:nina", ("ssh:nina",)),
        ("ssh:nina@partner.example@web-1", ("ssh:nina@partner.example@web-1", "ssh:nina@partner.example")),
    ],
)
def test_a_login_is_also_written_of_the_hosts_shorter_names_and_of_every_host(account, spellings):
    assert account_name(account).spellings == spellings
