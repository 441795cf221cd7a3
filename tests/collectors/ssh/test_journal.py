"""Logs whose entries take several lines: each entry whole, with the number of the line that it begins on."""

import json

import pytest

from collectors.ssh.journal import journal_entries

ONE = {"MESSAGE": "x"}
EXPORT = (
    b"__REALTIME_TIMESTAMP=1\nSYSLOG_IDENTIFIER=sshd\nMESSAGE=one\n\n"
    b"__REALTIME_TIMESTAMP=2\nMESSAGE\n" + (7).to_bytes(8, "little") + b"two\nand\n_PID=7\n\n"
    b"oops line\n__REALTIME_TIMESTAMP=3\nMESSAGE=a=b\xff"
)
VERBOSE = (
    b"Sun 2026-02-01 08:00:00.5 UTC [s=x;i=1]\n    _PID=42\n    MESSAGE=one\n-- Boot x --\noops\n"
    b"Sun 2026-02-01 08:00:01 UTC [s=x;i=2]\n    MESSAGE=a=b\n"
)


def frame(text):
    return f"{len(text)} {text}"


@pytest.mark.parametrize(
    ("data", "entries"),
    [
        (
            EXPORT,
            [
                (2, {"__REALTIME_TIMESTAMP": "1", "SYSLOG_IDENTIFIER": "sshd", "MESSAGE": "one"}),
                (2, {"__REALTIME_TIMESTAMP": "2", "MESSAGE": "two\nand", "_PID": "7"}),
                (10, "oops line"),
                (12, {"__REALTIME_TIMESTAMP": "3", "MESSAGE": "a=b\\xff"}),
            ],
        ),
        (
            VERBOSE,
            [
                (4, "oops"),
                (2, {"time": "2026-02-01 08:00:00.5 UTC", "_PID": "42", "MESSAGE": "one"}),
                (6, {"time": "2026-02-01 08:00:01 UTC", "MESSAGE": "a=b"}),
            ],
        ),
        (
            (frame("<38>1 one") + frame("<38>1 two\n")).encode(),
            [(0, "<38>1 one"), (1, "<38>1 two\n")],
        ),
        (frame("<38>1 one").encode(), None),
        ((frame("<38>1 one") + "7 <38>1 and more").encode(), None),
        (json.dumps([ONE, ONE, 7]).encode(), [(0, ONE), (1, ONE), (2, "7")]),
        (json.dumps({"events": [ONE, ONE]}).encode(), [(0, ONE), (1, ONE)]),
        (json.dumps({"hits": {"hits": [ONE]}}).encode(), None),
        (json.dumps({"hits": {"hits": [ONE]}}, indent=1).encode(), [(0, ONE)]),
        (json.dumps(ONE, indent=1).encode() + b"\n" + json.dumps(ONE, indent=1).encode(), [(0, ONE), (1, ONE)]),
        (b'[{"MESSAGE": "x"}, {"MESSAGE": oops}, {"MESSAGE": "x"}]', [(0, ONE), (1, "it is not valid JSON"), (2, ONE)]),
        (json.dumps(ONE).encode() + b"\n" + json.dumps(ONE).encode(), None),
        (b"[1, 2]", None),
        (
            b"Feb  1 08:00:00 : nina : PWD=/ ;\n    COMMAND=a\n    b\n\nodd\n",
            [(0, "Feb  1 08:00:00 sudo.log: nina : PWD=/ ; COMMAND=a b"), (4, "odd")],
        ),
        (b'timestamp,source,message\n1,web-1,"a\nb"\n', [(1, {"timestamp": "1", "host": "web-1", "message": "a\nb"})]),
        (b"Feb  1 08:00:00 h app[1]: message, time, host\n", None),
        (b"Feb  1 08:00:00 h sshd[1]: x", None),
        (b"message,time\rb,a\n", [(1, {"message": "b", "time": "a"})]),
        (b"MESSAGE=x\n", None),
        (b"", None),
    ],
)
def test_the_entries_of_each_layout(data, entries):
    found = journal_entries(data)
    assert (found and list(found)) == entries
