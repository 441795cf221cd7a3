"""Reads what ssh-keys needs from one host, and says what it was not let read."""

import re
import zlib
from collections.abc import AsyncIterator, Iterable, Sequence

from msgspec import Struct, field

from collectors.base import Raw, as_text, missing
from collectors.ssh import plan
from collectors.ssh.archive import Entry, denied, entries
from collectors.ssh.host_accounts import Login, logins
from collectors.ssh.refusals import UnansweredError
from collectors.ssh.remote import Answer, Session, received
from collectors.ssh.sshd_settings import Settings, in_reading_order, settings

PASSWD, GROUP, SSHD, SUDO, STATES, FILE = "passwd", "group", "sshd", "sudo", "passwords", "file:"
"""What a raw object is. `file:` is followed by the file's owner."""

_REFUSED = re.compile(
    r"^(?:sudo: |.*you must have a tty|.*not allowed to|.*not in the sudoers|auditor-answers:).*", re.MULTILINE
)
_NO_PROGRAM = 127
_NO_SUDO = "sudo is not there, so that only what its login may read was read"


def lost(host: str, sentence: str, what: str = "") -> Raw:
    """Something of a host that could not be read: a path, or `#` and a command; all of it, without `what`."""
    return missing(f"ssh://{host}{what}", sentence)


def brief(said: str) -> str:
    """The first line of a program's messages, for a sentence."""
    return next((line.strip() for line in said.splitlines() if line.strip()), "without a word")[:200]


class Asking(Struct):
    """A host that is being asked: with root's rights where its login has them.

    `shut` says why it does not have them; empty where it does.
    """

    session: Session
    root: bool = False
    shut: str = ""

    async def begin(self) -> None:
        """Find out who we are there.

        Raises:
            UnansweredError: the login cannot run commands.
        """
        answer = await self.session.ask(plan.WHO)
        who = answer.output().strip()
        if not answer.ok or not who.isdigit():
            what = brief(answer.said or answer.output().decode("utf-8", "replace"))
            raise UnansweredError(f"its login runs no commands: {what}")
        self.root = who == b"0"

    async def ask(self, command: plan.Command) -> Answer:
        """Run a command that needs root's rights, or without them where they are not to be had."""
        if self.root:
            return await self.session.ask(command)
        answer = await self.session.ask(command, sudo=True)
        if answer.status == _NO_PROGRAM:
            self.shut = _NO_SUDO
        elif not answer.ok and not answer.output() and (refused := _REFUSED.search(answer.said)):
            self.shut = f"sudo does not let its login read everything ({brief(refused[0])})"
        else:
            return answer
        return await self.session.ask(command)


class HostReader(Struct):
    """Reads something of one host."""

    asking: Asking

    @property
    def host(self) -> str:
        """Its name in evidence."""
        return self.asking.session.target.name


