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


def test_a_peer_loses_its_addresses_and_gets_them_back(host, interface, tmp_path):
    (_, piet), (_, nina) = interface.key(), interface.key()
    for number, key in enumerate((piet, nina), start=2):
        subprocess.run(
            ["wg", "set", interface.name, "peer", key, "allowed-ips", f"10.9.0.{number}/32,fd00::{number}/128"],
            check=True,
        )
    before = addresses(interface)
    gone = vpn_tools.run("wg", "pubkey", given=interface.key()[0])
    handles = [write_handle("vpn", "peer", "web-1", interface=interface.name, key=key) for key in (piet, gone)]
    hostile = write_handle("vpn", "peer", "web-1", interface="wg0; reboot", key=piet)
    made = write_cleanup(audit(finding(*handles, hostile)), CONFIG, None, tmp_path / "scripts")

    dry = run(made.script, host)
    assert (dry.returncode, dry.stderr) == (0, "")
    assert f"$ ssh -F {host.config} -- web-1 wg set {interface.name} peer {piet} allowed-ips ''" in dry.stdout
    assert "1 would be done, 1 needed nothing, 0 need attention" in dry.stdout
    assert addresses(interface) == before

    done = run(made.script, host, "--apply", "--yes")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert addresses(interface) == {**before, piet: "(none)"}
    assert "0 done, 2 needed nothing" in run(made.script, host, "--apply", "--yes").stdout

    mine = interface.key()[1]
    subprocess.run(["wg", "set", interface.name, "peer", mine, "allowed-ips", "127.0.0.1/32"], check=True)
    own = write_cleanup(
        audit(finding(write_handle("vpn", "peer", "web-1", interface=interface.name, key=mine))),
        CONFIG,
        None,
        tmp_path / "own",
    )
    kept = run(own.script, host, "--apply", "--yes")
    assert "you are using it to run this" in kept.stdout
    assert addresses(interface)[mine] == "127.0.0.1/32"
    subprocess.run(["wg", "set", interface.name, "peer", mine, "remove"], check=True)

    undone = run(made.undo, host, "--apply", "--yes")
    assert (undone.returncode, undone.stderr) == (0, ""), undone.stdout
    assert addresses(interface) == before
