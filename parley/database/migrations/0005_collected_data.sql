-- The agents that served a call, in order, and the data that they collected.

ALTER TABLE calls ADD COLUMN agents text[] NOT NULL DEFAULT '{}';
ALTER TABLE calls ADD COLUMN data jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN calls.data IS 'personal data: {field: {"value": …, "confirmed": …}}';
