import json
import os
import pty
import subprocess
import sys
from pathlib import Path

from tests import waiting

HOUSE = Path(__file__).parents[2]


def _logged(code: str) -> tuple[str, list[dict]]:
    shown = subprocess.run(
        [sys.executable, "-c", f"import logging, warnings\nfrom auditor.cli.terminal import log\n{code}"],
        env={"PYTHONPATH": str(HOUSE)},
        capture_output=True,
        text=True,
        timeout=waiting.LIMIT,
        check=True,
    )
    return shown.stdout, [json.loads(line) for line in shown.stderr.splitlines()]


def test_each_line_is_a_json_object_on_stderr():
    out, [line] = _logged("log.set_up('info')\nlogging.getLogger('auditor.run').info('%s\\nread', 'trail')")

    assert out == ""
    assert (line["event"], line["level"], line["logger"]) == ("trail\nread", "info", "auditor.run")
    assert line["timestamp"].endswith("Z")


def test_on_a_terminal_it_is_a_line_that_cannot_steer_it():
    leader, follower = pty.openpty()
    code = "from auditor.cli.terminal import log\nlog.set_up('info')\nlogging.getLogger('auditor').info('from %s', 'a\\x1b[2Jb')"
    subprocess.run(
        [sys.executable, "-c", f"import logging\n{code}"], cwd=HOUSE, stderr=follower, timeout=waiting.LIMIT, check=True
    )
    os.close(follower)

    line = os.read(leader, 65536).decode()
    os.close(leader)

    assert "info     from a\N{REPLACEMENT CHARACTER}[2Jb [auditor]" in line
    assert "\x1b" not in line


def test_the_level_is_kept():
    _, lines = _logged("log.set_up('warning')\nlogging.getLogger('auditor.run').info('quiet')")

    assert lines == []


def test_what_libraries_log_and_warn_of_comes_out_the_same_way():
    _, lines = _logged(
        "log.set_up('info')\nlogging.getLogger('botocore').info('noise')\n"
        "logging.getLogger('botocore').warning('slow %s', 'down')\nwarnings.warn('old')"
    )

    assert [line["level"] for line in lines] == ["warning", "warning"]
    assert lines[0]["event"] == "slow down"


def test_an_error_keeps_its_traceback_on_its_line():
    _, [line] = _logged(
        "log.set_up('info')\ntry:\n    1/0\nexcept ZeroDivisionError:\n    logging.getLogger('auditor').exception('bad')"
    )

    assert "ZeroDivisionError" in line["exception"]
