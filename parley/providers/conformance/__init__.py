"""Named checks that every provider must pass; for the tests of providers, also of third parties.

`run_checks(STT_CHECKS, SttCase(Subject(…), speech))` returns one result per check. A `Subject` opens the
plugin as a process does; with a `Relay` before the provider's server, or an emulator of it, the checks also
break the network. docs/providers.md shows an example, and the results of the built-in providers.
"""

from parley.providers.conformance.answers import LlmCase
from parley.providers.conformance.check import (
    Check,
    CheckResult,
    ConformanceError,
    NotApplicable,
    run_check,
    run_checks,
)
from parley.providers.conformance.llm import LLM_CHECKS
from parley.providers.conformance.opened import check_llm, check_stt, check_tts
from parley.providers.conformance.relay import Relay, open_relay
from parley.providers.conformance.stt import STT_CHECKS
from parley.providers.conformance.subject import (
    Fault,
    LlmSubject,
    ServerFault,
    SttSubject,
    Subject,
    TtsSubject,
)
from parley.providers.conformance.synthesis import TtsCase
from parley.providers.conformance.transcription import Speech, SttCase
from parley.providers.conformance.tts import TTS_CHECKS

__all__ = [
    "LLM_CHECKS",
    "STT_CHECKS",
    "TTS_CHECKS",
    "Check",
    "CheckResult",
    "ConformanceError",
    "Fault",
    "LlmCase",
    "LlmSubject",
    "NotApplicable",
    "Relay",
    "ServerFault",
    "Speech",
    "SttCase",
    "SttSubject",
    "Subject",
    "TtsCase",
    "TtsSubject",
    "check_llm",
    "check_stt",
    "check_tts",
    "open_relay",
    "run_check",
    "run_checks",
]
