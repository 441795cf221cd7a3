"""The two hosts: who may log in over SSH, and what their logs say."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from auditor.demo.calendar import DAY, DAYS_BEFORE, ZONE, Calendar, clock
from auditor.demo.keys import fingerprint, public_key
from auditor.demo.records import OFFICE, RUNNER, VPN
from auditor.demo.releases import releases

WEB, JOBS = "web-1.harbour.example", "jobs-1.harbour.example"
_SYSTEMS = {WEB: "checkout", JOBS: "jobs"}
_HOUR = timedelta(hours=1)
_AUDIT = "198.51.100.9"
_ROBOTS = ("deploy", "auditor")
_GUESSES = ("admin", "oracle", "$(reboot)", "; rm -rf /", "test")
_RUNNER_OPTIONS = f'from="{RUNNER}",command="/usr/local/bin/release",no-pty,'


@dataclass(frozen=True, slots=True)
class Line:
    """One line of authorized_keys; `days` until it expires, counted from the first night."""

    owner: str
    comment: str
    days: int
    options: str = ""

    def text(self, calendar: Calendar) -> str:
        """As sshd reads it."""
        until = (calendar.first + self.days * DAY).astimezone(UTC)
        return f'{self.options}expiry-time="{until:%Y%m%d%H%MZ}" {public_key(self.owner)} {self.comment}\n'


_MIA, _LEON = Line("mia", "mia@harbour.example", 41), Line("leon", "leon@harbour.example", 55)
_RUNNER = Line("gitlab-runner", "gitlab-runner", 60, _RUNNER_OPTIONS)
LOGINS: dict[tuple[str, str], tuple[Line, ...]] = {
    (WEB, "mia"): (_MIA,),
    (WEB, "leon"): (_LEON,),
    (WEB, "deploy"): (_RUNNER,),
    # Whoever is on call uses this one, so the log never says who it was.
    (WEB, "oncall"): (_MIA, _LEON),
    # His contract was to run for longer than it did.
    (WEB, "piet"): (Line("piet", "piet@laptop `touch /tmp/harbour-shop` ' \" #", 45),),
    (JOBS, "mia"): (_MIA,),
    (JOBS, "tom"): (Line("tom", "tom@harbour.example", 70),),
    (JOBS, "deploy"): (_RUNNER,),
}


def auditors_line(calendar: Calendar, public_key: str) -> str:
    """The audit's own line, as the documentation has it."""
    until = (calendar.first + 80 * DAY).astimezone(UTC)
    return f'from="{_AUDIT}",restrict,expiry-time="{until:%Y%m%d%H%MZ}" {public_key} auditor\n'


def dumps(calendar: Calendar) -> Iterator[tuple[str, str]]:
    """The authorized_keys files, by path."""
    for (host, login), lines in LOGINS.items():
        text = "# put here by the image; see the access policy\n" + "".join(line.text(calendar) for line in lines)
        yield f"dumps/ssh/{host}/{login}/authorized_keys", text


def logs(calendar: Calendar, audit: str | None = None) -> Iterator[tuple[str, str]]:
    """The hosts' logs, by path: one writes ISO times, the other one the classic layout without a year.

    `audit` is the fingerprint of the key that the audit logs in with, where it does.
    """
    for host, stamp in ((WEB, _iso), (JOBS, _classic)):
        told = [
            (moment, text)
            for moment, text in (
                *_ordinary(host, calendar),
                *_scenes(host, calendar),
                *(_audits(calendar, audit) if audit else ()),
            )
            if calendar.begins <= moment < calendar.at and not (host == JOBS and _silent(calendar, moment))
        ]
        lines = (f"{stamp(moment)} {host.split('.')[0]} {text}\n" for moment, text in sorted(told))
        yield f"logs/sshd/{host}.log", "".join(lines)


def _silent(calendar: Calendar, moment: datetime) -> bool:
    """A day of which the background jobs' host has no log: the disk was full."""
    begin = clock(calendar.day(17), "00:00")
    return begin <= moment < begin + 25 * _HOUR


def _audits(calendar: Calendar, key: str) -> Iterator[tuple[datetime, str]]:
    """The nights before this one's."""
    for number in range(1, DAYS_BEFORE + calendar.nights):
        yield from _sitting(calendar.at - number * DAY + timedelta(seconds=20), "auditor", key, _AUDIT, minutes=1)


def _scenes(host: str, calendar: Calendar) -> Iterator[tuple[datetime, str]]:
    if host == WEB:
        night = calendar.workday(6)
        yield from _sitting(clock(night, "02:14"), "oncall", fingerprint("mia"), VPN, minutes=3)
        yield from _sitting(clock(night, "02:22"), "mia", fingerprint("mia"), VPN, minutes=25)
        command = "USER=root ; COMMAND=/usr/bin/systemctl restart checkout"
        yield clock(night, "02:30"), f"sudo[4711]:      mia : TTY=pts/0 ; PWD=/home/mia ; {command}"
    else:
        yield from _sitting(clock(calendar.workday(2), "20:05"), "tom", fingerprint("tom"), VPN, minutes=4)
        yield from _sitting(clock(calendar.workday(16), "11:10"), "tom", fingerprint("tom"), OFFICE, minutes=9)


def _ordinary(host: str, calendar: Calendar) -> Iterator[tuple[datetime, str]]:
    """The hour's job, strangers at the door, and the pipeline's releases."""
    for release in releases(calendar):
        if release.system == _SYSTEMS[host]:
            begins = release.begins + timedelta(minutes=1)
            yield from _sitting(begins, "deploy", fingerprint("gitlab-runner"), RUNNER, minutes=2)
    for day in calendar.dates():
        chance = random.Random(f"{host} {day}")
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
