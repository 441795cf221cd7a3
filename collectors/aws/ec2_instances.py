"""EC2's key pairs and instances as rows. Pure: live answers and dumps go through the same steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from auditor.config.sources import AwsEc2Keys
from auditor.model.handles import write_handle
from auditor.model.tables import Coverage, Credential, Grant, ReadObject
from collectors.aws.iam.shapes import Moment, Tag
from collectors.aws.lines import Bad, Line, lines
from collectors.base import Batch, Context, Normalised, Raw
from collectors.ssh.authorized_keys import fingerprint
from collectors.stamping import Complaints, Place, Rows, Stamp, snapshot_coverage

_GONE = frozenset({"terminated", "shutting-down"})
_S = TypeVar("_S", bound=msgspec.Struct)


class KeyPair(msgspec.Struct, frozen=True, rename="pascal"):
    """A key pair."""

    key_name: str
    key_pair_id: str | None = None
    public_key: str | None = None
    create_time: Moment | None = None


class State(msgspec.Struct, frozen=True, rename="pascal"):
    """Whether an instance runs."""

    name: str = ""


class Instance(msgspec.Struct, frozen=True, rename="pascal"):
    """An instance and the key pair that it was started with."""

    instance_id: str
    key_name: str | None = None
    state: State = State()
    tags: tuple[Tag, ...] = ()


@dataclass(slots=True)
class Reader:
    """Reads the one batch of a snapshot."""

    source: AwsEc2Keys
    context: Context
    rows: Rows = field(default_factory=Rows)
    told: Complaints = field(default_factory=Complaints)
    keys: dict[tuple[str, str], Credential] = field(default_factory=dict)
    grants: dict[tuple[str, str], Grant] = field(default_factory=dict)

    def read(self, batch: Batch) -> Normalised:
        """The batch as rows, with a line of coverage for the account."""
        found = [self._take(raw) for raw in batch]
        for said, _, _ in found:
            self._pairs(said)
        for said, _, _ in found:
            self._instances(said)
        self.rows.extend(self.keys.values())
        self.rows.extend(self.grants.values())
        self.rows.objects = [
            self._object(raw, place, problems) for raw, (_, place, problems) in zip(batch, found, strict=True)
        ]
        self.rows.coverage = [self._coverage(found[0][1])]
        return self.rows.normalised()

    def _take(self, raw: Raw) -> tuple[list[tuple[Stamp, Line]], Place, Complaints]:
        problems, said = Complaints(), []
        place = Place(self.source.name, self.context.collected_at, raw.origin)
        try:
            data = raw.load()
        except OSError as error:
            self._note(problems, f"{raw.origin} cannot be read: {error.strerror}")
            return [], place, problems
        place = Place.of(self.source.name, self.context, raw, data)
        for number, line in enumerate(lines(data)):
            if isinstance(line, Bad):
                problems.reject(line.why, f"line {number + 1}")
                self.told.reject(line.why, f"line {number + 1} of {raw.origin}")
            elif line.error is not None:
                self._note(problems, line.error)
            elif line.call:
                said.append((place.at(number), line))
        return said, place, problems

    def _note(self, problems: Complaints, sentence: str) -> None:
        problems.note(sentence)
        self.told.note(sentence)

    def _pairs(self, said: list[tuple[Stamp, Line]]) -> None:
        for at, line in said:
            region = line.region or self.source.region or ""
            for pair in self._each((line.reply or {}).get("KeyPairs"), KeyPair):
                row = self._key(at, region, pair)
                self.keys.setdefault((region, pair.key_name), row)

    def _instances(self, said: list[tuple[Stamp, Line]]) -> None:
        for at, line in said:
            region = line.region or self.source.region or ""
            for reservation in _listed((line.reply or {}).get("Reservations")):
                listed = reservation.get("Instances") if isinstance(reservation, dict) else None
                for instance in self._each(listed, Instance):
                    if instance.key_name and instance.state.name not in _GONE:
                        self._opened(at, region, instance.key_name, instance)

    def _opened(self, at: Stamp, region: str, name: str, instance: Instance) -> None:
        # The pair may have been deleted: the key that it put on the instance still opens it.
        key = self.keys.setdefault((region, name), self._key(at, region, KeyPair(key_name=name)))
        title = next((tag.value for tag in instance.tags if tag.key == "Name" and tag.value), None)
        arn = f"arn:aws:ec2:{region}:{self.source.account}:instance/{instance.instance_id}"
        grant = Grant(
            **at,
            principal=key.account,
            role=f"key pair {name}",
            resource=f"{arn} ({title})" if title else arn,
            provider="aws",
            granted_at=None,
        )
        self.grants.setdefault((grant.principal, arn), grant)

    def _key(self, at: Stamp, region: str, pair: KeyPair) -> Credential:
        account = self.source.account
        known = pair.key_pair_id or pair.key_name
        handle = write_handle("aws", "ec2-key-pair", account, region=region, key=pair.key_pair_id, name=pair.key_name)
        return Credential(
            **at,
            credential=_print(pair) or f"ec2-key-pair:{account}:{region}:{pair.key_name}",
            kind="ssh-key",
            account=f"arn:aws:ec2:{region}:{account}:key-pair/{known}",
            provider="aws",
            resource=account,
            created_at=pair.create_time,
            comment=pair.key_name,
            handle=handle if pair.key_pair_id else None,
        )

    def _each(self, values: Any, shape: type[_S]) -> Iterator[_S]:
        """The values in their shape; a bad one costs itself only."""
        for value in _listed(values):
            try:
                yield msgspec.convert(value, shape, strict=False)
            except msgspec.ValidationError as error:
                self.told.reject(f"a {shape.__name__} is not as EC2 writes it: {error}")

    def _object(self, raw: Raw, place: Place, problems: Complaints) -> ReadObject:
        return ReadObject(
            **place.at(),
            version=raw.version,
            rows=self.rows.counted(raw.origin),
            rejected=problems.rejected,
            status="partial" if problems else "ok",
            reason=problems.sentence(),
        )

    def _coverage(self, place: Place) -> Coverage:
        failed = bool(self.told) and not len(self.rows)
        return snapshot_coverage(place, self.source.account, len(self.rows), self.told, failed=failed)


def _print(pair: KeyPair) -> str | None:
    """The key's fingerprint as sshd's log has it, where its public half is known."""
    words = (pair.public_key or "").split()
    try:
        return f"ssh-key:{fingerprint(words[0], words[1])}"
    except (ValueError, IndexError):
        return None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
