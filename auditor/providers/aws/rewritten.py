"""AWS's rows with another document in the place of a policy."""

from msgspec.structs import replace

from auditor.errors import UsageError
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Account, Policy
from auditor.providers.aws.policy import MalformedPolicyError, parse


def aws_rewritten(rows: Snapshots, holder: Account, text: str, replaces: str | None) -> Snapshots:
    """Snapshots in which a user, role or group has another document in the place of one of its policies.

    A policy that others hold too is replaced for this holder alone; of a holder without any it becomes its own.

    Raises:
        UsageError: it is no policy document, or it is not said which policy it replaces.
    """
    try:
        parse(text)
    except MalformedPolicyError as error:
        raise UsageError(f"The document is no policy that AWS would take: {error}.", do="Mend it.") from error
    own = [row for row in rows.policies if row.kind == "identity" and row.attached_to == holder.account]
    named = own if replaces is None else [row for row in own if replaces in (row.name, row.policy)]
    if (own and len(named) != 1) or (replaces and not own):
        names = ", ".join(sorted(row.name or row.policy for row in own)) or "none"
        raise UsageError(
            f"It is not told which policy of {holder.name or holder.account} the document replaces.",
            means=f"It has {names}.",
            do="Name one with --replaces.",
        )
    if named:
        policies = [replace(row, document=text) if row is named[0] else row for row in rows.policies]
        return replace(rows, policies=policies)
    added = Policy(
        source=holder.source,
        collected_at=holder.collected_at,
        origin=holder.origin,
        policy=f"{holder.account}#new",
        kind="identity",
        attached_to=holder.account,
        name="new",
        document=text,
    )
    return replace(rows, policies=[*rows.policies, added])
