-- The W3C traceparent of the request that made an event, for its delivery; null where the caller sent none.
ALTER TABLE outbox ADD COLUMN traceparent varchar(55);
ALTER TABLE dead_letter ADD COLUMN traceparent varchar(55);
