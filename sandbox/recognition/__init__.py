"""Recognition of speech for the emulators that transcribe: pocketsphinx, or a look-up of ground truth."""
