"""Credentials and sessions that several people share: afterwards nobody can say who."""

from auditor.rules.shared.agents import agent_beyond_task
from auditor.rules.shared.credentials import login, ssh_key
from auditor.rules.shared.names import borrowed_name
from auditor.rules.shared.robots import service_account_by_person
from auditor.rules.shared.sessions import root, two_places, unattributable

RULES = (
    login,
    ssh_key,
    two_places,
    root,
    service_account_by_person,
    unattributable,
    borrowed_name,
    agent_beyond_task,
)
