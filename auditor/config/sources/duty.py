"""Sources of rotas: who is on duty when."""

from typing import Literal

from pydantic import Field, model_validator

from auditor.config.base import Text, Variable, WebAddress, optional, several
from auditor.config.sources.base import Source


class OnCall(Source):
    """A rota: an iCalendar feed by its address, a file of one, or PagerDuty's schedules."""

    FEEDS = ("duties",)
    ONE_OF = ("url", "url_env", "path", "token_env")

    kind: Literal["on-call"]
    url: WebAddress | None = optional("address of an iCalendar feed that is no secret")
    url_env: Variable | None = optional("name of the environment variable that holds the address, where it is a secret")
    path: Text | None = optional("iCalendar file")
    systems: tuple[Text, ...] = several("ids of the systems that the calendar is for")
    token_env: Variable | None = optional(
        "name of the environment variable that holds a key of PagerDuty's API that only reads"
    )
    schedules: dict[Text, tuple[Text, ...]] = Field(
        default={}, description="ids of PagerDuty's schedules, each with its systems, as in `{PI7DH85: [checkout]}`"
    )
    api: WebAddress = Field(default="https://api.pagerduty.com", description="address of PagerDuty's API")

    @property
    def covers(self) -> frozenset[str]:
        """The systems whose duty it tells."""
        return frozenset(self.systems).union(*self.schedules.values())

    @model_validator(mode="after")
    def _one_rota(self) -> "OnCall":
        if bool(self.schedules) != bool(self.token_env) or bool(self.systems) == bool(self.token_env):
            raise ValueError("expected schedules beside token_env, and systems beside a calendar")
        return self
