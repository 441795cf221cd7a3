-- The accounts and hosts, of those that are never silent for long, of which any record exists.
SELECT DISTINCT scope FROM scope_spans
