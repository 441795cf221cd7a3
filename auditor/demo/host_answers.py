"""What a made-up host answers to the collectors."""

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
    """The answers to what ssh-keys asks; `files` are the texts of key files and others, by path."""
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


def logins_answers(journal: str = "", files: Mapping[str, str | bytes] | None = None) -> dict[str, Reply]:
    """The answers to what ssh-logins asks; a host without lines of `journalctl --output=json` has no journal."""
    asked = plan.JOURNAL.line().removesuffix("0")
    missing = Reply(said="sh: journalctl: not found", status=127)
    return {
        plan.WHO.line(): Reply(b"1000\n"),
        asked: Reply(journal.encode()) if journal else missing,
        plan.LOGS.line(sudo=True): Reply(archive(files or {})),
    }


def archive(files: Mapping[str, str | bytes], *, changed: int = 0) -> bytes:
    """The files as a host packs them, last changed so many seconds after 1970."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as packed:
        for path, text in files.items():
            data = text.encode() if isinstance(text, str) else text
            member = tarfile.TarInfo(path)
            member.mtime = changed
            member.size = len(data)
            packed.addfile(member, io.BytesIO(data))
    return out.getvalue()
