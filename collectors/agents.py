"""Programs that act by themselves in somebody's name, by what they call themselves."""

import re
from functools import lru_cache

# Agents of the day, and whatever speaks the protocol by which they use tools.
_AGENT = re.compile(
    r"(?<![a-z])(?:aws-mcp|mcp|claude(?:-code)?|amazon-?q|codex|cursor|copilot|gemini(?:-cli)?|kiro|windsurf|aider|devin)"
    r"(?![a-z])",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def agent_in(user_agent: str | None) -> str | None:
    """`agent:` and its name, as the column `invoked_by` has it; None where the program does not say that it is one."""
    found = _AGENT.search(user_agent[:512]) if user_agent else None
    return f"agent:{found[0].lower()}" if found else None
