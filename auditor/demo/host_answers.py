"""What a made-up host answers to the collectors."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping

from auditor.demo.sshd import Reply
from collectors.ssh import plan

_SETTINGS = "authorizedkeysfile .ssh/authorized_keys .ssh/authorized_keys2\npermitrootlogin prohibit-password\n"


def keys_answers(
    passwd: str,
    files: Mapping[str, str],
    *,
    group: str = "",
    settings: str = _SETTINGS,
    sudoers: str = "{}",
    homes: tuple[str, ...] = plan.HOMES,
) -> dict[str, Reply]:
    """The answers to what ssh-keys asks.

    Args:
        passwd: lines of getent passwd.
        files: the texts of key files and others, by path.
        group: lines of getent group.
        settings: the output of `sshd -T`.
        sudoers: the JSON of cvtsudoers.
        homes: as auditor.yaml has them.
    """
    found = {path: text for path, text in files.items() if plan.found_by_homes(path, homes)}
    others = {path: text for path, text in files.items() if path not in found}
    return {
        plan.WHO.line(): Reply(b"1000\n"),
        plan.PASSWD.line(): Reply(passwd.encode()),
        plan.GROUP.line(): Reply(group.encode()),
        plan.SSHD.line(sudo=True): Reply(settings.encode()),
        plan.SUDOERS.line(sudo=True): Reply(sudoers.encode()),
        plan.homes(homes).line(sudo=True): Reply(archive(found)),
        plan.FILES.line(): Reply(archive(others)),
    }


def archive(files: Mapping[str, str]) -> bytes:
    """The files as a host packs them."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as packed:
        for path, text in files.items():
            data = text.encode()
            member = tarfile.TarInfo(path)
            member.size = len(data)
            packed.addfile(member, io.BytesIO(data))
    return out.getvalue()
