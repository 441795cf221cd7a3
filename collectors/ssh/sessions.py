"""The SSH sessions that are open on a host while its log is read."""

from dataclasses import dataclass, field

from collectors.ssh.sshd_lines import Attempt, Closed, Partial, Terminal
from collectors.ssh.syslog import Line

_ANEW = "a terminal of its own"


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
    """Which sessions are open, by the process that opened them; and whom users became on which terminals in theirs."""

    host: str
    open: dict[str, Session] = field(default_factory=dict)
    partial: dict[str, str | None] = field(default_factory=dict)
    became: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def begin(self, said: Attempt, line: Line) -> Session:
        """A login was accepted."""
        # With a second factor, the key stands in the line of the first.
        key = said.key or self.partial.pop(line.pid, None)
        opened = f"{said.user}@{self.host}/{line.pid}/{line.time:%Y-%m-%dT%H:%M:%SZ}"
        session = Session(f"ssh:{opened}", said.user, said.address, said.port, f"ssh-key:{key}" if key else None)
        session.certificate, session.tty = said.certificate, said.tty
        # A process id names one connection at a time; without one, address and port do.
        self.open[line.pid or f"{said.address}:{said.port}"] = session
        self.seen.add(said.user)
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

    def end_all(self) -> None:
        """The host was restarted."""
        self.open, self.partial, self.became = {}, {}, {}

    def of(self, user: str, tty: str) -> Session | None:
        """The session that a user's command came from; None when it could be several people's."""
        mine = [session for session in self.open.values() if session.user == user]
        mine = [session for session in mine if session.tty and session.tty == tty] or mine
        keys = {session.certificate or session.credential for session in mine}
        one_key = len(keys) == 1 and None not in keys
        return mine[-1] if len(mine) == 1 or one_key else None

    def become(self, user: str, target: str, tty: str, *, anew: bool = False) -> None:
        """A user opened a shell as another on a terminal, or where none is told; as root, any command may open one.

        `anew` says that the shell may have a terminal of its own, which nothing tells.
        """
        on = self.became.setdefault(target, {}).setdefault(user, set())
        on.update({tty, _ANEW} if anew else {tty})

    def behind(self, name: str, tty: str) -> set[str]:
        """Who a name on a terminal may be: users who became it there, or on no known one, and are signed in still.

        Where nobody did, those whose shell may have that terminal.
        """
        signed_in = {session.user for session in self.open.values()}
        self.became[name] = {user: on for user, on in self.became.get(name, {}).items() if user in signed_in}
        found = self._became(name, {tty, ""}) if tty else set(self.became[name])
        return (found or self._became(name, {_ANEW})) | ({name} & signed_in)

    def whose(self, name: str, tty: str) -> str:
        """Whose a command is that a user is said to have run; empty where it may be several people's.

        On a terminal, who became that user there ran it. Whoever logged in as that user at any time may be there too.
        """
        others = self.behind(name, tty) - {name} if tty else set()
        if not others or any(one.user == name and one.tty == tty for one in self.open.values()):
            return name
        if name in self.seen:
            others = self._became(name, {tty})
        return others.pop() if len(others) == 1 else ""

    def _became(self, name: str, on: set[str]) -> set[str]:
        return {user for user, ttys in self.became[name].items() if ttys & on}

    def _find(self, pid: str, address: str, port: str) -> Session | None:
        """The open session of a process, or of a connection: after login another process speaks for it."""
        if pid in self.open:
            return self.open[pid]
        ends = (address, port)
        return next((s for s in self.open.values() if address and (s.address, s.port) == ends), None)
