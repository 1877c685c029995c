-- A batch of proofs brings something for each of them: where it is aggregated, or why not. Chains forget events; rows do not.
CREATE TABLE intent_details_with_batches (
    intent_id      TEXT    PRIMARY KEY REFERENCES intents (intent_id),
    detail         TEXT    NOT NULL CHECK (detail IN
        ('mined', 'fulfilled', 'program_registered', 'aggregation', 'verified', 'verified_batch', 'vk_registered',
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
INSERT INTO intent_details_with_batches SELECT * FROM intent_details;
DROP TABLE intent_details;
ALTER TABLE intent_details_with_batches RENAME TO intent_details;
CREATE TABLE batched_proofs (
    intent_id      TEXT    NOT NULL REFERENCES intents (intent_id),
    position       INTEGER NOT NULL,
    statement      BLOB    NOT NULL CHECK (length(statement) = 32),
    domain_id      INTEGER CHECK (domain_id >= 0),
    aggregation_id INTEGER CHECK (aggregation_id >= 0),
    code           TEXT,
    PRIMARY KEY (intent_id, position),
    CHECK ((domain_id IS NULL) = (aggregation_id IS NULL) AND (domain_id IS NULL OR code IS NULL))
) STRICT, WITHOUT ROWID;
