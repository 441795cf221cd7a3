"""Digests against the log files that were read: rows as the collector makes them, from a trail signed here."""

from __future__ import annotations

import gzip
import hashlib
from datetime import datetime, timedelta

import pytest

from auditor.config.sources.aws import AwsCloudTrail
from auditor.evidence.store import Store
from auditor.model.arrow import from_arrow
from auditor.model.tables import TrailDigest
from auditor.model.trail_files import Break, TrailFiles
from auditor.providers.aws.trails.chain import Period
from auditor.providers.aws.trails.check import check, trail_files
from collectors.aws.cloudtrail.collector import CloudTrail
from collectors.base import Context
from tests.cases import config
from tests.copies import replace
from tests.stored import store_run
from tests.trail import ACCOUNT, BEGINS, BUCKET, HOUR, Trail

CHAIN = f"{ACCOUNT} eu-central-1 trail all"
AT = BEGINS + timedelta(days=2)


def collected(tmp_path, trail: Trail, at: datetime = AT, **signature):
    """Rows of the trail's objects in a folder; `signature` sets columns of the digests, as a bucket's would be."""
    source = AwsCloudTrail(name="trail", kind="aws-cloudtrail", path="trail")
    collector = CloudTrail(source=source, context=Context(collected_at=at, base=tmp_path))
    for key, stored in trail.objects.items():
        place = tmp_path / "trail" / key
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(stored.body)
    got = collector.normalise([raw for batch in collector.fetch({}) for raw in batch])
    digests = list(from_arrow(TrailDigest, got.tables[TrailDigest])) if TrailDigest in got.tables else []
    return [replace(row, **signature) for row in digests], list(got.objects)


@pytest.fixture
def checked(tmp_path):
    def run(trail: Trail, *, at: datetime = AT, from_: datetime = BEGINS - HOUR, **signature) -> TrailFiles:
        return check(*collected(tmp_path, trail, at, **signature), Period(from_, at))

    return run


def kinds(found: TrailFiles) -> list[Break]:
    return [one.kind for one in found.alterations]


def test_a_whole_chain_is_in_order(checked):
    found = checked(Trail().hours(5))
    assert (found.alterations, found.in_order, found.unjudged) == ((), (CHAIN,), ())


def test_hours_without_events_and_files_that_no_digest_needs_are_in_order(checked):
    trail = Trail().hours(1).quiet(3).hours(1)
    trail.log(trail.ends - HOUR * 2)
    assert checked(trail).in_order == (CHAIN,)


def test_a_file_that_is_delivered_a_day_late_is_in_order(checked):
    trail = Trail().hours(30)
    late = trail.log(BEGINS + HOUR)
    trail.digest([late])
    assert checked(trail).in_order == (CHAIN,)


def test_a_log_file_with_another_content_is_one_broken_place(checked):
    trail = Trail().hours(5)
    trail.rewrite(trail.logs[2], b"UpdateService", b"ListServices0")
    found = checked(trail)
    assert kinds(found) == [Break.LOG_FILE]
    assert found.alterations[0].resource == f"trail/{trail.logs[2]}"
    assert (found.alterations[0].starts_at, found.alterations[0].account) == (BEGINS + 2 * HOUR, ACCOUNT)
    assert [e.origin for e in found.alterations[0].evidence] == [f"trail/{trail.logs[2]}", f"trail/{trail.digests[2]}"]
    assert found.in_order == ()


def test_a_file_that_was_only_packed_anew_or_unpacked_is_in_order(checked, tmp_path):
    trail = Trail().hours(3)
    trail.rewrite(trail.logs[0], b"U", b"U")
    trail.objects[trail.logs[1]].body = gzip.decompress(trail.objects[trail.logs[1]].body)
    assert checked(trail).in_order == (CHAIN,)


