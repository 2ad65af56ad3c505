"""The Deepgram emulator: live transcription that recognises with pocketsphinx, or looks up ground truth."""
