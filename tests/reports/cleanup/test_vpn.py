"""The script's WireGuard steps, run by the real ssh against a real sshd, with WireGuard's own tools behind it."""

import subprocess

import pytest

from auditor.demo.sshd import PROGRAM
from auditor.model.handles import write_handle
from reports.cleanup import write_cleanup
from tests import vpn_tools
from tests.reports.cleanup.cases import CONFIG, audit, finding
from tests.reports.cleanup.test_ssh import host, run

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason="no sshd here")
__all__ = ["host"]


@pytest.fixture
def interface(tmp_path):
    with vpn_tools.wireguard(tmp_path) as made:
        yield made


def addresses(interface):
    lines = vpn_tools.run("wg", "show", interface.name, "allowed-ips").splitlines()
    return dict(line.split("\t") for line in lines)


def test_a_peer_loses_its_addresses_and_gets_them_back_and_the_way_in_stays(host, interface, tmp_path):
    given = {"10.9.0.2/32,fd00::2/128": "piet", "10.9.0.3/32": "nina", "127.0.0.1/32": "mine"}
    keys = {name: interface.key()[1] for name in (*given.values(), "gone")}
    for places, name in given.items():
        subprocess.run(["wg", "set", interface.name, "peer", keys[name], "allowed-ips", places], check=True)
    before = addresses(interface)
    chosen = ("piet", "gone", "mine")
    handles = [write_handle("vpn", "peer", "web-1", interface=interface.name, key=keys[name]) for name in chosen]
    hostile = write_handle("vpn", "peer", "web-1", interface="wg0; reboot", key=keys["piet"])
    made = write_cleanup(audit(finding(*handles, hostile)), CONFIG, None, tmp_path / "scripts")

    dry = run(made.script, host)
    assert f"$ ssh -F {host.config} -- web-1 wg set {interface.name} peer {keys['piet']} allowed-ips ''" in dry.stdout
    assert "1 would be done, 1 needed nothing, 1 needs attention" in dry.stdout
    assert "you are using it to run this" in dry.stdout
    assert addresses(interface) == before

    done = run(made.script, host, "--apply", "--yes")
    assert "1 done, 1 needed nothing, 1 needs attention" in done.stdout
    assert addresses(interface) == {**before, keys["piet"]: "(none)"}

    undone = run(made.undo, host, "--apply", "--yes")
    assert (undone.returncode, undone.stderr) == (0, ""), undone.stdout
    assert addresses(interface) == before
