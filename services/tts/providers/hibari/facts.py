"""Facts about Hibari on this machine."""

from parley.audio.formats import AudioFormat
from parley.providers.facts import ModelFacts, ProviderFacts

FACTS = ProviderFacts(
    title="Hibari on your own machine",
    models=(ModelFacts("hibari", ("en",), note="`tts.voice: heart` is in the package hibari-tts"),),
    source="https://github.com/MMWilliams/hibari",
    audio_formats=(AudioFormat("pcm_s16le", 24_000),),
    interruption="the sentence that is being synthesized is completed and dropped, about 30 ms of a core",
    refusals=(
        "Text in another script than Latin is rejected.",
        "More than 64 sentences of all calls that wait are refused as rate limited.",
        "A voice with another SHA-256 than expected is not loaded, and none is downloaded.",
    ),
)
