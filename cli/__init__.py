"""The command line: one command and you hear a call."""
