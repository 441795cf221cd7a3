"""The SSH sessions that are open on a host while its log is read."""

from collections import Counter

from msgspec import Struct, field

from auditor.model.groups import only
from collectors.ssh.sshd_lines import Attempt, Closed, Partial, Terminal
from collectors.ssh.syslog import Line

_ANEW = "a terminal of its own"


class Session(Struct):
    """An open connection. `credential` is the key that it was opened with, where the log has it."""

    id: str
    user: str
    address: str
    port: str
    credential: str | None
    certificate: str | None = None
    tty: str = ""

    @property
    def ends(self) -> tuple[str, str]:
        """Where it comes from: one connection at a time."""
        return self.address, self.port


class _Alike(Struct):
    """Open sessions by their processes, and how many of them each key opened: a log may never tell that one ended."""

    sessions: dict[str, Session] = field(default_factory=dict)
    keys: Counter[str | None] = field(default_factory=Counter)

    def add(self, process: str, session: Session) -> None:
        """A session more."""
        self.sessions[process] = session
        self.keys[session.certificate or session.credential] += 1

    def drop(self, process: str) -> None:
        """A session less."""
        session = self.sessions.pop(process)
        key = session.certificate or session.credential
        self.keys[key] -= 1
        if not self.keys[key]:
            del self.keys[key]

    @property
    def one(self) -> Session | None:
        """The latest; None where it could be several people's."""
        one_key = len(self.keys) == 1 and None not in self.keys
        return next(reversed(self.sessions.values())) if len(self.sessions) == 1 or one_key else None


class Sessions(Struct):
    """Which sessions are open, by the process that opened them; and whom users became on which terminals in theirs.

    Those that are `alike` are told by their user and a terminal; without a terminal, they are all of that user's.
    """

    host: str
    open: dict[str, Session] = field(default_factory=dict)
    alike: dict[tuple[str, str], _Alike] = field(default_factory=dict)
    by_ends: dict[tuple[str, str], str] = field(default_factory=dict)
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
        process = line.pid or f"{said.address}:{said.port}"
        self._drop(process)
        self.open[process] = session
        if said.address:
            self.by_ends[session.ends] = process
        for tty in {"", session.tty}:
            self._enter(process, session, tty)
        self.seen.add(said.user)
        return session

    def first_factor(self, said: Partial, line: Line) -> None:
        """A key was accepted and a second factor is asked for."""
        self.partial[line.pid] = said.key

    def on_terminal(self, said: Terminal, line: Line) -> None:
        """A session got a terminal."""
        process = self._find(line.pid, said.address, said.port)
        if session := self.open.get(process):
            if session.tty:
                self._leave(process, session, session.tty)
            session.tty = said.tty
            self._enter(process, session, session.tty)

    def end(self, said: Closed, line: Line) -> Session | None:
        """The session that a line ends; None where it is not known or has ended before."""
        return self._drop(self._find(line.pid, said.address, said.port))

    def end_all(self) -> None:
        """The host was restarted."""
        for told in (self.open, self.alike, self.by_ends, self.partial, self.became):
            told.clear()

    def of(self, user: str, tty: str) -> Session | None:
        """The session that a user's command came from; None when it could be several people's."""
        found = self.alike.get((user, tty)) or self.alike.get((user, ""))
        return found.one if found else None

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
        self.became[name] = {user: on for user, on in self.became.get(name, {}).items() if (user, "") in self.alike}
        found = self._became(name, {tty, ""}) if tty else set(self.became[name])
        return (found or self._became(name, {_ANEW})) | ({name} if (name, "") in self.alike else set())

    def whose(self, name: str, tty: str) -> str:
        """Whose a command is that a user is said to have run; empty where it may be several people's.

        On a terminal, who became that user there ran it. Whoever logged in as that user at any time may be there too.
        """
        others = self.behind(name, tty) - {name} if tty else set()
        if not others or (name, tty) in self.alike:
            return name
        if name in self.seen:
            others = self._became(name, {tty})
        return only(others) or ""

    def _became(self, name: str, on: set[str]) -> set[str]:
        return {user for user, ttys in self.became[name].items() if ttys & on}

    def _find(self, pid: str, address: str, port: str) -> str:
        """The process of an open session, or of a connection: after login another process speaks for it."""
        return pid if pid in self.open else self.by_ends.get((address, port), "")

    def _enter(self, process: str, session: Session, tty: str) -> None:
        self.alike.setdefault((session.user, tty), _Alike()).add(process, session)

    def _leave(self, process: str, session: Session, tty: str) -> None:
        alike = self.alike[session.user, tty]
        alike.drop(process)
        if not alike.sessions:
            del self.alike[session.user, tty]

    def _drop(self, process: str) -> Session | None:
        session = self.open.pop(process, None)
        if session is None:
            return None
        if self.by_ends.get(session.ends) == process:
            del self.by_ends[session.ends]
        for tty in {"", session.tty}:
            self._leave(process, session, tty)
        return session
