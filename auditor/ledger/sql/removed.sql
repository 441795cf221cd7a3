-- What was taken away; a right that was given back since is not, and what was deleted since needs nothing more.
select cleanup, step, time, finding, provider, kind, account, holder_kind, holder, name, caller from removals r
where r.action = 'revoke' and r.time <= :at and not exists (
    select 1 from removals later
    where later.action in ('undo', :but) and later.time > r.time and later.time <= :at
    and later.provider = r.provider and later.kind = r.kind and later.account = r.account
    and later.holder_kind = r.holder_kind and later.holder = r.holder and later.name = r.name)
order by r.time, r.finding
