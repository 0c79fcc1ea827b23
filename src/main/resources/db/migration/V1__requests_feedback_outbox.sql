-- One schema for H2 (MODE=PostgreSQL) and PostgreSQL. Transcripts and suggestion requests' texts are not stored.

CREATE TABLE suggestion_request (
    request_id         varchar(200) PRIMARY KEY,
    conversation_id    varchar(200) NOT NULL,
    agent_id           varchar(200),
    agent_skills       varchar      NOT NULL, -- JSON array of strings
    status             varchar(10)  NOT NULL, -- queued, completed, failed, expired
    submitted_at       timestamp(3) with time zone NOT NULL,
    completed_at       timestamp(3) with time zone,
    ranked_suggestions varchar                -- JSON array, as answered to the callback
);
CREATE INDEX suggestion_request_by_conversation ON suggestion_request (conversation_id, submitted_at);

-- Keys of messages whose effects are committed: the key is inserted in the transaction of its effects.
CREATE TABLE idempotency_key (
    message_key  varchar(250) PRIMARY KEY,
    processed_at timestamp(3) with time zone NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- What agents did with a suggestion, added up, so that ranking reads one row for each suggestion.
CREATE TABLE suggestion_feedback (
    suggestion_id    varchar(200) PRIMARY KEY,
    accepted         bigint           NOT NULL DEFAULT 0,
    total            bigint           NOT NULL DEFAULT 0,
    decayed_accepted double precision NOT NULL DEFAULT 0, -- as of decayed_at, see FeedbackHistory
    decayed_total    double precision NOT NULL DEFAULT 0,
    decayed_at       timestamp(3) with time zone NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE outbox (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    destination     varchar(40)  NOT NULL, -- analytics, audit
    event_id        varchar(36)  NOT NULL,
    payload         varchar      NOT NULL, -- the interaction event as JSON
    attempts        integer      NOT NULL DEFAULT 0,
    created_at      timestamp(3) with time zone NOT NULL DEFAULT CURRENT_TIMESTAMP,
    next_attempt_at timestamp(3) with time zone NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX outbox_by_due_time ON outbox (destination, next_attempt_at, id);
