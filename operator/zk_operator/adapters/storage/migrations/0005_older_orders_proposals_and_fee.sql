-- How many orders the contract had counted before the first block that is scanned: those are in no row, and none is missing.
CREATE TABLE baseline (only INTEGER PRIMARY KEY CHECK (only = 1), tasks INTEGER NOT NULL) STRICT;
-- What the contract's owner proposed, and what became of it: the event alone says what a proposal holds.
CREATE TABLE proposals (
    block_hash     BLOB    NOT NULL,
    log_index      INTEGER NOT NULL,
    block_number   INTEGER NOT NULL,
    change_id      BLOB    NOT NULL,
    ready_at_s     INTEGER,  -- NULL in all that follow: applied or withdrawn
    zk_domain_id   INTEGER,
    program_vkey   BLOB,
    vk_hash        BLOB,
    recursion_root BLOB,
    PRIMARY KEY (block_hash, log_index)
) STRICT, WITHOUT ROWID;
CREATE INDEX proposals_by_block ON proposals (block_number);
-- The contract's fee by which the orders that wait for a price do so: a lower one may bring them into reach.
CREATE TABLE rest_fee (only INTEGER PRIMARY KEY CHECK (only = 1), fee_bps INTEGER NOT NULL) STRICT;
