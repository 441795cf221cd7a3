"""Slack's Web API as a stand-in over HTTP: people, a channel and its threads, in pages of two."""

from flask import Flask, jsonify, request

from tests.stand_ins import StandIn

TOKEN = "xoxb-1234567890-quay"
_AT = 1_771_573_270  # 20 February 2026, 07:41:10 UTC


def ts(minutes):
    return f"{_AT + 60 * minutes}.000100"


def message(user, minutes, text, thread=None, **more):
    told = {"type": "message", "user": user, "ts": ts(minutes), "text": text, "team": "T1", **more}
    return {**told, "thread_ts": ts(thread)} if thread is not None else told


TOM, NINA, BOT = "U0TOM", "U0NINA", "U0BOT"
MEMBERS = [
    {"id": TOM, "is_bot": False, "profile": {"real_name": "Tom", "email": "tom@harbour.example"}},
    {"id": NINA, "is_bot": False, "profile": {"real_name": "Nina", "email": "nina@harbour.example"}},
    {"id": BOT, "is_bot": True, "profile": {"real_name": "Approver bot"}},
]
APPROVED = f"Approved PAY-184: <@{NINA}> may have write on checkout until 10:00 &amp; no longer"
CHANNEL = [
    message(TOM, 0, APPROVED),
    message(NINA, 10, "PAY-185: I need checkout for an hour", reply_count=3),
    message(BOT, 20, "Approved PAY-186, Nina, checkout until 10:00", bot_id="B1", subtype="bot_message"),
    message(TOM, 30, "lunch? password: hunter2"),
    message(NINA, 40, "PAY-187 please, password: hunter2", reply_count=2),
]
THREADS = {
    ts(10): [
        CHANNEL[1],
        message(TOM, 12, "go ahead", 10),
        message(NINA, 13, "> Approved PAY-185\nthanks", 10),
        message(TOM, 14, "set the topic: Approved PAY-185", 10, subtype="channel_topic"),
    ],
    ts(40): [
        CHANNEL[4],
        message(TOM, 41, "approved PAY-187, Nina, checkout until 12:00", 40, edited={"user": TOM, "ts": ts(300)}),
        message(TOM, 50, "no, on hold: denied", 40),
    ],
}


class Slack(StandIn):
    def refusal(self, status, message):
        return {"ok": False, "error": message or "internal_error"}


def slack():
    app = Flask("slack")
    server = Slack(app)

    def paged(name, found):
        place = int(request.values.get("cursor") or 0)
        cursor = str(place + 2) if place + 2 < len(found) else ""
        return jsonify({"ok": True, name: found[place : place + 2], "response_metadata": {"next_cursor": cursor}})

    @app.before_request
    def signed_in():
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return jsonify({"ok": False, "error": "token_expired"})
        return None

    @app.route("/api/auth.test", methods=["GET", "POST"])
    def test():
        return jsonify({"ok": True, "url": "https://harbour.slack.com/", "team": "Harbour", "user_id": "U0APP"})

    @app.route("/api/users.list", methods=["GET", "POST"])
    def users():
        return paged("members", MEMBERS)

    @app.route("/api/conversations.history", methods=["GET", "POST"])
    def history():
        if request.values["channel"] == "C0SECRET":
            return jsonify(
                {"ok": False, "error": "missing_scope", "needed": "groups:history", "provided": "users:read"}
            )
        if request.values["channel"] == "C0OTHER":
            return jsonify({"ok": False, "error": "not_in_channel"})
        return paged("messages", [one for one in CHANNEL if float(one["ts"]) >= float(request.values["oldest"])])

    @app.route("/api/conversations.replies", methods=["GET", "POST"])
    def replies():
        return paged("messages", THREADS[request.values["ts"]])

    return server
