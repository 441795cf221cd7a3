"""Where a folder of hosts begins, by the places of keys in it."""

import pytest

from collectors.ssh.recognise import recognised


@pytest.mark.parametrize(
    ("name", "above"),
    [
        ("keys/web-1/nina/authorized_keys", 2),
        ("keys/web-1/root/.ssh/authorized_keys", 3),
        ("keys/web-1/home/nina/.ssh/authorized_keys", 4),
    ],
)
def test_the_folder_above_the_hosts_is_what_the_source_reads(name, above):
    found = recognised(name, "ssh-ed25519 AAAA")
    assert (found.kind, found.above, found.lacks) == ("ssh-keys", above, "")


@pytest.mark.parametrize("name", ["nina/authorized_keys", "web-1/root/.ssh/authorized_keys"])
def test_without_a_folder_for_the_host_nobody_knows_which_it_is(name):
    assert "put it into a folder" in recognised(name, "").lacks
