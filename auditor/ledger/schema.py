"""What the ledger keeps, and what it is asked."""

# Each entry takes the ledger from the version before to its own; entries that were released never change.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "create table runs (run text primary key, at text not null, people_with_write integer) strict",
        """create table findings (
            id text primary key, rule text not null, severity text not null, summary text not null, thing text not null,
            person text, account text, system text, resource text, credential text, ticket text) strict""",
        """create table standings (
            run text not null references runs on delete cascade, finding text not null references findings,
            status text not null, primary key (run, finding)) strict, without rowid""",
        "create index standings_of_finding on standings (finding)",
    ),
    (
        """create table decisions (
            number integer primary key, finding text not null, decision text not null, until text, reason text not null,
            decided_by text not null, decided_at text not null, run text not null) strict""",
        "create index decisions_of_finding on decisions (finding)",
    ),
    (
        "create table scripts (folder text primary key) strict",
        """create table removals (
            cleanup text not null, action text not null, step integer not null, time text not null,
            finding text not null, provider text not null, kind text not null, account text not null,
            holder_kind text not null, holder text not null, name text not null, caller text not null,
            primary key (cleanup, action, step, time, finding)) strict, without rowid""",
        "create index removals_of_right on removals (provider, kind, account, holder, name)",
    ),
    (
        "create table told (finding text primary key, at text not null, delivered integer not null) strict",
        "create table told_missing (at text primary key, missing text not null, delivered integer not null) strict",
    ),
    (
        "alter table findings add column kind text not null default 'event'",
        "alter table findings add column acted_at text",
    ),
)

SUBJECT = ("kind", "person", "account", "system", "thing")
KNOWN = ("id", "rule", "severity", "summary", *SUBJECT, "resource", "credential", "ticket", "acted_at")

# The last standing of every finding before a run; runs are ordered by their time, then by when they were recorded.
# What the run just before says nothing of is closed: it was found by an audit of the past that was made later.
BEFORE = f"""
with earlier as (select run, row_number() over (order by at desc, rowid desc) as age from runs where at <= :at),
last as (select finding, status, min(age) as age from standings join earlier using (run) group by finding)
select {", ".join(f"f.{name}" for name in KNOWN)}, iif(age = 1, status, 'closed')
from last join findings f on f.id = last.finding
"""  # noqa: S608 - the names are this module's own
FIRST_SEEN = """
select s.finding, min(r.at) from standings s join runs r using (run)
where r.at <= :at and s.status not in ('closed', 'past') group by s.finding
"""
HISTORY = """
select r.run, r.at, r.people_with_write,
    coalesce(sum(s.status = 'new'), 0), coalesce(sum(s.status not in ('closed', 'past', 'excepted')), 0),
    coalesce(sum(s.status = 'closed'), 0), coalesce(sum(s.status = 'reopened'), 0)
from runs r left join standings s using (run) group by r.run order by r.at, r.rowid
"""
CLOSED = f"""
select {", ".join(f"f.{name}" for name in KNOWN)}, status from standings s join findings f on f.id = s.finding
where s.run = :run and s.status = 'closed' order by f.rule, f.id
"""  # noqa: S608 - the names are this module's own
DECIDE = """
insert into decisions (finding, decision, until, reason, decided_by, decided_at, run)
values (:finding, :decision, :until, :reason, :decided_by, :decided_at, :run)
"""
DECISIONS = "select finding, decision, until, reason, decided_by, decided_at, run from decisions order by number"
# A finding that went away and came back is another occasion: what was said of the first holds no longer.
IN_FORCE = """
select finding, decision, until, reason, decided_by, decided_at, run from decisions d
where d.decided_at <= :at and (d.decision = 'exception' or not exists (
    select 1 from standings s join runs r using (run)
    where s.finding = d.finding and s.status = 'closed' and r.at > d.decided_at and r.at <= :at))
order by d.number
"""
GONE = f"""
select {", ".join(f"f.{name}" for name in KNOWN)}, s.status
from standings s join runs r using (run) join findings f on f.id = s.finding
where s.status = 'closed' and r.at > :since and r.at <= :at and not exists (
    select 1 from standings later join runs l using (run)
    where later.finding = s.finding and l.at > r.at and l.at <= :at)
order by r.at, f.id
"""  # noqa: S608 - the names are this module's own
NOTE = """
insert or ignore into removals
    (cleanup, action, step, time, finding, provider, kind, account, holder_kind, holder, name, caller)
values (:cleanup, :action, :step, :time, :finding, :provider, :kind, :account, :holder_kind, :holder, :name, :caller)
"""
# What was taken away; a right that was given back since is not, and what was deleted since needs nothing more.
REMOVED = """
select cleanup, step, time, finding, provider, kind, account, holder_kind, holder, name, caller from removals r
where r.action = 'revoke' and r.time <= :at and not exists (
    select 1 from removals later
    where later.action in ('undo', :but) and later.time > r.time and later.time <= :at
    and later.provider = r.provider and later.kind = r.kind and later.account = r.account
    and later.holder_kind = r.holder_kind and later.holder = r.holder and later.name = r.name)
order by r.time, r.finding
"""
TELL = """
insert into told values (:finding, :at, :delivered)
on conflict (finding) do update set at = excluded.at, delivered = excluded.delivered
"""
TELL_MISSING = """
insert into told_missing values (:at, :missing, :delivered)
on conflict (at) do update set missing = excluded.missing, delivered = excluded.delivered
"""
