"""Every evidence table there is."""

from auditor.model.signals import Signal
from auditor.model.tables import (
    Account,
    Activity,
    Approval,
    Coverage,
    Credential,
    Deployment,
    Duty,
    Grant,
    Membership,
    Pipeline,
    Policy,
    ReadObject,
    Row,
    ServiceUse,
    Ticket,
    Trail,
    TrailDigest,
)

TABLES: tuple[type[Row], ...] = (
    Account,
    Membership,
    Grant,
    Policy,
    Credential,
    ServiceUse,
    Activity,
    Trail,
    TrailDigest,
    Deployment,
    Pipeline,
    Ticket,
    Approval,
    Duty,
    Signal,
    Coverage,
    ReadObject,
)
