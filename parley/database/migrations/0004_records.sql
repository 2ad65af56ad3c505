-- What the agents' tools read and write: appointments, customers, leads and messages.

CREATE TABLE tool_effects (
    call_sid text NOT NULL,
    tool_call_id text NOT NULL,
    caller_number text NOT NULL,
    result jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (call_sid, tool_call_id)
);
CREATE INDEX tool_effects_created_at ON tool_effects (created_at);
CREATE INDEX tool_effects_caller_number ON tool_effects (caller_number);
COMMENT ON TABLE tool_effects IS
    'first result of each tool call, written with its effect; a repeated tool call gets the same result';
COMMENT ON COLUMN tool_effects.caller_number IS 'personal data';
COMMENT ON COLUMN tool_effects.result IS 'personal data';

CREATE TABLE calendars (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    definition jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN calendars.definition IS 'title, zone, opening hours, slot length, days off: see docs/tools-data.md';

CREATE TABLE appointments (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference text NOT NULL UNIQUE,
    calendar_id integer NOT NULL REFERENCES calendars,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
    busy int8range NOT NULL,
    name text NOT NULL,
    number text NOT NULL,
    note text NOT NULL,
    service text NOT NULL,
    caller_number text NOT NULL,
    agent text NOT NULL,
    call_sid text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    cancelled_at timestamptz,
    cancelled_call_sid text,
    CONSTRAINT appointments_busy CHECK (busy = int8range(
        calendar_id * 100000000000 + extract(epoch FROM starts_at)::bigint,
        calendar_id * 100000000000 + extract(epoch FROM ends_at)::bigint
    )),
    CONSTRAINT appointments_no_double_booking EXCLUDE USING gist (busy WITH &&) WHERE (cancelled_at IS NULL)
);
CREATE INDEX appointments_calendar ON appointments (calendar_id, starts_at) WHERE cancelled_at IS NULL;
CREATE INDEX appointments_number ON appointments (number, starts_at) WHERE cancelled_at IS NULL;
CREATE INDEX appointments_caller_number ON appointments (caller_number, starts_at) WHERE cancelled_at IS NULL;
CREATE INDEX appointments_starts_at ON appointments (starts_at);
COMMENT ON COLUMN appointments.busy IS
    'the time in seconds, moved apart for each calendar: a range alone needs no extension to exclude overlaps';
COMMENT ON COLUMN appointments.name IS 'personal data';
COMMENT ON COLUMN appointments.number IS 'personal data; where the person can be reached';
COMMENT ON COLUMN appointments.note IS 'personal data';
COMMENT ON COLUMN appointments.caller_number IS 'personal data; the number of the call that booked it';

CREATE TABLE customers (
    id text PRIMARY KEY,
    numbers text[] NOT NULL,
    fields jsonb NOT NULL,
    search jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX customers_numbers ON customers USING gin (numbers);
CREATE INDEX customers_search ON customers USING gin (search jsonb_path_ops);
COMMENT ON COLUMN customers.numbers IS 'personal data';
COMMENT ON COLUMN customers.fields IS 'personal data; the columns of the imported file';
COMMENT ON COLUMN customers.search IS 'personal data; the fields in lower case, without accents and punctuation';

CREATE TABLE leads (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    contact text NOT NULL,
    interest text NOT NULL,
    budget numeric,
    score integer NOT NULL,
    fields jsonb NOT NULL,
    caller_number text NOT NULL,
    agent text NOT NULL,
    call_sid text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX leads_created_at ON leads (created_at);
CREATE INDEX leads_caller_number ON leads (caller_number);
CREATE INDEX leads_contact ON leads (contact);
COMMENT ON COLUMN leads.name IS 'personal data';
COMMENT ON COLUMN leads.contact IS 'personal data';
COMMENT ON COLUMN leads.interest IS 'personal data';
COMMENT ON COLUMN leads.fields IS 'personal data';
COMMENT ON COLUMN leads.caller_number IS 'personal data';

CREATE TABLE messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recipient text NOT NULL,
    text text NOT NULL,
    urgency text NOT NULL,
    name text NOT NULL,
    callback_number text NOT NULL,
    caller_number text NOT NULL,
    agent text NOT NULL,
    call_sid text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX messages_created_at ON messages (created_at);
CREATE INDEX messages_caller_number ON messages (caller_number);
CREATE INDEX messages_callback_number ON messages (callback_number);
COMMENT ON COLUMN messages.text IS 'personal data';
COMMENT ON COLUMN messages.name IS 'personal data';
COMMENT ON COLUMN messages.callback_number IS 'personal data';
COMMENT ON COLUMN messages.caller_number IS 'personal data';
