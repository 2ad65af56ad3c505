"""Validation of request bodies, with the error messages of OpenAI. No I/O, no clock."""
