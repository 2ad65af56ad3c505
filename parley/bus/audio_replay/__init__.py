"""Retransmission of audio around the death of a NATS server."""
