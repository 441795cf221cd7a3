-- What judged callers did in the period, where acts are not numbered since no digest is asked for.
SELECT named_acts.*
FROM named_acts
JOIN judged ON judged.caller = named_acts.caller
WHERE named_acts.us >= $period_from
