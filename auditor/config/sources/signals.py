"""Sources of monitoring: curves, annotations, alerts, issues and releases, live or from saved answers."""

from typing import ClassVar, Literal

from auditor.config.base import Text, Variable, WebAddress, optional
from auditor.config.sources.base import Source


class SignalSource(Source):
    """How to reach a server of monitoring, or where its answers were saved."""

    FEEDS = ("signals",)
    ONE_OF = ("url", "path")
    BESIDE: ClassVar[tuple[tuple[str, str], ...]] = (("user_env", "token_env"),)

    url: WebAddress | None = optional("address of the server")
    path: Text | None = optional("folder of saved answers: `<system>/<search>.json`, or `<system>/<search>/….json`")
    token_env: Variable | None = optional("name of the environment variable that holds the token")
    user_env: Variable | None = optional(
        "name of the environment variable that holds the user, where the token is a password"
    )


class TenantSource(SignalSource):
    """A server that may hold several tenants."""

    tenant: Text | None = optional("tenant, as X-Scope-OrgID names it")


class Prometheus(TenantSource):
    """Prometheus, or what answers like it (Mimir, Thanos, VictoriaMetrics)."""

    kind: Literal["prometheus"]


class Loki(TenantSource):
    """Loki: how many lines its saved searches count."""

    kind: Literal["loki"]


class Grafana(SignalSource):
    """Grafana's annotations, and the states that its alerts came to."""

    kind: Literal["grafana"]


class Sentry(SignalSource):
    """Sentry's events in numbers, its new issues and its releases."""

    BESIDE = (*SignalSource.BESIDE, ("url", "organization"), ("url", "token_env"))

    kind: Literal["sentry"]
    organization: Text | None = optional("the organization's slug; required with url")
