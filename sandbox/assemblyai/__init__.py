"""The AssemblyAI emulator: live transcription that detects turns."""
