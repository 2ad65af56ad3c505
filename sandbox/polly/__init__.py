"""The Amazon Polly emulator: SynthesizeSpeech and DescribeVoices, with Signature Version 4 checked."""

CHECKS = {
    "tts": (
        "Signature Version 4 over all parts of a request, access keys, session tokens and the clock",
        "unknown fields, types and values",
        "voices, their engines and languages",
        "formats and sample rates",
        "well-formed SSML, and its tags by engine",
        "lexicons and text lengths",
        "requests at once",
    ),
}
"""The rules that requests must follow, by kind of provider, for docs/providers.md."""
