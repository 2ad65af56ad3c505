-- Calls, their transcripts, the times of each turn, and every event.

CREATE TABLE calls (
    call_sid text PRIMARY KEY,
    direction text NOT NULL,
    from_number text NOT NULL,
    to_number text NOT NULL,
    agent text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    duration_ms bigint,
    end_reason text,
    recording_url text,
    transcript_url text,
    guesses integer NOT NULL,
    guesses_dropped integer NOT NULL,
    dropped_characters bigint NOT NULL
);
CREATE INDEX calls_started_at ON calls (started_at);
COMMENT ON COLUMN calls.from_number IS 'personal data';
COMMENT ON COLUMN calls.to_number IS 'personal data';
COMMENT ON COLUMN calls.ended_at IS 'NULL during the call';

CREATE TABLE transcript (
    call_sid text NOT NULL REFERENCES calls ON DELETE CASCADE,
    n integer NOT NULL,
    who text NOT NULL CHECK (who IN ('caller', 'agent')),
    text text NOT NULL,
    start_ms bigint NOT NULL,
    end_ms bigint NOT NULL,
    turn integer NOT NULL,
    reply_id text NOT NULL,
    interrupted boolean NOT NULL,
    PRIMARY KEY (call_sid, n)
);
COMMENT ON COLUMN transcript.text IS 'personal data; of a reply only the part that was played';
COMMENT ON COLUMN transcript.start_ms IS 'call time: milliseconds since calls.started_at';

CREATE TABLE turn_timings (
    call_sid text NOT NULL REFERENCES calls ON DELETE CASCADE,
    turn integer NOT NULL,
    reply_id text NOT NULL,
    decided_by text NOT NULL,
    speech_end_ms bigint,
    turn_ended_ms bigint,
    reply_started_ms bigint,
    asked_ms bigint,
    first_token_ms bigint,
    first_text_ms bigint,
    voice_asked_ms bigint,
    voice_started_ms bigint,
    playback_started_ms bigint,
    heard_ms bigint,
    latency_ms bigint,
    own_ms bigint,
    PRIMARY KEY (call_sid, turn)
);
COMMENT ON COLUMN turn_timings.playback_started_ms IS 'the reply''s first audio was sent';
COMMENT ON COLUMN turn_timings.latency_ms IS 'from speech_end_ms to playback_started_ms';

CREATE TABLE events (
    call_sid text NOT NULL REFERENCES calls ON DELETE CASCADE,
    n integer NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    stage text NOT NULL,
    epoch integer NOT NULL,
    sequence bigint NOT NULL,
    sent_at timestamptz NOT NULL,
    body jsonb NOT NULL,
    PRIMARY KEY (call_sid, id)
);
COMMENT ON COLUMN events.n IS 'position in the call''s log, from 1';
COMMENT ON COLUMN events.body IS 'personal data';
