"""What the stored files of audit trails came to: which chains of digests hold, and where they are broken."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from auditor.model.findings import Evidence


class Break(StrEnum):
    """What can be wrong with a chain of CloudTrail digests, or with what it lists."""

    LOG_FILE = "log file"
    LOG_FILES_GONE = "log files gone"
    DIGEST = "digest"
    LINK = "link"
    HOLE = "hole"


class Alteration(Struct, frozen=True, kw_only=True):
    """A place where stored logs are not what their provider says they are.

    Args:
        chain: account, region and trail, as one reads them.
        resource: the object that it is about, or that it shows the loss of.
        starts_at: what was delivered from then on cannot be relied on.
        ends_at: until then.
        reason: what does not agree, as far as the kind does not say it.
        missing: the start of each hour without a digest, or the keys of the files that are gone.
        signatures: whether AWS's signatures confirm the chain's digests, in words.
        evidence: the objects that disagree.
    """

    kind: Break
    account: str
    chain: str
    resource: str
    starts_at: datetime
    ends_at: datetime
    reason: str = ""
    missing: tuple[str, ...] = ()
    signatures: str = ""
    evidence: tuple[Evidence, ...] = ()


class TrailFiles(Struct, frozen=True, kw_only=True):
    """What CloudTrail's digests came to.

    Args:
        accounts: AWS accounts of which there are digests.
        alterations: every broken place.
        in_order: chains that hold, as one reads them.
        unjudged: chains and regions that could not be judged, or not all of them, and why.
    """

    accounts: frozenset[str] = frozenset()
    alterations: tuple[Alteration, ...] = ()
    in_order: tuple[str, ...] = ()
    unjudged: tuple[tuple[str, str], ...] = ()
