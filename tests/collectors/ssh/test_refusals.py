"""Why a host could not be asked: each error of connecting is a sentence that tells a person what to do."""

import socket
import zlib

import asyncssh
import pytest

from auditor.config.sources.ssh import SshKeys
from collectors.ssh.refusals import unanswered
from collectors.ssh.remote import Answer, Target, targets

REFUSED = (
    "it refused the key of auditor: the key is not in the authorized_keys of auditor there, has expired (expiry-time), "
    "or may not come from this machine (from=)"
)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ConnectionRefusedError(), "nothing answers at 192.0.2.1 port 22: the host or its sshd is down"),
        (OSError(113, "No route to host"), "192.0.2.1 port 22 cannot be reached: No route to host"),
        (OSError("odd"), "192.0.2.1 port 22 cannot be reached: odd"),
        (OSError(), "192.0.2.1 port 22 cannot be reached: OSError"),
        (socket.gaierror(-2, "Name or service not known"), "192.0.2.1 cannot be reached: Name or service not known"),
        (asyncssh.ConnectionLost("cut"), "the connection to 192.0.2.1 port 22 failed: cut"),
        (asyncssh.ConnectionLost(""), "the connection to 192.0.2.1 port 22 failed: ConnectionLost"),
        (
            asyncssh.PermissionDenied("no"),
            REFUSED,
        ),
    ],
)
def test_each_error_is_a_sentence(error, sentence):
    assert unanswered(error, "192.0.2.1", 22, "auditor", on_record=False) == sentence


@pytest.mark.parametrize(
    ("on_record", "said"),
    [(True, "its key is not the one in known_hosts"), (False, "its key is not in known_hosts for")],
)
def test_a_host_with_another_key_is_told_from_one_without_any(on_record, said):
    error = asyncssh.HostKeyNotVerifiable("no")
    assert unanswered(error, "192.0.2.1", 22, "auditor", on_record=on_record).startswith(said)


@pytest.mark.parametrize(
    ("written", "addresses", "target"),
    [
        ("web-1", {}, Target("web-1", "web-1", 22)),
        ("web-1:2222", {}, Target("web-1", "web-1", 2222)),
        ("web-1:2222", {"web-1": "192.0.2.1"}, Target("web-1", "192.0.2.1", 2222)),
        ("web-1:2222", {"web-1": "192.0.2.1:23"}, Target("web-1", "192.0.2.1", 23)),
        ("[2001:db8::1]:23", {}, Target("2001:db8::1", "2001:db8::1", 23)),
    ],
)
def test_where_a_host_is_reached(written, addresses, target):
    source = SshKeys(
        name="k",
        kind="ssh-keys",
        hosts=[written],
        addresses=addresses,
        user="auditor",
        known_hosts="h",
        identity_file="i",
    )
    assert targets(source) == [target]


@pytest.mark.parametrize(("status", "ok"), [(0, True), (1, False), (-1, False)])
def test_an_answer_is_a_raw_object_that_nothing_else_keeps(status, ok):
    answer = Answer(status, zlib.compress(b"text"), "said")
    raw = answer.raw("ssh://web-1#x", "part")
    assert (answer.ok, answer.output(), answer.cut) == (ok, b"text", False)
    assert (raw.origin, raw.part, raw.load(), raw.original) == ("ssh://web-1#x", "part", b"text", True)
    assert raw.size == len(answer.packed)