@pytest.mark.parametrize("tail", [b"{}", b"\0" * 8, Trail().hours(1).objects.popitem()[1].body, b"\x1f\x8b"])
def test_bytes_after_the_gzip_member_are_not_accepted(checked, tail):
    trail = Trail().hours(3)
    trail.objects[trail.logs[1]].body += tail
    assert kinds(checked(trail)) == [Break.LOG_FILE]


def test_an_empty_gzip_member_after_the_first_is_not_accepted_either(checked):
    trail = Trail().hours(3)
    trail.objects[trail.logs[1]].body += gzip.compress(b"")
    assert kinds(checked(trail)) == [Break.LOG_FILE]


def test_a_truncated_log_file_is_one_broken_place(checked):
    trail = Trail().hours(3)
    trail.objects[trail.logs[1]].body = trail.objects[trail.logs[1]].body[:-9]
    (one,) = checked(trail).alterations
    assert (one.kind, "truncated" in one.reason) == (Break.LOG_FILE, True)


def test_log_files_of_neighbouring_hours_that_are_gone_are_one_broken_place(checked):
    trail = Trail().hours(3).quiet(2).hours(3)
    gone = trail.logs[2:4]
    apart = trail.logs[5]
    for key in (*gone, apart):
        del trail.objects[key]
    found = checked(trail)
    assert kinds(found) == [Break.LOG_FILES_GONE] * 2
    assert [one.missing for one in found.alterations] == [tuple(gone), (apart,)]
    assert (found.alterations[0].starts_at, found.alterations[0].ends_at) == (BEGINS + 2 * HOUR, BEGINS + 6 * HOUR)


def test_a_file_of_a_day_before_the_first_one_collected_is_not_gone(checked):
    trail = Trail(ends=datetime.fromisoformat("2026-02-28T00:10:00Z"))
    early = trail.log(datetime.fromisoformat("2026-02-27T23:58:00Z"))
    trail.digest([early])
    trail.hours(3)
    del trail.objects[early]
    assert checked(trail).in_order == (CHAIN,)


def test_a_file_that_was_delivered_while_the_run_listed_the_bucket_is_not_gone(checked):
    trail = Trail().hours(3)
    del trail.objects[trail.logs[2]]
    rows = checked(trail, at=trail.ends - timedelta(minutes=1))
    assert rows.alterations == ()


def test_two_neighbouring_digests_that_were_deleted_are_both_named(checked):
    trail = Trail().hours(6)
    lost = trail.digests[2:4]
    for key in lost:
        del trail.objects[key]
    (one,) = checked(trail).alterations
    assert (one.kind, one.resource) == (Break.HOLE, lost[1])
    assert one.missing == ("2026-02-27 08:14", "2026-02-27 09:14")
    assert (one.starts_at, one.ends_at) == (BEGINS + 2 * HOUR, BEGINS + 4 * HOUR)


def test_two_holes_are_two_broken_places(checked):
    trail = Trail().hours(6)
    for key in (trail.digests[1], trail.digests[3]):
        del trail.objects[key]
    assert kinds(checked(trail)) == [Break.HOLE, Break.HOLE]


def test_the_oldest_digests_may_not_be_missing_while_their_log_files_are_there(checked):
    trail = Trail().hours(6)
    for key in trail.digests[:2]:
        del trail.objects[key]
    (one,) = checked(trail).alterations
    assert (one.kind, one.missing) == (Break.HOLE, ("2026-02-27 06:14", "2026-02-27 07:14"))


def test_a_chain_of_which_only_the_later_part_was_collected_is_in_order(checked):
    trail = Trail().hours(6)
    for key in (*trail.digests[:2], *trail.logs[:2]):
        del trail.objects[key]
    assert checked(trail).in_order == (CHAIN,)


def test_digests_before_the_period_are_not_judged(checked):
    trail = Trail().hours(6)
    del trail.objects[trail.digests[1]]
    assert checked(trail, from_=BEGINS + 3 * HOUR).in_order == (CHAIN,)


