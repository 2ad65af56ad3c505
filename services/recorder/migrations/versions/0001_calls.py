"""Calls, what was said in them, where each turn's time went, and every event."""

from alembic import op

revision = "0001"
down_revision = None

_TABLES = """
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
COMMENT ON COLUMN calls.from_number IS 'personal';
COMMENT ON COLUMN calls.to_number IS 'personal';
COMMENT ON COLUMN calls.guesses IS 'answers begun before the turn was surely over';
COMMENT ON COLUMN calls.dropped_characters IS 'of text that was made for guesses that were wrong';
COMMENT ON COLUMN calls.ended_at IS 'NULL while the call lasts';

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
COMMENT ON COLUMN transcript.text IS 'personal; of the agent only what the caller heard';
COMMENT ON COLUMN transcript.start_ms IS 'call time, milliseconds since calls.started_at';

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
COMMENT ON COLUMN turn_timings.asked_ms IS 'the model was asked; NULL where nothing was asked for it';
COMMENT ON COLUMN turn_timings.playback_started_ms IS 'the first sound was sent';
COMMENT ON COLUMN turn_timings.heard_ms IS 'the first sound was heard, by the first mark that came back';
COMMENT ON COLUMN turn_timings.latency_ms IS 'from speech_end_ms to playback_started_ms';
COMMENT ON COLUMN turn_timings.own_ms IS 'what of it was Parley''s; NULL where something was done on a guess';

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
COMMENT ON COLUMN events.n IS 'place in the call''s log';
COMMENT ON COLUMN events.body IS 'personal';
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(_TABLES)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP TABLE events, turn_timings, transcript, calls")
