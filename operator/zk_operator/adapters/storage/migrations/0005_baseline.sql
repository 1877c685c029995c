-- How many orders the contract had counted before the first block that is scanned: those are in no row, and none is missing.
CREATE TABLE baseline (only INTEGER PRIMARY KEY CHECK (only = 1), tasks INTEGER NOT NULL) STRICT;
