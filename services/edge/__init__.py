"""The edge: Twilio's webhooks, media streams and REST API on one side, the bus on the other."""
