-- The tokens of a call's requests to models, its transfers and its text messages.

ALTER TABLE calls ADD COLUMN tokens jsonb NOT NULL DEFAULT '{}';
ALTER TABLE calls ADD COLUMN transfers jsonb NOT NULL DEFAULT '[]';
ALTER TABLE calls ADD COLUMN text_messages jsonb NOT NULL DEFAULT '[]';
COMMENT ON COLUMN calls.tokens IS 'sums over all requests to models, with their cost, and the same by model';
COMMENT ON COLUMN calls.transfers IS 'personal data; in the order of the requests';
COMMENT ON COLUMN calls.text_messages IS 'personal data; without their texts, which are in the events';
