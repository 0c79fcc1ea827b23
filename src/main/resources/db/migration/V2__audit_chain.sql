-- Where each instance's audit chain ends; moved in the transaction that removes the appended events from the outbox.
CREATE TABLE audit_chain (
    chain       varchar(64)  PRIMARY KEY,
    seq         bigint       NOT NULL, -- of the last line; 0: none
    hash        varchar(64)  NOT NULL, -- of the last line
    file_name   varchar(120),
    file_length bigint       NOT NULL  -- where the last line ends in the file, in bytes
);
