"""Prometheus, as far as Harbour Shop's saved searches ask it: what the shop's errors were, minute by minute."""

from collections.abc import Mapping
from datetime import date

from flask import Flask, Response, jsonify, request

from auditor.demo.calendar import Calendar, clock

CHECKOUT = 'sum(rate(http_requests_total{service="checkout",status=~"5.."}[1m]))'
JOBS = 'sum(rate(jobs_failed_total{service="jobs"}[1m]))'
_ALIVE = 'up{job="shop"}'
_MOST = 11_000
# When errors were high, by the working day before the night that the story is told from: from, to, how many a second.
_HIGH: Mapping[str, tuple[tuple[int, str, str, float], ...]] = {
    # INC-40: a worker without memory, then Mia's first value, which was too low, until her second.
    CHECKOUT: ((6, "02:07", "02:19", 3.0), (6, "02:28", "02:41", 7.0)),
    # Leon's batch size, which nobody asked for.
    JOBS: ((3, "17:44", "18:03", 2.5),),
}


def prometheus(calendar: Calendar) -> Flask:
    """Prometheus's range queries as an application; `served` puts it on this machine."""
    app = Flask(__name__, static_folder=None)
    high = {query: [_stretch(calendar, *one) for one in told] for query, told in _HIGH.items()}

    @app.get("/api/v1/query_range")
    def query_range() -> Response | tuple[Response, int]:
        query = request.args["query"]
        begin, end, step = (int(request.args[name]) for name in ("start", "end", "step"))
        if query not in (*high, _ALIVE) or (end - begin) // step >= _MOST:
            return jsonify(status="error", errorType="bad_data", error="the demo knows no such query"), 400
        values = [[moment, _value(high.get(query), moment)] for moment in range(begin, end + 1, step)]
        result = [{"metric": {}, "values": values}]
        return jsonify(status="success", data={"resultType": "matrix", "result": result})

    return app


def _stretch(calendar: Calendar, back: int, begin: str, end: str, rate: float) -> tuple[float, float, float]:
    day: date = calendar.workday(back)
    return clock(day, begin).timestamp(), clock(day, end).timestamp(), rate


def _value(high: list[tuple[float, float, float]] | None, moment: int) -> str:
    """Some errors there always are, as many at the same moment each time."""
    if high is None:
        return "1"
    usual = (moment // 60 * 7919 % 13) / 100
    more = sum(rate for begin, end, rate in high if begin <= moment < end)
    return f"{usual + more:.2f}"
