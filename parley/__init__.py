"""The language that Parley's services share: messages, subjects, ownership, sound. It knows no service."""
