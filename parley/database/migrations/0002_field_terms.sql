-- Columns and tables take the names of the events' fields and of parley/latency/turn.py.

ALTER TABLE calls RENAME COLUMN guesses TO speculations;
ALTER TABLE calls RENAME COLUMN guesses_dropped TO speculations_discarded;
ALTER TABLE calls RENAME COLUMN dropped_characters TO discarded_characters;
COMMENT ON COLUMN calls.speculations IS 'replies started before the end of the turn was confirmed';
COMMENT ON COLUMN calls.speculations_discarded IS 'speculations that were cancelled before playback';
COMMENT ON COLUMN calls.discarded_characters IS 'characters of text generated for discarded speculations';

ALTER TABLE transcript RENAME COLUMN who TO speaker;
ALTER TABLE transcript RENAME CONSTRAINT transcript_who_check TO transcript_speaker_check;

ALTER TABLE turn_timings RENAME TO turn_latencies;
ALTER INDEX turn_timings_pkey RENAME TO turn_latencies_pkey;
ALTER TABLE turn_latencies RENAME CONSTRAINT turn_timings_call_sid_fkey TO turn_latencies_call_sid_fkey;
ALTER TABLE turn_latencies RENAME COLUMN asked_ms TO llm_requested_ms;
ALTER TABLE turn_latencies RENAME COLUMN first_text_ms TO first_clause_ms;
ALTER TABLE turn_latencies RENAME COLUMN voice_asked_ms TO tts_requested_ms;
ALTER TABLE turn_latencies RENAME COLUMN voice_started_ms TO synthesis_started_ms;
ALTER TABLE turn_latencies RENAME COLUMN heard_ms TO first_played_ms;
ALTER TABLE turn_latencies RENAME COLUMN own_ms TO overhead_ms;
COMMENT ON COLUMN turn_latencies.llm_requested_ms IS 'request to the LLM; NULL for a reply without one';
COMMENT ON COLUMN turn_latencies.first_played_ms IS 'arrival of the first playback mark of the reply';
COMMENT ON COLUMN turn_latencies.overhead_ms IS
    'part of latency_ms that Parley itself added; NULL when a part of the reply was speculative';
