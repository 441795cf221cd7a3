-- Cells with the number of their episode.
SELECT cells.*, sittings.stream, sittings.sitting
FROM cells
JOIN streams
    ON streams.caller = cells.caller
    AND streams.session IS NOT DISTINCT FROM cells.session
    AND streams.system IS NOT DISTINCT FROM cells.system
JOIN sittings ON sittings.stream = streams.stream AND sittings.slot = cells.slot
