"""The agent's direction: from the bus to Twilio's WebSocket, at the caller's pace."""
