-- The id that the other side gave a paid act, where that is another than the reference.
ALTER TABLE intents ADD COLUMN known_as BLOB;
