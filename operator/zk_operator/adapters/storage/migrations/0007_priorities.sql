-- Orders have the priority that the operator's rules give them, in their rows, so that the query for the next batch sees it.
ALTER TABLE orders ADD COLUMN priority INTEGER NOT NULL DEFAULT 2 CHECK (priority BETWEEN 0 AND 3);  -- 0: critical
ALTER TABLE orders ADD COLUMN ranked INTEGER NOT NULL DEFAULT 0 CHECK (ranked IN (0, 1));
DROP INDEX orders_ready;
CREATE INDEX orders_ready ON orders (
    pool_id, priority, owner, placed_block, placed_log, placed_at_s, status, refusal, cancel_at_s, batch_id, back_off_until)
    WHERE status = 'open' AND refusal IS NULL AND cancel_at_s IS NULL AND batch_id IS NULL AND back_off_until IS NULL;
CREATE INDEX orders_unranked ON orders (placed_block, placed_log)
    WHERE status = 'open' AND refusal IS NULL AND cancel_at_s IS NULL AND batch_id IS NULL AND ranked = 0;
CREATE INDEX orders_ranked ON orders (order_id) WHERE status = 'open' AND ranked = 1;
CREATE INDEX orders_by_pool ON orders (pool_id);
