"""The interface between the services and the speech and language providers: protocols, registry, fallback.

A provider is one file and one entry point; `docs/providers.md` shows a complete one.

| stage | entry point group | the plugin opens | which yields |
| --- | --- | --- | --- |
| stt | `parley.stt` | `stt.SttProvider`, one per process | `SttConnection`, one socket for one call |
| llm | `parley.llm` | `llm.LlmClient`, one per process | a stream of `LlmEvent` per request |
| tts | `parley.tts` | `tts.TtsProvider` | `TtsConnection` per call, then `SynthesisStream` |

`registry` opens them by the name in the agent file; `fallback_chain` chooses between an agent's routes,
and `attempt_race` tries one beside another that is silent.
"""
