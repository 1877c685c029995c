-- Amounts up to 256 bits are decimal text; hashes are blobs; times are unix milliseconds, those named _s seconds.

CREATE TABLE blocks (  -- the newest scanned blocks; the newest of all is the cursor
    number      INTEGER PRIMARY KEY,
    hash        BLOB    NOT NULL,
    parent_hash BLOB    NOT NULL,
    timestamp   INTEGER NOT NULL
) STRICT;

CREATE TABLE batches (
    batch_id      TEXT    PRIMARY KEY,
    state         TEXT    NOT NULL CHECK (state IN
        ('closed', 'proved', 'verified', 'aggregated', 'settled', 'done', 'abandoned')),
    public_values BLOB    NOT NULL,
    valid_until_s INTEGER NOT NULL,
    close_reason  TEXT    NOT NULL,
    closed_at     INTEGER NOT NULL,
    proved_at     INTEGER,
    verified_at   INTEGER,
    aggregated_at INTEGER,
    settled_at    INTEGER,
    ended_at      INTEGER,
    proof_nonce   TEXT,
    error_code    TEXT,
    version       INTEGER NOT NULL
) STRICT;
CREATE INDEX batches_by_age ON batches (closed_at, batch_id);
CREATE INDEX batches_under_way ON batches (state, closed_at, batch_id)
    WHERE state NOT IN ('done', 'abandoned');

