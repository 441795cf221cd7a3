-- A finding as it was last seen.
insert into findings
    (id, rule, severity, summary, kind, person, account, system, thing, resource, credential, ticket, acted_at)
values
    (:id, :rule, :severity, :summary, :kind, :person, :account, :system, :thing, :resource, :credential, :ticket, :acted_at)
on conflict (id) do update set
    severity = excluded.severity, summary = excluded.summary, kind = excluded.kind, acted_at = excluded.acted_at,
    account = excluded.account, resource = excluded.resource, credential = excluded.credential, ticket = excluded.ticket
