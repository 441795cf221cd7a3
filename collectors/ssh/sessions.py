"""The SSH sessions that are open on a host while its log is read."""

from dataclasses import dataclass, field

from collectors.ssh.sshd_lines import Attempt, Closed, Partial, Terminal
from collectors.ssh.syslog import Line


@dataclass(slots=True)
class Session:
    """An open connection. `credential` is the key that it was opened with, where the log has it."""

    id: str
    user: str
    address: str
    port: str
    credential: str | None
    certificate: str | None = None
    tty: str = ""


@dataclass(slots=True)
class Sessions:
    """Which sessions are open, by the process that opened them; and on which terminals users became root in theirs."""

    host: str
    open: dict[str, Session] = field(default_factory=dict)
    partial: dict[str, str | None] = field(default_factory=dict)
    as_root: dict[str, set[str]] = field(default_factory=dict)

    def begin(self, said: Attempt, line: Line) -> Session:
        """A login was accepted."""
        # With a second factor, the key stands in the line of the first.
        key = said.key or self.partial.pop(line.pid, None)
        opened = f"{said.user}@{self.host}/{line.pid}/{line.time:%Y-%m-%dT%H:%M:%SZ}"
        session = Session(f"ssh:{opened}", said.user, said.address, said.port, f"ssh-key:{key}" if key else None)
        session.certificate, session.tty = said.certificate, said.tty
        # A process id names one connection at a time; without one, address and port do.
        self.open[line.pid or f"{said.address}:{said.port}"] = session
        return session

    def first_factor(self, said: Partial, line: Line) -> None:
        """A key was accepted and a second factor is asked for."""
        self.partial[line.pid] = said.key

    def on_terminal(self, said: Terminal, line: Line) -> None:
        """A session got a terminal."""
        if session := self._find(line.pid, said.address, said.port):
            session.tty = said.tty

    def end(self, said: Closed, line: Line) -> Session | None:
        """The session that a line ends; None where it is not known or has ended before."""
        session = self._find(line.pid, said.address, said.port)
        self.open = {pid: other for pid, other in self.open.items() if other is not session}
        return session

    def of(self, user: str, tty: str) -> Session | None:
        """The session that a user's command came from; None when it could be several people's."""
        mine = [session for session in self.open.values() if session.user == user]
        mine = [session for session in mine if session.tty and session.tty == tty] or mine
        keys = {session.certificate or session.credential for session in mine}
        one_key = len(keys) == 1 and None not in keys
        return mine[-1] if len(mine) == 1 or one_key else None

    def become_root(self, user: str, tty: str) -> None:
        """A user did something as root on a terminal, or opened a shell as root where no terminal is told."""
        self.as_root.setdefault(user, set()).add(tty)

    def as_root_on(self, tty: str) -> set[str]:
        """Who root on a terminal may be: users who became it there, or on no known one, and are signed in still."""
        signed_in = {session.user for session in self.open.values()}
        self.as_root = {user: on for user, on in self.as_root.items() if user in signed_in}
        found = {user for user, on in self.as_root.items() if not tty or on & {tty, ""}}
        return found | ({"root"} & signed_in)

    def _find(self, pid: str, address: str, port: str) -> Session | None:
        """The open session of a process, or of a connection: after login another process speaks for it."""
        if pid in self.open:
            return self.open[pid]
        ends = (address, port)
        return next((s for s in self.open.values() if address and (s.address, s.port) == ends), None)
