-- The touched resources that a system claims, each with it.
SELECT touched_resources.provider, touched_resources.scope, touched_resources.resource, owners.system
FROM touched_resources
JOIN owned ON owned.thing = touched_resources.thing
JOIN owners ON owners.owner = owned.owner
