-- An order that is left out of batches for a while says so in its row, so that the query for the next batch passes it over.
ALTER TABLE orders ADD COLUMN back_off_until INTEGER;               -- NULL: ready
ALTER TABLE orders ADD COLUMN back_offs INTEGER NOT NULL DEFAULT 0;  -- how often in a row it was left out
ALTER TABLE orders ADD COLUMN wake_price BLOB;  -- 32 bytes, so that they sort as numbers: the price (Q128) that brings it back
DROP INDEX orders_batchable;
-- The columns of the condition are in it too: a query that they are enough for never reads the rows.
CREATE INDEX orders_ready ON orders (
    pool_id, owner, placed_block, placed_log, placed_at_s, status, refusal, cancel_at_s, batch_id, back_off_until)
    WHERE status = 'open' AND refusal IS NULL AND cancel_at_s IS NULL AND batch_id IS NULL AND back_off_until IS NULL;
CREATE INDEX orders_backing_off ON orders (back_off_until) WHERE back_off_until IS NOT NULL;
CREATE INDEX orders_by_wake_price ON orders (pool_id, zero_for_one, wake_price) WHERE wake_price IS NOT NULL;
-- The contract numbers orders without gaps, so that a missing one can be seen.
CREATE INDEX orders_by_task ON orders (task_index, placed_block, status) WHERE status <> 'orphaned';
CREATE INDEX orders_open ON orders (order_id) WHERE status = 'open';
-- What a pool or the contract allowed when an endpoint was asked is no reason any more to leave an order out for good:
-- an unknown pool, less than the least size, more than the longest span. What the order itself says stays.
UPDATE orders SET refusal = NULL WHERE refusal = 'ZKO-INT-003'
    OR (refusal = 'ZKO-INT-004' AND amount_in <> '0')
    OR (refusal = 'ZKO-INT-005' AND deadline >= placed_at_s);
