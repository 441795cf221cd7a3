"""Saved searches: what monitoring is asked about each system."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from auditor.config.base import Duration, Model, Name, Text, WebAddress, optional

SIGNAL_KINDS = ("prometheus", "loki", "grafana", "sentry")
"""The kinds of source that a saved search can ask."""


class SavedSearch(Model):
    """A search that a source of monitoring is asked for a system each night, such as its errors."""

    system: Text = Field(description="id of the system that it tells of")
    name: Name = Field(description="its name in reviews, such as errors")
    source: Text = Field(description="the source that is asked: one of Prometheus, Loki, Grafana or Sentry")
    query: str = Field(
        default="",
        description="PromQL; LogQL that gives numbers; words of Grafana's tags, alerts and labels, with commas "
        "between them; or a search of Sentry's",
    )
    alive: Text | None = optional(
        "query that is above zero while what is counted would be seen: no value then means zero"
    )
    project: Text | None = optional("Sentry's project, by its slug")
    dashboard: WebAddress | None = optional(
        "where people look at it; `{from}` and `{to}` in it become the times of a review, in milliseconds "
        "since 1970, as Grafana takes them"
    )
    unit: str = Field(default="", max_length=40, description="what its values count, such as errors/s")
    step: Annotated[Duration, Field(ge=timedelta(seconds=10), le=timedelta(hours=1))] = Field(
        default=timedelta(minutes=1), description="time from one value to the next, from 10s to 1h"
    )

    @property
    def seconds(self) -> int:
        """The step in seconds."""
        return int(self.step.total_seconds())
