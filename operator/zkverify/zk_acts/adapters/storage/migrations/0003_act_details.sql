-- What an act that took effect brought, written together with its inclusion: nobody has to ask for it again.
CREATE TABLE intent_details (
    intent_id      TEXT    PRIMARY KEY REFERENCES intents (intent_id),
    detail         TEXT    NOT NULL CHECK (detail IN
        ('mined', 'fulfilled', 'program_registered', 'aggregation', 'verified', 'vk_registered',
         'vk_unregistered', 'domain_registered', 'domain_changed', 'published', 'failure')),
    block_number   INTEGER,
    block_hash     BLOB,
    gas_used       INTEGER,
    statement      BLOB,
    domain_id      INTEGER,
    aggregation_id INTEGER,
    domain_state   TEXT,
    root           BLOB,
    vk_hash        BLOB,
    program_vkey   BLOB,
    proof_uri      TEXT,
    reason         TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX intents_used ON intents (backend, account, nonce)
    WHERE state IN ('final', 'failed', 'replaced');
CREATE INDEX intents_without_effect ON intents (backend, account, updated_at)
    WHERE state IN ('lapsed', 'replaced');
