"""What credential reports of IAM look like, which IAM answers in Base64."""

import re

from collectors.aws.iam.dump import unpacked_report
from collectors.recognise import Recognised

_ARN = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):")


def recognised(name: str, head: str) -> Recognised | None:
    """The source that reads a file which begins like this."""
    del name
    report = unpacked_report(head)
    if not report.startswith("user,arn,user_creation_time,"):
        return None
    found = _ARN.search(report)
    return Recognised("aws-iam", "iam", "credential_report", account=found[1] if found else None)
