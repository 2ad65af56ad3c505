"""Facts about the models of the Gemini API, from ai.google.dev as of 2026-11-28."""

from parley.providers.facts import ModelFacts, ProviderFacts

FACTS = ProviderFacts(
    title="Google (Gemini API)",
    models=(
        ModelFacts("gemini-3.5-flash-lite", note="level minimal; no announced end"),
        ModelFacts("gemini-3.6-flash", note="level minimal; no announced end"),
        ModelFacts("gemini-3.8-flash", note="level low; no announced end"),
        ModelFacts("gemini-3.1-flash-lite", note="its page names gemini-3.5-flash-lite as replacement"),
    ),
    source="https://ai.google.dev/api/generate-content",
    key_setting="GEMINI_API_KEY",
    address_setting="GEMINI_BASE_URL",
    audio_formats=(),
    interruption="closing the connection; tokens that were already generated are billed",
    refusals=(
        "A function call without the signature of its thought, from Gemini 3 on: it is sent back.",
        "`thinkingLevel: minimal`, for 3.7, 3.8 and the Pro models: the lowest level is sent instead.",
        "A blocked prompt is an answer without candidates: the call goes on with the next route.",
        "An answer that a filter stops ends with SAFETY, RECITATION and the like: it counts as cut off.",
        "A wrong key is status 400, not 401.",
    ),
)
