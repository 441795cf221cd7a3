"""The two hosts: who may log in over SSH, and what their logs say."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from auditor.demo.calendar import DAY, WEEK, ZONE, Calendar, clock
from auditor.demo.data import read
from auditor.demo.keys import fingerprint, public_key
from auditor.demo.records import ADDRESSES, RUNNER
from auditor.demo.releases import releases

_HOUR = timedelta(hours=1)
_KEPT = 5 * WEEK  # what is older, the hosts have thrown away
_AUDIT = "198.51.100.9"
_ROBOTS = ("deploy", "auditor")
_GUESSES = ("admin", "oracle", "$(reboot)", "; rm -rf /", "test")


class Line(Struct, frozen=True):
    """One line of authorized_keys; `days` until it expires, counted from the night that the story is told from."""

    owner: str
    comment: str
    days: int
    options: str = ""

    def text(self, calendar: Calendar) -> str:
        """As sshd reads it."""
        return f"{self.options}{_expires(calendar, self.days)} {public_key(self.owner)} {self.comment}\n"


class Session(Struct, frozen=True):
    """A login with somebody's key, and when in it the system was restarted as root."""

    day: int
    at: str
    login: str
    key: str
    where: str
    minutes: int
    sudo: str | None = None


class Host(Struct, frozen=True):
    """A host of one system; `silent` is the day of which it has no log."""

    name: str
    system: str
    logins: dict[str, tuple[Line, ...]]
    sessions: tuple[Session, ...]
    classic_log: bool = False
    silent: int | None = None

    @property
    def restart(self) -> str:
        """The command that restarts the system."""
        return f"/usr/bin/systemctl restart {self.system}"

    def keys(self, login: str, calendar: Calendar) -> str:
        """A login's authorized_keys."""
        return "".join(line.text(calendar) for line in self.logins[login])


HOSTS = read("hosts.yaml", tuple[Host, ...])


def auditors_line(calendar: Calendar, public_key: str) -> str:
    """The audit's own line, as the documentation has it."""
    return f'from="{_AUDIT}",restrict,{_expires(calendar, 80)} {public_key} auditor\n'


def _expires(calendar: Calendar, days: int) -> str:
    until = (calendar.told + days * DAY).astimezone(UTC)
    return f'expiry-time="{until:%Y%m%d%H%MZ}"'


def dumps(calendar: Calendar) -> Iterator[tuple[str, str]]:
    """The authorized_keys files, by path."""
    for host in HOSTS:
        for login in host.logins:
            text = "# put here by the image; see the access policy\n" + host.keys(login, calendar)
            yield f"dumps/ssh/{host.name}/{login}/authorized_keys", text


def logs(calendar: Calendar, audit: str | None = None) -> Iterator[tuple[str, str]]:
    """The hosts' logs, by path; `audit` is the fingerprint of the key that the audit logs in with, where it does."""
    for host in HOSTS:
        stamp = _classic if host.classic_log else _iso
        told = [
            (moment, text)
            for moment, text in (
                *_ordinary(host, calendar),
                *_scenes(host, calendar),
                *(_audits(calendar, audit) if audit else ()),
            )
            if calendar.logged(moment) and moment >= calendar.at - _KEPT and not _silent(host, calendar, moment)
        ]
        lines = (f"{stamp(moment)} {host.name.split('.')[0]} {text}\n" for moment, text in sorted(told))
        yield f"logs/sshd/{host.name}.log", "".join(lines)


def _silent(host: Host, calendar: Calendar, moment: datetime) -> bool:
    if host.silent is None:
        return False
    begin = clock(calendar.day(host.silent), "00:00")
    return begin <= moment < begin + 25 * _HOUR


def _audits(calendar: Calendar, key: str) -> Iterator[tuple[datetime, str]]:
    """The nights before this one's."""
    for night in range(1, calendar.night):
        at = replace(calendar, night=night).at
        yield from _sitting(at + timedelta(seconds=20), "auditor", key, _AUDIT, minutes=1)


def _scenes(host: Host, calendar: Calendar) -> Iterator[tuple[datetime, str]]:
    for one in host.sessions:
        day, login = calendar.workday(one.day), one.login
        address = ADDRESSES[one.where]
        yield from _sitting(clock(day, one.at), login, fingerprint(one.key), address, minutes=one.minutes)
        if one.sudo:
            ran = f"TTY=pts/0 ; PWD=/home/{login} ; USER=root ; COMMAND={host.restart}"
            yield clock(day, one.sudo), f"sudo[4711]: {login:>8} : {ran}"


def _ordinary(host: Host, calendar: Calendar) -> Iterator[tuple[datetime, str]]:
    """The hour's job, strangers at the door, and the pipeline's releases."""
    for release in releases(calendar):
        if release.system == host.system:
            begins = release.begins + timedelta(minutes=1)
            yield from _sitting(begins, "deploy", fingerprint("gitlab-runner"), RUNNER, minutes=2)
    for day in calendar.dates():
        chance = random.Random(f"{host.name} {day}")
        for hour in range(24):
            moment = clock(day, f"{hour:02}:17")
            pid = chance.randrange(1000, 30000)
            yield moment, f"CRON[{pid}]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)"
        for _ in range(chance.randrange(4)):
            yield _guess(day, chance)


def _guess(day: date, chance: random.Random) -> tuple[datetime, str]:
    moment = clock(day, "00:00") + timedelta(seconds=chance.randrange(23 * 3600))
    port, last = chance.randrange(30000, 60000), chance.randrange(1, 250)
    name = chance.choice(_GUESSES)
    return (
        moment,
        f"sshd[{port % 9973}]: Failed password for invalid user {name} from 203.0.113.{last} port {port} ssh2",
    )


def _sitting(moment: datetime, login: str, key: str, address: str, *, minutes: int) -> Iterator[tuple[datetime, str]]:
    """A login with the key of that fingerprint, and its end."""
    pid = 20000 + int(moment.timestamp()) // 60 % 10000
    accepted = f"Accepted publickey for {login} from {address} port 50122 ssh2: ED25519 {key}"
    yield moment, f"sshd[{pid}]: {accepted}"
    if login not in _ROBOTS:
        terminal = f"Starting session: shell on pts/0 for {login} from {address} port 50122 id 0"
        yield moment + timedelta(seconds=1), f"sshd[{pid}]: {terminal}"
    end = moment + timedelta(minutes=minutes)
    yield end, f"sshd[{pid}]: pam_unix(sshd:session): session closed for user {login}"


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000000+00:00")


def _classic(moment: datetime) -> str:
    local = moment.astimezone(ZONE)
    return f"{local:%b} {local.day:2d} {local:%H:%M:%S}"
