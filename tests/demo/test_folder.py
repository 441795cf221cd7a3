import json
from datetime import UTC, datetime

import pytest

from auditor.demo.folder import Folder
from auditor.errors import UsageError

FIRST = datetime(2026, 11, 21, 3, 10, tzinfo=UTC)
LATER = datetime(2026, 12, 24, 3, 10, tzinfo=UTC)


def test_a_folder_remembers_its_first_night(tmp_path):
    Folder.open(tmp_path / "demo", FIRST).after(1)
    found = Folder.open(tmp_path / "demo", LATER)
    assert (found.told, found.nights) == (FIRST, 1)


def test_a_demo_that_was_killed_tells_its_night_again(tmp_path):
    Folder.open(tmp_path / "demo", FIRST)
    assert Folder.open(tmp_path / "demo", LATER).nights == 0


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "auditor.yaml").write_text("organisation: Somebody Else\n")
    with pytest.raises(UsageError, match="something else"):
        Folder.open(tmp_path, FIRST)
    assert [path.name for path in tmp_path.iterdir()] == ["auditor.yaml"]


def test_a_demo_of_another_version_is_left_alone(tmp_path):
    Folder.open(tmp_path / "demo", FIRST)
    marker = next((tmp_path / "demo").iterdir())
    marker.write_text(json.dumps({**json.loads(marker.read_text()), "version": "0.0.0"}))
    with pytest.raises(UsageError, match=r"another version \(0\.0\.0\)"):
        Folder.open(tmp_path / "demo", LATER)


def test_files_are_their_owners_alone(tmp_path):
    folder = Folder.open(tmp_path / "demo", FIRST)
    folder.put("logs/sshd/web-1.log", "a line\n", changed=FIRST)
    path = tmp_path / "demo" / "logs" / "sshd" / "web-1.log"
    assert path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "demo" / "logs").stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mtime == FIRST.timestamp()


def test_a_file_that_stays_the_same_is_not_written_again(tmp_path):
    folder = Folder.open(tmp_path / "demo", FIRST)
    folder.put("tickets.csv", "ticket\n", changed=FIRST)
    folder.put("tickets.csv", "ticket\n", changed=LATER)
    assert (tmp_path / "demo" / "tickets.csv").stat().st_mtime == FIRST.timestamp()
