"""The story, told once: what happened at Harbour Shop, and what an audit has to say about it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Expected:
    """A finding that the audit must come to. `who` is the person's roster id, or else the account's name."""

    rule: str
    who: str
    system: str | None = None
    ticket: str | None = None
    excepted: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """Something that happened, and what must be found about it: nothing, where all is well."""

    title: str
    told: str
    findings: tuple[Expected, ...] = ()


GOOD = (
    Scene(
        "Twenty minutes for checkout",
        "Customers cannot pay. Nina asks for twenty minutes on checkout under PAY-184; Tom agrees to that task, that "
        "person and that end. She corrects one value, is done after nine minutes, writes down what she did, and the "
        "access is taken away there and then.",
    ),
    Scene(
        "A robot at work",
        "GitLab's pipelines release the shop and the reports several times a week, AWS's own services take their roles "
        "all day, and the shop's containers fetch their secrets. None of them is a person without a ticket.",
    ),
    Scene(
        "People who may",
        "Mia and Leon answer for checkout, Mia and Tom for the background jobs and the reports: their standing access "
        "is meant. Sam and the others read logs, which needs no ticket.",
    ),
    Scene("Behind glass", "The emergency user can do anything, and its only key is inactive until it is needed."),
    Scene(
        "A calm day's drill",
        "Leon practises checkout's rollback, of code and of a setting, and writes down how long each took. After "
        "INC-40 the team went through who still needs what.",
    ),
    Scene(
        "Over by itself",
        "For OPS-7 Leon could release the reports, under a condition with an end. Google lists the binding to this "
        "day, but it opens nothing.",
    ),
    Scene(
        "The owner at work",
        "Tom gives the reports more memory, in Google Cloud, while OPS-19 is open; Frida approved it.",
    ),
    Scene("Strangers", "Somebody guesses passwords at the hosts' doors and at root's, in vain."),
)

BAD = (
    Scene(
        "Access left from an incident",
        "Three weeks ago Leon was given write access to the background jobs to end INC-31. Nobody took it away, and "
        "nobody went through the rights afterwards. This week, in a rushed release, he changed the batch size with it: "
        "no ticket, and no word to anybody.",
        (
            Expected("standing/outlived-task", "leon", "jobs", "INC-31"),
            Expected("changes/no-window", "leon", "jobs"),
            Expected("tasks/no-closeout", "leon", "jobs", "INC-31"),
            Expected("readiness/review-after-incident", "", "jobs", "INC-31"),
        ),
    ),
    Scene(
        "A crowd",
        "Mia and Tom answer for the background jobs; Leon and Nina can change them as well. The policy allows three.",
        (Expected("standing/too-many-writers", "", "jobs"),),
    ),
    Scene(
        "Half a drill",
        "This month's rollback drill of the jobs took back the code. Nobody tried to take back a setting.",
        (Expected("readiness/rollback-drill", "", "jobs"),),
    ),
    Scene(
        "The login that everybody uses",
        "On the web host there is a login `oncall` with Mia's and Leon's keys. At 02:14 somebody used it.",
        (Expected("shared/login", "ssh:oncall@web-1.harbour.example", "checkout"),),
    ),
    Scene(
        "“ok, go”",
        "Tom's approval of OPS-12 is a line from the chat. It names neither the task nor the person nor an end.",
        (Expected("tasks/unapproved", "nina", "jobs", "OPS-12"),),
    ),
    Scene(
        "The contractor",
        "Piet left six weeks ago. GitLab blocked him that day, but his AWS user still has an active key, and his SSH "
        "key still opens the web host.",
        (Expected("standing/departed", "piet"),),
    ),
    Scene(
        "Root, for an invoice",
        "Somebody signed in as root, without a second factor, to download an invoice.",
        (Expected("shared/root", "root"),),
    ),
    Scene(
        "After closing time",
        "Mia closed PAY-179 ten minutes early, and changed checkout once more 14 minutes later.",
        (Expected("changes/outside-window", "mia", "checkout", "PAY-179"),),
    ),
    Scene(
        "Half a log",
        "A change of the infrastructure stopped the trail from recording what is read, for half an hour.",
        (Expected("changes/audit-trail", "terraform"),),
    ),
    Scene(
        "A release at twenty to ten",
        "Leon let a release of checkout begin in the evening, when nobody was there to watch it.",
        (Expected("changes/release-hours", "leon", "checkout"),),
    ),
    Scene(
        "The robot, without its pipeline",
        "At a quarter to midnight the pipeline's role restarted checkout, from an address that nobody knows. No "
        "pipeline was running.",
        (Expected("changes/around-the-pipeline", "ci-deploy", "checkout"),),
    ),
    Scene(
        "A day for a small change",
        "OPS-14 opened checkout to Leon for eight and a half hours; the policy gives routine work one.",
        (Expected("tasks/too-long", "leon", "checkout", "OPS-14"),),
    ),
    Scene(
        "Asked and answered",
        "Tom approved his own access under OPS-15.",
        (Expected("tasks/self-approved", "tom", "jobs", "OPS-15"),),
    ),
    Scene(
        "Approved at breakfast",
        "Mia ended INC-40 at three in the morning. The note that approves it was written at nine.",
        (Expected("tasks/late-approval", "mia", "checkout", "INC-40"),),
    ),
    Scene(
        "Just looking",
        "Tom logged in to the jobs' host one evening, changed nothing, and had no task.",
        (Expected("changes/login-without-window", "tom", "jobs"),),
    ),
    Scene(
        "The founder's keys to everything",
        "Frida set up the account years ago and can still do anything in it.",
        (Expected("standing/admin-access", "frida"),),
    ),
    Scene(
        "She helped out once",
        "Sam, in support, can still stop checkout's tasks.",
        (Expected("standing/beyond-job", "sam", "checkout"),),
    ),
    Scene(
        "A favour",
        "Mia made Nina a maintainer of checkout's project in GitLab, for a month. No ticket says why, and as a "
        "maintainer Nina can let others in.",
        (
            Expected("tasks/none", "nina", "checkout"),
            Expected("changes/no-window", "mia", "checkout"),
            Expected("standing/beyond-job", "nina", "checkout"),
        ),
    ),
    Scene(
        "The migration is over",
        "For a migration Nina was let write to every table of the reports in BigQuery, with no end. She still is.",
        (Expected("standing/beyond-job", "nina", "reports"),),
    ),
    Scene(
        "Nobody's user",
        "There is a user `test-old` with an active key. Nobody knows whose.",
        (Expected("standing/unknown-person", "test-old"),),
    ),
    Scene(
        "An old key",
        "Tom's access key is more than a year old.",
        (Expected("standing/old-credential", "tom"),),
    ),
    Scene(
        "A day without a log",
        "The log of the jobs' host is silent for a day.",
        (Expected("evidence/gap", "jobs-1.harbour.example", "jobs"),),
    ),
    Scene(
        "What the trail does not see",
        "The trail records who changes what, in every region, and not who reads or writes what is stored.",
        (Expected("evidence/not-recorded", "123456789012"),),
    ),
    Scene(
        "Agreed until further notice, with a date",
        "Nina can release the background jobs at any time. Tom has agreed to that for two months: the finding is still "
        "listed, and counts for nothing.",
        (Expected("standing/write-access", "nina", "jobs", excepted=True),),
    ),
)


def expected() -> frozenset[Expected]:
    """Every finding that the audit must come to, and no other."""
    return frozenset(finding for scene in BAD for finding in scene.findings)


def text() -> str:
    """The story for whoever opens the folder, in Markdown."""
    lines = ["# Harbour Shop", "", "An invented company, in an audit that is real. Nobody in it exists.", ""]
    for heading, scenes in (("What went well", GOOD), ("What the audit finds", BAD)):
        lines += [f"## {heading}", ""]
        for scene in scenes:
            rules = ", ".join(f"`{finding.rule}`" for finding in scene.findings)
            lines.append(f"- **{scene.title}.** {scene.told}{f' → {rules}' if rules else ''}")
        lines.append("")
    return "\n".join(lines)
