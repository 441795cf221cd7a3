"""What each rule is called in a report, and what its findings ask the team to decide."""

from dataclasses import dataclass

from auditor.rules.controls import FRAMEWORKS


@dataclass(frozen=True, slots=True)
class Decision:
    """One kind of thing to decide: findings that ask for the same move stand together."""

    key: str
    heading: str
    proposal: str


TAKE_AWAY = Decision(
    "take-away",
    "Take access away",
    "Revoke each right listed, or give it a named task and an end. The cleanup script beside this revokes them.",
)
SEPARATE = Decision(
    "separate",
    "Give everyone a login of their own",
    "Give each person their own login or key, move the robots to their own, then close the shared one.",
)
RENEW = Decision(
    "renew",
    "Renew or retire credentials",
    "Make a new credential with an end date, switch over, and deactivate the old one.",
)
ASK = Decision(
    "ask",
    "Ask what happened",
    "Ask the person named while they remember, check the change with the owner, and write the ticket.",
)
COMPLETE = Decision(
    "complete",
    "Put the record right",
    "Have an approver who is not the requester look at each ticket; add what is missing, or end the access.",
)
PREPARE = Decision(
    "prepare",
    "Be ready for tonight",
    "Name who does it and by when: a drill, a review, an owner, or the rights that the person on duty needs.",
)
SEE = Decision(
    "see",
    "See what was not seen",
    "Repair the source and audit again: until then, nothing that rests on it can be called clean.",
)
OTHER = Decision("other", "Decide", "Follow the next step that each finding names.")

DECISIONS = (TAKE_AWAY, SEPARATE, RENEW, ASK, COMPLETE, PREPARE, SEE, OTHER)

_OF_FAMILY = {
    "standing": TAKE_AWAY,
    "shared": SEPARATE,
    "tasks": COMPLETE,
    "changes": ASK,
    "readiness": PREPARE,
    "evidence": SEE,
}
_OF_RULE = {
    "standing/old-credential": RENEW,
    "standing/open-break-glass": RENEW,
    "shared/root": ASK,
    "shared/service-account-by-person": ASK,
    "shared/two-places": RENEW,
    "shared/borrowed-name": ASK,
    "tasks/wider-than-approved": TAKE_AWAY,
}

HEADINGS = {
    "standing/write-access": "Can change production at any time",
    "standing/admin-access": "Unrestricted access",
    "standing/too-many-writers": "More people can change it than agreed",
    "standing/outlived-task": "Access that outlived its task",
    "standing/unused": "Access nobody uses",
    "standing/departed": "Left, and still able to get in",
    "standing/unknown-person": "Access of somebody nobody knows",
    "standing/read-access": "Can read production data at any time",
    "standing/beyond-job": "More access than the job needs",
    "standing/conflicting-rights": "Rights that should be apart",
    "standing/old-credential": "Keys and tokens that are too old",
    "standing/open-break-glass": "Emergency access left open",
    "standing/repeated-extension": "Temporary access renewed again and again",
    "shared/login": "Logins used by several people",
    "shared/ssh-key": "SSH keys under several names",
    "shared/two-places": "One credential in two places at once",
    "shared/root": "The root account was used",
    "shared/service-account-by-person": "Service accounts used by people",
    "shared/unattributable": "Sessions of nobody in particular",
    "shared/borrowed-name": "Sessions under somebody else's name",
    "tasks/none": "Access given without a ticket",
    "tasks/unknown": "Tickets that do not exist or do not fit",
    "tasks/unapproved": "Access without an approval",
    "tasks/self-approved": "Approved by the person who asked",
    "tasks/late-approval": "Approved after it began",
    "tasks/vague": "Tickets that do not say what for",
    "tasks/too-long": "Access for longer than agreed",
    "tasks/no-second-reviewer": "Risky work with one pair of eyes",
    "tasks/wider-than-approved": "More was given than approved",
    "tasks/no-closeout": "Closed without a word of what was done",
    "tasks/rewritten": "Tickets rewritten after access began",
    "changes/no-window": "Changes without any ticket",
    "changes/outside-window": "Changes before or after the agreed time",
    "changes/beyond-scope": "Changes beyond what was asked",
    "changes/login-without-window": "Logins without a ticket",
    "changes/release-hours": "Releases at the wrong time",
    "changes/around-the-pipeline": "The pipeline's identity used without a pipeline",
    "changes/not-named": "Changes by somebody not named for them",
    "changes/incomplete-note": "Releases with an incomplete note",
    "changes/audit-trail": "Changes to the audit trail",
    "changes/break-glass": "Emergency access without an incident",
    "readiness/rollback-drill": "Rollback not practised",
    "readiness/review-after-incident": "Rights not reviewed after an incident",
    "readiness/log-access": "On duty, and unable to read the logs",
    "readiness/ownership": "Systems without an owner",
    "evidence/source-failed": "Sources that could not be read",
    "evidence/gap": "Times and places no log covers",
    "evidence/altered": "Evidence that was altered",
    "evidence/not-recorded": "Trails that leave things out",
}


def heading(rule: str) -> str:
    """What a rule's findings are called; a rule without a heading goes by its name."""
    return HEADINGS.get(rule) or rule.rsplit("/", 1)[-1].replace("-", " ").capitalize()


def decision(rule: str) -> Decision:
    """What a rule's findings ask for."""
    return _OF_RULE.get(rule) or _OF_FAMILY.get(rule.split("/", 1)[0], OTHER)


def framework(key: str) -> str:
    """A framework's published name."""
    return FRAMEWORKS.get(key, key)
