"""Asks hosts over SSH: many at once, each on its own, none trusted whose key is not on record.

What a host answers is held compressed, so that a night's logs of many hosts fit into memory and travel to workers.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from auditor.config.sources.ssh import SshKeys, SshLogins, host_and_port
from collectors.base import Context, Raw, as_text
from collectors.refusals import refusal
from collectors.ssh.plan import Command
from collectors.ssh.refusals import UnansweredError, unanswered

if TYPE_CHECKING:
    from asyncssh import SSHClientConnection, SSHReader  # noqa: TC004 - asyncssh takes 0.2 s to import

AT_ONCE = 8
"""So many hosts are asked at the same time."""

MOST_BYTES = 32 * 2**20
"""So much of one answer is read."""

_MOST_SAID = 64 * 2**10
_CHUNK = 2**16
# So many hosts' answers are held before they are handed on.
_GROUP = 4 * AT_ONCE
_PORT = 22


class Target(Struct, frozen=True):
    """A host: `name` as evidence has it, and where it is reached."""

    name: str
    address: str
    port: int


class Answer(Struct, frozen=True):
    """What came of a command.

    Args:
        status: its exit status; 127 where the host has no such program, -1 where a signal ended it.
        packed: its output, compressed.
        said: its messages.
        cut: there was more output than is read.
    """

    status: int
    packed: bytes
    said: str
    cut: bool = False

    def output(self) -> bytes:
        """Its output."""
        return zlib.decompress(self.packed)

    @property
    def ok(self) -> bool:
        """Whether it ended well."""
        return self.status == 0

    def raw(self, origin: str, part: str) -> Raw:
        """Its output as a raw object, which nothing but the evidence store keeps."""
        return received(origin, self.packed, part)


class Session(Struct, frozen=True):
    """A connection to a host."""

    target: Target
    connection: SSHClientConnection
    patience: float

    async def ask(self, command: Command, *, sudo: bool = False, since: int = 0, given: bytes = b"") -> Answer:
        """Run one command of the plan, as root where `sudo` says so.

        `since` is seconds since 1970, for a command that ends with them; `given` is its standard input.

        Raises:
            UnansweredError: the host does not answer in time, or the connection broke.
        """
        line = command.line(sudo=sudo, since=since)
        try:
            return await asyncio.wait_for(self._run(line, given), self.patience)
        except TimeoutError as error:
            what = f"it did not answer within {self.patience:.0f} seconds: {line}"
            raise UnansweredError(what) from error

    async def _run(self, line: str, given: bytes) -> Answer:
        import asyncssh

        try:
            # No `async with`: leaving it waits for the program's end, which may never come.
            process = await self.connection.create_process(line, encoding=None)
            # A program that has ended by now did not want to read it.
            with suppress(BrokenPipeError):
                process.stdin.write(given)
                process.stdin.write_eof()
            (packed, cut), said = await asyncio.gather(output_of(process.stdout), _said(process.stderr))
            if cut:
                process.close()
            else:
                await process.wait_closed()
            status = process.exit_status
            return Answer(-1 if status is None else status, packed, said, cut)
        except (asyncssh.Error, OSError) as error:
            raise UnansweredError(
                f"the connection broke during {line}: {str(error) or type(error).__name__}"
            ) from error


Job = Callable[[Session], AsyncIterator[Raw]]


def received(origin: str, packed: bytes, part: str, version: str = "") -> Raw:
    """A raw object of compressed bytes, which nothing but the evidence store keeps."""
    return Raw(origin, partial(zlib.decompress, packed), version=version, part=part, size=len(packed), original=True)


def targets(source: SshKeys | SshLogins) -> list[Target]:
    """The hosts of a source."""
    found = []
    for written in source.hosts:
        name, port = host_and_port(written)
        address, other = host_and_port(source.addresses.get(name, name))
        found.append(Target(name, address, other or port or _PORT))
    return found


def visit(
    source: SshKeys | SshLogins, context: Context, job: Job, lost: Callable[[str, str], Raw]
) -> Iterator[list[Raw]]:
    """What the job reads from each host, in their order, some hosts at a time.

    Args:
        source: which hosts, and how to log in.
        context: where relative paths start.
        job: reads one host.
        lost: makes the raw object of a host's name and a sentence, for a host that cannot be read or not to its end.

    Raises:
        SourceError: there is no key to log in with, or no record of the hosts' keys.
    """
    login = _login(source, context)
    hosts = iter(targets(source))
    while group := list(islice(hosts, _GROUP)):
        yield from asyncio.run(_visit(source, login, group, job, lost))


def _login(source: SshKeys | SshLogins, context: Context) -> dict[str, Any]:
    import asyncssh

    identity, known = (_path(path, context) for path in (source.identity_file, source.known_hosts))
    try:
        keys = asyncssh.load_keypairs(str(identity))
    except (OSError, ValueError) as error:
        locked = isinstance(error, asyncssh.KeyEncryptionError) or "passphrase" in str(error).lower()
        why = "it asks for a passphrase" if locked else getattr(error, "strerror", None) or str(error)
        raise refusal("source", "no key", name=source.name, path=source.identity_file, why=why) from error
    try:
        trusted = asyncssh.read_known_hosts(str(known))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise refusal("source", "no known hosts", name=source.name, path=source.known_hosts, why=why) from error
    return {"client_keys": keys, "known_hosts": trusted, "username": source.user}


def _path(written: str, context: Context) -> Path:
    return context.path(str(Path(written).expanduser()))


async def _visit(
    source: SshKeys | SshLogins,
    login: dict[str, Any],
    group: Sequence[Target],
    job: Job,
    lost: Callable[[str, str], Raw],
) -> list[list[Raw]]:
    door = asyncio.Semaphore(AT_ONCE)

    async def one(target: Target) -> list[Raw]:
        raws: list[Raw] = []
        async with door:
            try:
                async with await _connect(target, source, login) as connection:
                    session = Session(target, connection, source.command_timeout.total_seconds())
                    async for raw in job(session):
                        # What came before a break stays read.
                        raws.append(raw)  # noqa: PERF401
            except UnansweredError as error:
                raws.append(lost(target.name, str(error)))
        return raws

    return await asyncio.gather(*map(one, group))


async def _connect(target: Target, source: SshKeys | SshLogins, login: dict[str, Any]) -> SSHClientConnection:
    """A connection with nothing of the machine's own: no ssh_config, no agent, no other key, no password.

    Raises:
        UnansweredError: says why there is none.
    """
    import asyncssh

    patience = source.connect_timeout.total_seconds()
    try:
        return await asyncio.wait_for(
            asyncssh.connect(
                target.address,
                target.port,
                config=None,
                agent_path=None,
                preferred_auth="publickey",
                gss_host=None,
                **login,
            ),
            patience,
        )
    except TimeoutError as error:
        raise UnansweredError(f"it did not answer within {patience:.0f} seconds") from error
    except (asyncssh.Error, OSError) as error:
        known = asyncssh.match_known_hosts(login["known_hosts"], target.address, "", target.port)
        raise UnansweredError(
            unanswered(error, target.address, target.port, source.user, on_record=any(known[:3]))
        ) from error


async def output_of(stream: SSHReader[bytes]) -> tuple[bytes, bool]:
    """What a host sends, compressed, up to `MOST_BYTES` of it; and whether there was more."""
    packer, size = zlib.compressobj(1), 0
    packed: list[bytes] = []
    while size < MOST_BYTES:
        chunk = await stream.read(min(_CHUNK, MOST_BYTES - size))
        if not chunk:
            return b"".join([*packed, packer.flush()]), False
        size += len(chunk)
        packed.append(packer.compress(chunk))
    more = await stream.read(1)
    return b"".join([*packed, packer.flush()]), bool(more)


async def _said(stream: SSHReader[bytes]) -> str:
    said = b""
    while chunk := await stream.read(_CHUNK):
        said = (said + chunk)[:_MOST_SAID]
    return as_text(said)
