-- The agent whose reply a line is: a call may be handed to another agent.

ALTER TABLE transcript ADD COLUMN agent text;
COMMENT ON COLUMN transcript.agent IS 'name of the agent file; null for the caller and for older calls';
