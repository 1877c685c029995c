-- Amounts up to 256 bits are decimal text; hashes are blobs; times are unix milliseconds.

CREATE TABLE intents (
    sequence       INTEGER PRIMARY KEY,
    intent_id      TEXT    NOT NULL UNIQUE,
    kind           TEXT    NOT NULL CHECK (kind IN ('prove', 'extrinsic', 'transaction')),
    purpose        TEXT    NOT NULL,
    subject        TEXT    NOT NULL,
    backend        TEXT    NOT NULL,
    account        TEXT    NOT NULL,
    nonce          INTEGER NOT NULL,
    reference      BLOB    NOT NULL,
    payload        BLOB    NOT NULL,
    resource       TEXT    NOT NULL CHECK (resource IN ('PROVE', 'VFY', 'GAS')),
    quoted         TEXT    NOT NULL,
    state          TEXT    NOT NULL CHECK (state IN
        ('intended', 'sent', 'included', 'final', 'failed', 'lapsed', 'replaced')),
    paid           TEXT,
    fee_cap        TEXT    NOT NULL,
    tip            TEXT    NOT NULL,
    born_block     INTEGER NOT NULL,
    expires        INTEGER NOT NULL,
    replaces       TEXT    REFERENCES intents (intent_id),
    included_block INTEGER,
    error_code     TEXT,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX intents_by_subject ON intents (purpose, subject, created_at, sequence);
CREATE INDEX intents_by_spending ON intents (resource, created_at);
CREATE INDEX intents_by_age ON intents (created_at, sequence);
CREATE INDEX intents_live ON intents (backend, account, nonce)
    WHERE state IN ('intended', 'sent', 'included');
CREATE INDEX intents_included ON intents (included_block) WHERE state = 'included';

CREATE TABLE events (  -- every change of status, forever
    sequence   INTEGER PRIMARY KEY,
    entity     TEXT    NOT NULL CHECK (entity IN ('order', 'batch', 'intent')),
    entity_id  TEXT    NOT NULL,
    from_state TEXT,
    to_state   TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    code       TEXT
) STRICT;
CREATE INDEX events_by_entity ON events (entity, entity_id, sequence);
CREATE TRIGGER events_are_kept BEFORE DELETE ON events
BEGIN
    SELECT raise(ABORT, 'events are append-only');
END;
CREATE TRIGGER events_are_fixed BEFORE UPDATE ON events
BEGIN
    SELECT raise(ABORT, 'events are append-only');
END;