CREATE TABLE batch_sections (
    batch_id               TEXT    NOT NULL REFERENCES batches,
    position               INTEGER NOT NULL,
    pool_id                BLOB    NOT NULL,
    price_x128             TEXT    NOT NULL,
    remainder_zero_for_one INTEGER NOT NULL CHECK (remainder_zero_for_one IN (0, 1)),
    remainder_in           TEXT    NOT NULL,
    min_out                TEXT    NOT NULL,
    fee_bps                INTEGER NOT NULL,
    PRIMARY KEY (batch_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE batch_aggregations (
    batch_id       TEXT    NOT NULL REFERENCES batches,
    role           TEXT    NOT NULL CHECK (role IN ('verified', 'receipt')),
    statement      BLOB    NOT NULL,
    domain_id      INTEGER NOT NULL,
    aggregation_id INTEGER NOT NULL,
    block_number   INTEGER NOT NULL,
    block_hash     BLOB    NOT NULL,
    PRIMARY KEY (batch_id, role)
) STRICT, WITHOUT ROWID;

CREATE TABLE batch_receipts (
    batch_id   TEXT    PRIMARY KEY REFERENCES batches,
    root       BLOB    NOT NULL,
    leaf_count INTEGER NOT NULL,
    leaf_index INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE batch_receipt_path (
    batch_id TEXT    NOT NULL REFERENCES batch_receipts,
    position INTEGER NOT NULL,
    node     BLOB    NOT NULL,
    PRIMARY KEY (batch_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE orders (
    order_id          BLOB    PRIMARY KEY,
    owner             BLOB    NOT NULL,
    pool_id           BLOB    NOT NULL,
    zero_for_one      INTEGER NOT NULL CHECK (zero_for_one IN (0, 1)),
    amount_in         TEXT    NOT NULL,
    min_out           TEXT    NOT NULL,
    deadline          INTEGER NOT NULL,
    salt              TEXT    NOT NULL,
    task_index        INTEGER NOT NULL,
    placed_block      INTEGER NOT NULL,
    placed_hash       BLOB    NOT NULL,
    placed_tx         BLOB    NOT NULL,
    placed_log        INTEGER NOT NULL,
    placed_at_s       INTEGER NOT NULL,
    seen_at           INTEGER NOT NULL,
    status            TEXT    NOT NULL CHECK (status IN ('open', 'settled', 'refunded', 'orphaned')),
    cancel_at_s       INTEGER,
    refusal           TEXT,
    batch_id          TEXT    REFERENCES batches,
    payout            TEXT,
    ended_block       INTEGER,
    ended_hash        BLOB,
    ended_tx          BLOB,
    ended_log         INTEGER,
    ended_at_s        INTEGER,
    refundable_from_s INTEGER NOT NULL GENERATED ALWAYS AS
        (min(deadline + 1, ifnull(cancel_at_s, deadline + 1))) VIRTUAL,
    CHECK ((status IN ('settled', 'refunded')) = (ended_block IS NOT NULL))
) STRICT;
CREATE INDEX orders_by_age ON orders (placed_block, placed_log, order_id);
CREATE INDEX orders_by_status ON orders (status, placed_block, placed_log, order_id);
CREATE INDEX orders_batchable ON orders (placed_block, placed_log)
    WHERE status = 'open' AND refusal IS NULL AND cancel_at_s IS NULL AND batch_id IS NULL;
CREATE INDEX orders_refundable ON orders (refundable_from_s, order_id) WHERE status = 'open';
CREATE INDEX orders_by_batch ON orders (batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX orders_held ON orders (batch_id) WHERE status = 'open' AND batch_id IS NOT NULL;
CREATE INDEX orders_ended ON orders (ended_block) WHERE ended_block IS NOT NULL;

CREATE TABLE order_cancels (
    block_hash   BLOB    NOT NULL,
    log_index    INTEGER NOT NULL,
    block_number INTEGER NOT NULL,
    order_id     BLOB    NOT NULL REFERENCES orders,
    cancel_at_s  INTEGER NOT NULL,
    PRIMARY KEY (block_hash, log_index)
) STRICT, WITHOUT ROWID;
CREATE INDEX order_cancels_by_order ON order_cancels (order_id, block_number, log_index);
CREATE INDEX order_cancels_by_block ON order_cancels (block_number);

CREATE TABLE batch_orders (
    batch_id TEXT    NOT NULL REFERENCES batches,
    position INTEGER NOT NULL,
    section  INTEGER,  -- its position in batch_sections
    order_id BLOB    NOT NULL REFERENCES orders,
    PRIMARY KEY (batch_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX batch_orders_by_order ON batch_orders (order_id);

CREATE TABLE rejections (
    block_hash   BLOB    NOT NULL,
    log_index    INTEGER NOT NULL,
    block_number INTEGER NOT NULL,
    tx_hash      BLOB    NOT NULL,
    code         TEXT    NOT NULL,
    order_id     BLOB,
    detail       TEXT    NOT NULL,
    PRIMARY KEY (block_hash, log_index)
) STRICT, WITHOUT ROWID;
CREATE INDEX rejections_by_age ON rejections (block_number, log_index);
CREATE INDEX rejections_of_orders ON rejections (order_id) WHERE order_id IS NOT NULL;

CREATE TABLE observations (  -- what the contract said of a whole batch or section
    block_hash   BLOB    NOT NULL,
    log_index    INTEGER NOT NULL,
    block_number INTEGER NOT NULL,
    tx_hash      BLOB    NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('batch_settled', 'section_skipped')),
    key          BLOB    NOT NULL,
    pool_id      BLOB,
    reason       BLOB,
    sections     INTEGER,
    orders       INTEGER,
    PRIMARY KEY (block_hash, log_index)
) STRICT, WITHOUT ROWID;
CREATE INDEX observations_by_key ON observations (key, block_number, log_index);
CREATE INDEX observations_by_block ON observations (block_number);

CREATE TABLE proofs (
    program_vkey  BLOB    NOT NULL,
    public_values BLOB    NOT NULL,
    proof         BLOB    NOT NULL,
    nonce         TEXT    NOT NULL,
    backend       TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    PRIMARY KEY (program_vkey, public_values)
) STRICT;

CREATE TABLE leases (
    name       TEXT    PRIMARY KEY,
    holder     TEXT    NOT NULL,
    fence      INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
