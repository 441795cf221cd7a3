"""When users and roles last called each service, as AWS counts it (get-service-last-accessed-details)."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec

from auditor.model.tables import ServiceUse
from collectors.aws.iam.dump import documents
from collectors.aws.iam.shapes import ServicesLastAccessed
from collectors.stamping import Complaints, Place

# AWS remembers calls for at least so long.
_REMEMBERED = timedelta(days=400)


def answers(data: bytes) -> list[ServicesLastAccessed]:
    """The answer for each user and role, in its order.

    Raises:
        ValueError: it is something else.
    """
    return [msgspec.convert(document, ServicesLastAccessed) for document in documents(data)]


def service_uses(place: Place, data: bytes, scope: str, complaints: Complaints) -> Iterator[ServiceUse]:
    """A row for each service that AWS lists for a user or role of the account `scope`.

    Raises:
        ValueError: as `answers` does.
    """
    for number, answer in enumerate(answers(data)):
        if answer.completed is None or answer.status != "COMPLETED":
            complaints.note("AWS did not make the list of services that were last used", answer.arn)
            continue
        for service in answer.services:
            yield ServiceUse(
                **place.at(number),
                account=answer.arn,
                provider="aws",
                scope=scope,
                service=service.namespace,
                last_used_at=service.last_used_at,
                watched_since=answer.completed - _REMEMBERED,
            )