class KeysReader(HostReader):
    """What was read of one host so far, as far as it decides what to ask for next."""

    homes: Sequence[str]
    files: dict[str, Entry] = field(default_factory=dict)
    logins: list[Login] = field(default_factory=list)
    effective: str | None = None

    async def read(self) -> AsyncIterator[Raw]:
        """Everything, one raw object an answer or file.

        Raises:
            UnansweredError: the host stopped answering.
        """
        await self.asking.begin()
        async for raw in self._people():
            yield raw
        async for raw in self._sshd():
            yield raw
        answer = await self.asking.ask(plan.homes(self.homes))
        for raw in self._unpacked(answer, self._expected()):
            yield raw
        async for raw in self._sudo():
            yield raw
        others = [path for path in self._expected() if not plan.found_by_homes(path, self.homes)]
        if wanted := [path for path in others if path not in self.files and "\n" not in path]:
            given = b"".join(path.encode() + b"\0" for path in wanted)
            answer = await self.asking.session.ask(plan.FILES, given=given)
            for raw in self._unpacked(answer, wanted):
                yield raw
        if self.asking.shut:
            yield lost(self.host, self.asking.shut, "#sudo")

    async def _people(self) -> AsyncIterator[Raw]:
        answers = []
        for command, part in ((plan.PASSWD, PASSWD), (plan.GROUP, GROUP)):
            answer = await self.asking.session.ask(command)
            answers.append(as_text(answer.output()))
            origin = f"#getent-{part}"
            if answer.output():
                yield answer.raw(f"ssh://{self.host}{origin}", part)
            else:
                yield lost(self.host, f"its list of logins or groups cannot be read: {brief(answer.said)}", origin)
        self.logins = logins(*answers)
        # A host whose sudo does not let this be asked tells everything else all the same.
        states = await self.asking.session.ask(plan.PASSWORDS, sudo=not self.asking.root)
        if states.ok and states.output():
            yield states.raw(f"ssh://{self.host}#passwords", STATES)

    async def _sshd(self) -> AsyncIterator[Raw]:
        answer = await self.asking.ask(plan.SSHD)
        if answer.ok and answer.output():
            self.effective = as_text(answer.output())
            yield answer.raw(f"ssh://{self.host}#sshd-T", SSHD)
        elif not self.asking.shut:
            yield lost(self.host, f"sshd does not tell its settings: {brief(answer.said)}", "#sshd-T")

    async def _sudo(self) -> AsyncIterator[Raw]:
        answer = await self.asking.ask(plan.SUDOERS)
        if answer.ok and answer.output():
            yield answer.raw(f"ssh://{self.host}#cvtsudoers", SUDO)
        # A machine without sudo's rules has no sudo.
        elif not self.asking.shut and (answer.status != _NO_PROGRAM or "/etc/sudoers" in self.files):
            what = f"who may become root through sudo cannot be read: {brief(answer.said)}"
            yield lost(self.host, what, "#cvtsudoers")

    def _settings(self) -> Settings:
        return settings(self.effective, in_reading_order(sshd_files(self.files)))

    def _expected(self) -> list[str]:
        """The files that sshd would look into."""
        told = self._settings()
        names = ("authorizedkeysfile", "authorizedprincipalsfile")
        found = [path for login in self.logins for name in names for path in told.files(name, login)]
        return list(dict.fromkeys([*found, *told.authorities(), *told.revoked()]))

    def _unpacked(self, answer: Answer, wanted: Iterable[str]) -> Iterable[Raw]:
        """The files of an archive, and what of the wanted ones is missing."""
        wanted = list(wanted)
        try:
            for entry in entries(answer.output()):
                if entry.data is not None:
                    self.files[entry.path] = entry
                    packed = zlib.compress(entry.data)
                    yield received(f"ssh://{self.host}{entry.path}", packed, FILE + entry.owner, entry.version)
                elif entry.link is not None and self._on_the_way(entry.path, wanted):
                    yield lost(self.host, "it is a symbolic link, which is not followed", entry.path)
        except ValueError as error:
            yield lost(self.host, f"{error}{'; there was more than is read' if answer.cut else ''}", "#files")
        for path in denied(answer.said):
            if self._on_the_way(path, wanted):
                yield lost(self.host, "it may not be read by its login", path)
        if answer.status == _NO_PROGRAM:
            yield lost(self.host, f"its files cannot be searched: {brief(answer.said)}", "#files")

    def _on_the_way(self, path: str, wanted: Sequence[str]) -> bool:
        """Whether a path leads to a file that sshd would look into; of logins that nobody told, it may."""
        return not self.logins or any(want == path or want.startswith(f"{path}/") for want in wanted)


def sshd_files(files: dict[str, Entry]) -> dict[str, str]:
    """sshd_config and what lies in its folder, as text."""
    return {
        path: as_text(entry.data or b"") for path, entry in files.items() if path.startswith("/etc/ssh/sshd_config")
    }
