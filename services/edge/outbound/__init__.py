"""Outbound audio: from the bus to Twilio's WebSocket, with playback that follows the caller's speech."""
