"""What the lines of one host's log tell that somebody did: logins, and commands as somebody else."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from collectors.redact import redact
from collectors.ssh import commands
from collectors.ssh.journal import SUDO_FILE
from collectors.ssh.log_commands import ends_log
from collectors.ssh.sessions import Session, Sessions
from collectors.ssh.sshd_lines import (
    AS_ANOTHER,
    ASKED_FOR,
    KEEPERS,
    SFTP,
    Attempt,
    Closed,
    Joined,
    Partial,
    Said,
    Sudo,
    Terminal,
    as_another,
    said,
)
from collectors.ssh.sudo_lines import SudoLines
from collectors.ssh.syslog import Line
from collectors.ssh.transfers import Transfers, Write

HOST_JOB = "host-job"
"""The kind of caller that a job of the host itself is: root, with no terminal and nobody in who became it."""

_ROOT = "root"
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
# So soon after each other su and PAM tell of one shell.
_SAME_SHELL = timedelta(seconds=5)
# So soon after a command that puts somebody into a group, its program says that it did.
_ITS_ANSWER = timedelta(minutes=1)
_SHELLS = frozenset({"bash", "dash", "fish", "ksh", "run0", "screen", "sh", "su", "tmux", "zsh"})
_LET_RUN0 = re.compile(r"\[(?:\S*/)?run0[ \]]")
_HOST = ("kernel", "systemd-logind", "shutdown")
# What is said when a host goes down, and first of all when it comes up.
_RESTARTED = re.compile(
    r"System is (?:rebooting|powering down|halting)\b.*|(?:\[ *0\.0+\] )?Linux version .*"
    r"|(?:reboot|power-down|halt) by .*"
)
_OPENED = re.compile(r"pam_\w+\((?:dcos_)?sshd:session\): session opened for user \S.*")
_TAILSCALE_SESSION = re.compile(r"ssh-session\((\S+?)\): (.*)")
_DOORS = {"cockpit-session": "console", "dropbear": "dropbear", "login": "console", "tailscaled": "tailscale"}


class HostActs:
    """Reads one line after another of a host; sessions and commands that lines before told of are remembered."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._sessions = Sessions(host)
        self._begun: Counter[tuple[str, ...]] = Counter()
        self._let: set[str] = set()
        self._transfers = Transfers()
        self._su = ("", ""), _LONG_AGO
        self._asked: tuple[dict[str, Any], datetime] = {}, _LONG_AGO
        self._joined: dict[Joined, datetime] = {}
        self.sudo = SudoLines()
        self._opened = self._let_in = False

    @property
    def lack_logins(self) -> bool:
        """Whether PAM opened sessions of sshd, and no line of sshd's own tells who was let in, by which key."""
        return self._opened and not self._let_in

    def of(self, line: Line) -> Iterator[tuple[Line, dict[str, Any]]]:
        """The acts known with this line: the line that tells of each, and its columns but for time and place."""
        if self.sudo.again(line):
            return
        if line.program == SUDO_FILE:
            line = replace(line, program="sudo")
        if line.program in _HOST and _RESTARTED.fullmatch(line.message):
            self._sessions.end_all()
        if line.program in SFTP:
            yield from ((wrote.line, self._wrote(wrote)) for wrote in self._transfers.of(line))
        elif act := self._act(line):
            yield line, act

    def _act(self, line: Line) -> dict[str, Any] | None:
        if "run0" in line.message and (run0 := as_another("run0", line.message)):
            # Polkit may have told of it, with its command, when it let the user.
            told = [user for user in self._let if run0.user in ("", user)][:1]
            self._let.difference_update(told)
            return None if told else self._as_another("run0", run0)
        if line.program in AS_ANOTHER:
            command = as_another(line.program, line.message)
            if command and line.program == "polkitd" and _LET_RUN0.search(line.message):
                self._let.add(command.user)
            if command is None or self._told(command) or self._again(line, command):
                return None
            act = self._as_another(line.program, command)
            if commands.program(command.command) in ASKED_FOR and not command.refused:
                self._asked = act, line.time
            return act
        if line.program in KEEPERS:
            joined = said("keeper", line.message)
            return self._gave(line, joined) if isinstance(joined, Joined) else None
        return self._logging_in(line)

    def _logging_in(self, line: Line) -> dict[str, Any] | None:
        if line.program == "tailscaled" and (session := _TAILSCALE_SESSION.fullmatch(line.message)):
            line = replace(line, pid=session[1], message=session[2])
        is_sshd = line.program.startswith("sshd")
        self._opened |= is_sshd and _OPENED.fullmatch(line.message) is not None
        door = "sshd" if is_sshd else _DOORS.get(line.program)
        told = said(door, line.message) if door else None
        if line.program == "login" and isinstance(told, Attempt) and line.pid in self._sessions.open:
            return None  # the session is told by PAM and by login itself
        return self._login(line, told)

    def _login(self, line: Line, said: Said | None) -> dict[str, Any] | None:
        if isinstance(said, Attempt):
            return self._attempt(said, line)
        if isinstance(said, Partial):
            self._sessions.first_factor(said, line)
        if isinstance(said, Terminal):
            self._sessions.on_terminal(said, line)
        if isinstance(said, Closed) and (session := self._sessions.end(said, line)):
            left = _did(":".join(filter(None, ("ssh", said.why, "logout"))), "login", "read", "ok", "sshd")
            return self._sign(session.user, session) | left | {"source_ip": session.address or None}
        return None

    def _attempt(self, said: Attempt, line: Line) -> dict[str, Any]:
        self._let_in |= said.ok
        session = self._sessions.begin(said, line) if said.ok else None
        tried = f"ssh-key:{said.key}" if said.key else None
        detail = {"method": said.method} if said.method else None
        came = _did("ssh:login", "login", "read", "ok" if said.ok else "failed", "sshd", detail)
        return (
            self._sign(said.user, session)
            | came
            | {
                "credential": session.credential if session else tried,
                "source_ip": said.address or None,
            }
        )

    def _told(self, said: Sudo) -> bool:
        """Whether a line only says how a command ended of which one before told that it began."""
        key = (said.user, said.tty, said.target, said.command)
        if not said.ended:
            self._begun[key] += not said.refused
        told = said.ended and self._begun[key] > 0
        self._begun[key] -= told
        return told

    def _again(self, line: Line, said: Sudo) -> bool:
        """Whether su, which speaks for itself and through PAM, told of the same shell just before; it may add where."""
        if AS_ANOTHER.get(line.program) != "su":
            return False
        key, (before, time) = (line.pid or said.user, said.target), self._su
        self._su = key, line.time
        again = key == before and line.time - time <= _SAME_SHELL
        if again and said.tty:
            self._become(self._doer(said, line.program)[0], said, "su")
        return again

    def _as_another(self, program: str, said: Sudo) -> dict[str, Any]:
        category, level = _kind(said)
        name = commands.program(said.command) or "unknown"
        user, kind = self._doer(said, program)
        if not said.refused:
            self._become(user, said, name)
        session = self._sessions.of(user, said.tty)
        detail = {"command": redact(said.command), "as": said.target}
        if said.refused:
            detail["refused"] = said.refused[:200]
        outcome = "denied" if said.refused else "ok"
        ran = _did(f"{program}:{name[:100]}", category, level, outcome, kind, detail)
        return self._sign(user, session) | ran | {"source_ip": session.address or None if session else None}

    def _doer(self, said: Sudo, program: str) -> tuple[str, str]:
        """Whose a command is, and by what kind of caller it was run."""
        if said.user != _ROOT:
            return self._sessions.whose(said.user, said.tty), program
        behind = self._sessions.behind(_ROOT, said.tty)
        user = next(iter(behind)) if said.tty and len(behind) == 1 else _ROOT
        return user, program if said.tty or behind else HOST_JOB

    def _become(self, user: str, said: Sudo, name: str) -> None:
        """What is run as root may open a shell; as another user, a shell does."""
        shell = name in _SHELLS
        if user not in ("", said.target) and (shell or (said.target == _ROOT and said.tty)):
            # Su's own shell stays on the terminal that it was asked on.
            self._sessions.become(user, said.target, said.tty, anew=shell and said.command != "su")

    def _gave(self, line: Line, said: Joined) -> dict[str, Any] | None:
        """A login was made root, or put into a group: by whoever asked for it just before, or is root there."""
        before, self._joined[said] = self._joined.get(said, _LONG_AGO), line.time
        if line.time - before <= _ITS_ANSWER:
            return None  # each file that it is written to has a line
        asked, time = self._asked
        if line.time - time <= _ITS_ANSWER:
            kind, signed = asked["actor_kind"], {name: asked[name] for name in (*self._sign("", None), "source_ip")}
        else:
            behind = self._sessions.behind(_ROOT, "")
            user = next(iter(behind)) if len(behind) == 1 else "" if behind else _ROOT
            kind, signed = line.program if behind else HOST_JOB, self._sign(user, self._sessions.of(user, ""))
        detail = {"user": said.user, "group": said.group} | ({"listed": True} if said.listed else {})
        action = f"{line.program}:{'group' if said.group else 'root'}"
        return signed | _did(action, "grant", "admin", "ok", kind, detail)

    def _wrote(self, said: Write) -> dict[str, Any]:
        wrote = _did(f"sftp:{said.verb}", "change", "write", "ok", "sftp", {"path": redact(said.path)})
        return self._sign(said.user, self._sessions.of(said.user, "")) | wrote

    def _sign(self, user: str, session: Session | None) -> dict[str, Any]:
        return {
            "account": f"ssh:{user}@{self._host}" if user else None,
            "actor": user or None,
            "session": session.id if session else None,
            "credential": session.credential if session else None,
            "on_behalf_of": session.certificate if session else None,
        }


def _did(
    action: str, category: str, level: str, outcome: str, kind: str, detail: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The columns that say what was done, and by what kind of caller."""
    return {
        "action": action,
        "category": category,
        "level": level,
        "outcome": outcome,
        "actor_kind": kind,
        "detail": json.dumps(detail, ensure_ascii=False) if detail else None,
    }


def _kind(said: Sudo) -> tuple[str, str]:
    """The category and level of a command."""
    if ends_log(said.command):
        return "audit-trail", "admin"
    return ("read", "read") if not said.ambiguous and commands.only_reads(said.command) else ("change", "write")
