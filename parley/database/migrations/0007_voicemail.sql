-- The message that the caller left after a fallback.

ALTER TABLE calls ADD COLUMN voicemail_url text;
COMMENT ON COLUMN calls.voicemail_url IS 'the copy beside the recording, or else the recording at Twilio; null without a message';
