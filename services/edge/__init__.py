"""CARRIES the sound; nobody else speaks Twilio."""
