insert into closings values (:campaign, :closed_at, :closed_by, :despite, :record, :known_by)
