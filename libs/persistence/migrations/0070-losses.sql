-- Attempts that ended with the loss of their worker. Only these are counted against an operation that may not be left half done: waiting for
-- an engine that is away is no fault of the operation.
ALTER TABLE operations ADD COLUMN losses integer NOT NULL DEFAULT 0;
