"""Inbound audio: from Twilio's WebSocket to the bus."""
