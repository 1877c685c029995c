-- Jobs at a service that submits for us are acts of a kind of their own, and are paid for in a unit of their own. SQLite
-- cannot alter a CHECK; its manual's way for one that only allows more is to write the new text, since no row changes.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(
    replace(sql, '''extrinsic'', ''transaction'')', '''extrinsic'', ''transaction'', ''job'')'),
    '''VFY'', ''GAS'')', '''VFY'', ''GAS'', ''KURIER'')') WHERE type = 'table' AND name = 'intents';
PRAGMA writable_schema = RESET;
