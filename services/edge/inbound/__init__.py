"""The caller's direction: from Twilio's WebSocket to the bus."""
