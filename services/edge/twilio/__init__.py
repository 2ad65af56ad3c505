"""Twilio's wire formats and REST API, without policy."""