def test_log_files_of_digests_before_the_period_are_not_judged(checked):
    trail = Trail().hours(6)
    trail.rewrite(trail.logs[1], b"UpdateService", b"ListServices0")
    assert kinds(checked(trail)) == [Break.LOG_FILE]
    assert checked(trail, from_=BEGINS + 3 * HOUR).in_order == (CHAIN,)


def test_missing_newest_digests_are_not_passed_over(checked):
    trail = Trail().hours(6)
    for key in trail.digests[3:]:
        del trail.objects[key]
    found = checked(trail)
    assert (found.alterations, found.in_order) == ((), ())
    ((subject, reason),) = found.unjudged
    assert (subject, "no digest since 2026-02-27 09:14" in reason) == (CHAIN, True)


def test_the_newest_digest_may_be_an_hour_or_two_late(checked):
    trail = Trail().hours(6)
    del trail.objects[trail.digests[5]]
    assert checked(trail).in_order == (CHAIN,)


def test_a_changed_digest_breaks_the_link_from_the_next(checked):
    trail = Trail().hours(5)
    trail.rewrite(trail.digests[2], b'"oldestEventTime": null', b'"oldestEventTime": ""')
    (one,) = checked(trail).alterations
    assert (one.kind, one.resource, one.reason) == (Break.LINK, f"trail/{trail.digests[3]}", "it states another hash")
    assert [e.origin for e in one.evidence] == [f"trail/{trail.digests[3]}", f"trail/{trail.digests[2]}"]


def test_a_log_file_and_its_digest_changed_together_are_found_by_the_next_digest(checked):
    trail = Trail().hours(5)
    before = hashlib.sha256(gzip.decompress(trail.objects[trail.logs[2]].body)).hexdigest()
    trail.rewrite(trail.logs[2], b"UpdateService", b"ListServices0")
    after = hashlib.sha256(gzip.decompress(trail.objects[trail.logs[2]].body)).hexdigest()
    trail.rewrite(trail.digests[2], before.encode(), after.encode())
    assert kinds(checked(trail)) == [Break.LINK]


@pytest.mark.parametrize("spoil", [lambda b: b[:-12], lambda b: b + b"more", lambda b: b"{}", lambda b: b""])
def test_a_digest_that_cannot_be_read_is_itself_the_broken_place(checked, spoil):
    trail = Trail().hours(5)
    key = trail.digests[2]
    trail.objects[key].body = spoil(trail.objects[key].body)
    (one,) = checked(trail).alterations
    assert (one.kind, one.resource) == (Break.DIGEST, f"trail/{key}")
    assert one.reason


def test_validation_that_was_off_for_hours_could_not_be_judged_for_them(checked):
    trail = Trail().hours(3)
    trail.log(trail.ends + HOUR)
    trail.previous, trail.ends = None, trail.ends + 4 * HOUR
    found = checked(trail.hours(3))
    assert found.alterations == ()
    ((_, reason),) = found.unjudged
    assert "2026-02-27 09:14 to 2026-02-27 13:14 UTC are in no digest" in reason


def test_a_region_with_log_files_and_no_digest_could_not_be_judged(checked):
    trail = Trail().hours(3)
    Trail(region="us-east-1", objects=trail.objects).log(BEGINS)
    found = checked(trail)
    assert (found.in_order, [subject for subject, _ in found.unjudged]) == ((CHAIN,), [f"{ACCOUNT} us-east-1"])


def test_accounts_and_regions_are_chains_of_their_own(checked):
    trail = Trail().hours(3)
    other = Trail(account="444455556666", objects=trail.objects).hours(3)
    Trail(region="us-east-1", objects=trail.objects).hours(3)
    del trail.objects[other.digests[4]]
    found = checked(trail)
    assert [one.account for one in found.alterations] == ["444455556666"]
    assert found.in_order == (CHAIN, f"{ACCOUNT} us-east-1 trail all")
    assert found.accounts == {ACCOUNT, "444455556666"}


def test_without_any_digest_nothing_is_said_of_chains(checked):
    trail = Trail()
    trail.log(BEGINS)
    assert checked(trail) == TrailFiles()


