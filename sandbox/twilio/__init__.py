"""A stand-in for Twilio on loopback: REST, signed webhooks, TwiML and Media Streams."""
