-- What was acted on at those moments: where it is several things at once, the least and the greatest name.
SELECT
    acted.episode, named_moments.uncovered, named_moments.changes, named_moments.done, acted.us,
    min(acted.resource) AS resource,
    max(acted.resource) AS other_resource
FROM (SELECT * FROM episode_acts WHERE us IN (SELECT us FROM named_moments)) AS acted
JOIN named_moments
    ON named_moments.episode = acted.episode
    AND named_moments.us = acted.us
    AND named_moments.deed = acted.deed
    AND named_moments.address IS NOT DISTINCT FROM acted.address
    AND named_moments.invoked_by IS NOT DISTINCT FROM acted.invoked_by
GROUP BY
    acted.episode, acted.deed, acted.address, acted.invoked_by, acted.us,
    named_moments.uncovered, named_moments.changes, named_moments.done