def test_what_a_digest_read_again_says_now_counts(checked, tmp_path):
    trail = Trail().hours(3)
    digests, objects = collected(tmp_path, trail)
    stale = replace(digests[1], content_sha256="0" * 64, collected_at=AT - HOUR)
    assert check([stale, *digests], objects, Period(BEGINS - HOUR, AT)).in_order == (CHAIN,)


def test_digests_of_the_days_before_a_period_are_read_for_the_links_from_its_first(tmp_path):
    trail, store = Trail().hours(50), Store(str(tmp_path / "evidence"))
    digests, objects = collected(tmp_path, trail, AT + HOUR * 2)
    store_run(store, "run", AT + HOUR * 2, *digests, *objects)
    settings = config(sources=[{"name": "trail", "kind": "aws-cloudtrail", "path": "trail"}])
    assert trail_files(store, settings, AT, AT + HOUR * 3).in_order == (CHAIN,)


def in_bucket(tmp_path, trail, *, holds=True, note=None):
    """The rows as they come from the trail's bucket."""
    digests, objects = collected(tmp_path, trail)
    move = lambda row, **columns: replace(  # noqa: E731
        row, origin=row.origin.replace("trail/", f"s3://{BUCKET}/", 1), **columns
    )
    signatures = {key: stored.metadata.get("signature") for key, stored in trail.objects.items()}
    signed = [
        move(row, signature=signatures[row.object_key], signature_holds=holds, signature_note=note) for row in digests
    ]
    return signed, [move(row) for row in objects]


PERIOD = Period(BEGINS - HOUR, AT)


def test_a_digest_whose_signature_does_not_hold_is_one_broken_place(tmp_path):
    digests, objects = in_bucket(tmp_path, Trail().hours(4))
    digests[1] = replace(digests[1], signature_holds=False, signature_note="its signature does not fit it")
    (one,) = check(digests, objects, PERIOD).alterations
    assert (one.kind, one.resource, one.reason) == (Break.DIGEST, digests[1].origin, "its signature does not fit it")


def test_a_changed_digest_with_a_bad_signature_is_not_reported_for_its_link_too(tmp_path):
    trail = Trail().hours(4)
    trail.rewrite(trail.digests[1], b'"oldestEventTime": null', b'"oldestEventTime": ""')
    digests, objects = in_bucket(tmp_path, trail)
    digests[1] = replace(digests[1], signature_holds=False)
    assert kinds(check(digests, objects, PERIOD)) == [Break.DIGEST]


def test_one_digest_without_a_signature_among_signed_ones_is_broken(tmp_path):
    digests, objects = in_bucket(tmp_path, Trail().hours(4))
    digests[1] = replace(digests[1], signature=None, signature_holds=None)
    assert kinds(check(digests, objects, PERIOD)) == [Break.DIGEST]


def test_a_digest_signed_anew_breaks_the_link_from_the_next(tmp_path):
    digests, objects = in_bucket(tmp_path, Trail().hours(4))
    digests[1] = replace(digests[1], signature="00")
    (one,) = check(digests, objects, PERIOD).alterations
    assert (one.kind, one.reason) == (Break.LINK, "it states another signature")


def test_a_bucket_whose_signatures_could_not_be_checked_is_not_in_order(tmp_path):
    found = check(*in_bucket(tmp_path, Trail().hours(4), holds=None, note="AWS told no public key"), PERIOD)
    assert (found.alterations, found.in_order) == ((), ())
    assert found.unjudged == ((CHAIN, "signatures of its digests could not be checked: AWS told no public key"),)


def test_a_file_in_another_bucket_is_not_gone(tmp_path):
    trail = Trail().hours(4)
    digests, objects = in_bucket(tmp_path, trail)
    objects = [row for row in objects if not row.origin.endswith(trail.logs[1])]
    elsewhere = digests[1].files.replace(BUCKET, "older-trail")
    digests[1] = replace(digests[1], files=elsewhere)
    assert check(digests, objects, PERIOD).in_order == (CHAIN,)


