"""What the findings of a rule ask the team for: those that ask for the same are decided together."""

from msgspec import Struct


class Ask(Struct, frozen=True):
    """One kind of thing to decide."""

    key: str
    heading: str
    proposal: str


NAME = Ask(
    "name",
    "Say whose it is",
    "Add the line of each account to auditor.yaml, under whoever answers for it; take away only what nobody claims.",
)
TAKE_AWAY = Ask(
    "take-away",
    "Take access away",
    "Revoke each right listed, or give it a named task and an end. The script beside this holds what was decided on, "
    "and what people who have left still hold.",
)
SEPARATE = Ask(
    "separate",
    "Give everyone a login of their own",
    "Give each person their own login or key, move the robots to their own, then close the shared one.",
)
RENEW = Ask(
    "renew",
    "Renew or retire credentials",
    "Make a new credential with an end date, switch over, and deactivate the old one.",
)
ASK = Ask(
    "ask",
    "Ask what happened",
    "Ask the person named while they remember, check the change with the owner, and write the ticket.",
)
COMPLETE = Ask(
    "complete",
    "Put the record right",
    "Have an approver who is not the requester look at each ticket; add what is missing, or end the access.",
)
PREPARE = Ask(
    "prepare",
    "Be ready for tonight",
    "Name who does it and by when: a drill, a review, an owner, or the rights that the person on duty needs.",
)
AGREE = Ask(
    "agree",
    "Agree to the policy",
    "Have an approver who gains nothing by it agree to each change of auditor.yaml, or set it back.",
)
SEE = Ask(
    "see",
    "See what was not seen",
    "Repair the source and audit again: until then, nothing that rests on it can be called clean.",
)
OTHER = Ask("other", "Decide", "Follow the next step that each finding names.")

ASKS = (NAME, TAKE_AWAY, SEPARATE, RENEW, ASK, COMPLETE, PREPARE, AGREE, SEE, OTHER)
"""In the order in which a meeting takes them."""
