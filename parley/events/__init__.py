"""A call's event log: envelopes, ordering, fencing, the outbox."""