def test_objects_that_could_not_be_loaded_could_not_be_judged(tmp_path):
    trail = Trail().hours(4)
    digests, objects = collected(tmp_path, trail)
    unread = {"sha256": "", "content_sha256": None, "status": "failed", "reason": "AWS denied access"}
    for number, row in enumerate(objects):
        if row.origin.endswith(trail.logs[1]):
            objects[number] = replace(row, **unread)
    found = check(digests, objects, PERIOD)
    assert (found.alterations, found.in_order) == ((), ())
    assert "1 log files were not read" in found.unjudged[0][1]


def test_a_digest_that_could_not_be_loaded_could_not_be_judged(tmp_path):
    trail = Trail().hours(4)
    digests, objects = collected(tmp_path, trail)
    unread = {"sha256": "", "content_sha256": None, "status": "failed", "reason": "AWS denied access"}
    (place,) = [number for number, row in enumerate(objects) if row.origin.endswith(trail.digests[1])]
    objects[place] = replace(objects[place], **unread)
    digests = [row for row in digests if not row.origin.endswith(trail.digests[1])]
    found = check(digests, objects, PERIOD)
    assert (found.alterations, found.in_order) == ((), ())
    assert "could not be read: AWS denied access" in " ".join(found.unjudged[0])


@pytest.mark.parametrize(("after", "told"), [(timedelta(0), ()), (timedelta(seconds=1), (Break.LOG_FILES_GONE,))])
def test_files_of_an_hour_that_ended_after_the_run_are_not_missed(tmp_path, after, told):
    trail = Trail().hours(3)
    digests, objects = collected(tmp_path, trail)
    gone = [row for row in objects if not row.origin.endswith(trail.logs[2])]
    read_at = digests[2].ends_at - timedelta(seconds=1) + after
    digests = [replace(row, collected_at=read_at) for row in digests]
    assert tuple(kinds(check(digests, gone, Period(BEGINS - HOUR, AT)))) == told


@pytest.mark.parametrize(("day", "told"), [("2026-02-27", True), ("2026-02-28", False)])
def test_a_file_of_the_first_day_that_was_collected_is_missed(checked, day, told):
    trail = Trail(ends=datetime.fromisoformat("2026-02-28T00:10:00Z"))
    early = [trail.log(datetime.fromisoformat(f"2026-02-27T{clock}Z")) for clock in ("23:50:00", "23:58:00")]
    trail.digest(early)
    trail.hours(3)
    del trail.objects[early[1]]
    if day == "2026-02-28":
        del trail.objects[early[0]]
    assert bool(checked(trail).alterations) is told


def test_a_late_digest_is_missed_more_than_two_hours_after_the_newest_log(checked):
    for hours, judged in ((5, True), (6, False)):
        trail = Trail().hours(hours)
        for key in trail.digests[3:]:
            del trail.objects[key]
        assert bool(checked(trail).in_order) is judged


def test_every_kind_of_mischief_in_one_chain_is_told_in_the_order_of_its_hours(tmp_path):
    trail = Trail().hours(8)
    trail.rewrite(trail.logs[1], b"UpdateService", b"ListServices0")
    del trail.objects[trail.logs[5]]
    digests, objects = in_bucket(tmp_path, trail)
    digests[3] = replace(digests[3], signature_holds=False, signature_note="its signature does not fit it")
    found = check(digests, objects, PERIOD)
    assert [(one.kind, one.starts_at, one.signatures) for one in found.alterations] == [
        (Break.LOG_FILE, BEGINS + HOUR, "checked"),
        (Break.DIGEST, BEGINS + 3 * HOUR, "checked"),
        (Break.LOG_FILES_GONE, BEGINS + 5 * HOUR, "checked"),
    ]
    assert (found.in_order, found.accounts) == ((), {ACCOUNT})
