-- Requests by age: expiry of those that wait for their callback, purge of those that are decided.
CREATE INDEX suggestion_request_by_age ON suggestion_request (status, submitted_at);

-- Idempotency keys by age, for their purge.
CREATE INDEX idempotency_key_by_age ON idempotency_key (processed_at);

-- Events that could not be delivered within their destination's time to live. Nothing deletes them but a redrive.
CREATE TABLE dead_letter (
    id          bigint PRIMARY KEY,    -- the outbox row that it was
    destination varchar(40)  NOT NULL,
    event_id    varchar(36)  NOT NULL,
    payload     varchar      NOT NULL, -- the interaction event as JSON
    attempts    integer      NOT NULL, -- failed ones
    reason      varchar(500) NOT NULL, -- why the last one failed
    created_at  timestamp(3) with time zone NOT NULL, -- when the event went into the outbox
    died_at     timestamp(3) with time zone NOT NULL
);
