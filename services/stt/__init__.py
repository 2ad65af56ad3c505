"""The stt service: detects speech, transcribes the caller and decides when a turn ends."""
