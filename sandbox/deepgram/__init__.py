"""A stand-in for Deepgram's live transcription: real recognition, or an oracle that knows the script."""
