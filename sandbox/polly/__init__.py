"""The Amazon Polly emulator: SynthesizeSpeech and DescribeVoices, with Signature Version 4 checked."""
