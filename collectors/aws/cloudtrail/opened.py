"""What the answer to a call tells: the session that was opened, its key, and the ids of what was made."""

from auditor.model.details import as_object
from collectors.aws.cloudtrail.shapes import Record, loose, text
from collectors.aws.cloudtrail.typed import identity_of, session_of
from collectors.public_keys import public_key

# Where the answer to a call has the id of what it made: a key, a membership of a group of Identity Center.
_MAKES = {
    ("iam.amazonaws.com", "CreateAccessKey"): ("accessKey", "accessKeyId"),
    ("identitystore.amazonaws.com", "CreateGroupMembership"): ("membershipId",),
}


def session_opened(record: Record) -> tuple[str | None, str | None]:
    """The session that a call opened, and its key. Where the answer is not recorded, the request tells the session."""
    if record.event_name == "SwitchRole":
        return _switched(record), None
    if record.event_name == "StartAutomationExecution":
        return _automated(record), None
    if record.event_name in ("SendSSHPublicKey", "SendSerialConsoleSSHPublicKey"):
        return None, _pushed(record)
    answered = session_of(record.response_elements)
    credential = (answered.credentials and answered.credentials.access_key_id) or None
    for user in (answered.assumed_role_user, answered.federated_user):
        if user and user.arn:
            return user.arn, credential
    asked = as_object(loose(record.request_parameters))
    return _session(text(asked.get("roleArn")), text(asked.get("roleSessionName"))), credential


def _pushed(record: Record) -> str | None:
    """The key of SSH that somebody lets in to an instance for a minute, as hosts tell keys."""
    asked = as_object(loose(record.request_parameters))
    key = text(as_object(asked.get("SSHKey")).get("publicKey")) or text(asked.get("sSHPublicKey"))
    try:
        return f"ssh-key:{public_key(key)[0]}" if key else None
    except ValueError:
        return None


def _session(role: str | None, name: str | None) -> str | None:
    """A session of a role by its name; its ARN leaves out the role's path."""
    parts = role.split(":", 5) if role else []
    arn_parts = 6
    if not name or len(parts) != arn_parts or not parts[-1].startswith("role/"):
        return None
    return f"arn:{parts[1]}:sts::{parts[4]}:assumed-role/{parts[-1].rsplit('/', 1)[-1]}/{name}"


def _automated(record: Record) -> str | None:
    """The session of the role that an automation acts as for whoever started it: it bears the execution's id."""
    asked = as_object(as_object(loose(record.request_parameters)).get("parameters"))
    role = asked.get("AutomationAssumeRole")
    execution = text(as_object(loose(record.response_elements)).get("automationExecutionId"))
    given = role[0] if isinstance(role, list) and role else role
    return _session(text(given), f"Automation-{execution}") if execution else None


def ids_made(record: Record) -> dict[str, str]:
    """The id of what a call made, which its answer alone tells and what is done to it later names it by."""
    path = _MAKES.get((record.event_source, record.event_name), ())
    answered = loose(record.response_elements) if path else None
    for name in path:
        answered = as_object(answered).get(name)
    made = text(answered)
    return {path[-1]: made} if made else {}


def _switched(record: Record) -> str | None:
    """The session that a console opens when somebody switches to a role there: it bears the name of theirs."""
    role = text(as_object(loose(record.additional_event_data)).get("SwitchTo")) or ""
    identity = identity_of(record.user_identity)
    name = identity.user_name or (identity.arn or "").rpartition("/")[2]
    account, _, path = role.partition(":role/")
    return (
        f"{account.replace(':iam:', ':sts:')}:assumed-role/{path.rpartition('/')[2]}/{name}" if path and name else None
    )
