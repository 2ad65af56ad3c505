"""Rows T3, T4, T6, T10 and T12: the role of the caller's words, and when the agent waits."""

import pytest

from parley.agent_config import AgentConfig, Idle
from parley.v1.call_pb2 import StreamStarted
from parley.v1.event_pb2 import Event
from parley.v1.playback_pb2 import PlaybackFinished
from parley.v1.reply_pb2 import PhrasesChosen, ReplyStarted
from parley.v1.speech_pb2 import SpeechStarted, SpeechStopped, TranscriptUpdated
from services.brain.policies import idle_policy, turn_taking
from services.brain.policies.idle_policy import IdlePrompt
from services.brain.policies.turn_taking import Answer, CancelReplies, Resume, WaitUntil
from services.brain.state import BrainState
from tests.event_factories import event, reply_events
from tests.field.rows import Seen, row
from tests.unit.brain.event_factories import (
    clauses_synthesized,
    playback_paused,
    playback_started,
    turn_ended,
)

AGENT = AgentConfig(prompt="x", idle=Idle(timeout_s=8, prompts=("Hello?",)))
EXPLANATION = "We are open from eight to six on every day of the week but for Sunday when nobody is here."
WORD_MS = 400
QUESTIONS = {
    "en": "There is a free place on Tuesday at ten. Shall I book it for you now or on another day?",
    "de": "Am Dienstag um zehn ist noch ein Termin frei. Soll ich den für Sie eintragen oder lieber später?",
    "es": "El martes a las diez hay un hueco. ¿Quiere que se lo reserve ahora o prefiere otro día?",
    "fr": "Mardi à dix heures est libre. Est-ce que je vous inscris tout de suite ou un autre jour",
    "pt": "Na terça às dez há uma vaga. Quer que eu marque agora ou prefere outro dia?",
    "hi": "मंगलवार को दस बजे जगह खाली है। क्या मैं अभी बुक कर दूँ या किसी और दिन",
}


def speaking(
    text: str, fraction: float, *, language: str = "en", uninterruptible: bool = False
) -> list[Event]:
    """The agent speaks; the part of its words that was played is `fraction`, then the caller speaks."""
    played_ms = round(len(text.split()) * WORD_MS * fraction)
    started = event(ReplyStarted(reply_id="r1", uninterruptible=uninterruptible))
    return [
        event(PhrasesChosen(language=language)),
        started,
        *reply_events("r1", 0, text)[1:],
        *clauses_synthesized("r1", text, word_ms=WORD_MS),
        *playback_started("r1", played_ms),
        event(SpeechStarted()),
        playback_paused("r1", played_ms),
    ]


def spoken(text: str) -> list[Event]:
    """The caller's words and the end of the turn."""
    return [event(TranscriptUpdated(turn=1, text=text)), event(SpeechStopped()), turn_ended(1, text)]


def fold(*events: Event) -> BrainState:
    state = BrainState()
    for happening in events:
        state = state.evolve(happening, 0)
    return state


def decide(*events: Event, now_ms: int = 0) -> turn_taking.Decision | None:
    state = fold(*events)
    return turn_taking.decide(state.floor, state.conversation, AGENT, now_ms=now_ms)


@row("T3", "a backchannel while the agent explains", "playback resumes; no answer")
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Mhmm."),
        ("en-US", "Got it."),
        ("en", "Mm-hmm, okay."),
        ("de", "Genau."),
        ("de", "Ja, ja, verstehe."),
        ("es", "Vale, vale."),
        ("es", "aja"),
        ("fr", "D\u2019accord."),
        ("fr", "Ouais ouais"),
        ("pt-BR", "Pois é."),
        ("pt", "ta bom"),
        ("hi", "accha"),
        ("hi", "हाँ जी।"),
        ("multi", "genau"),
        ("multi", "अच्छा"),
        ("it", "Ho capito."),
        ("nl", "Ja hoor."),
        ("sv", "uh-huh"),
    ],
)
def test_backchannels_of_all_languages(language: str, text: str, seen: Seen) -> None:
    """The agent's language decides."""
    decision = decide(*speaking(EXPLANATION, 0.3, language=language), *spoken(text))

    seen(decision)
    assert decision == Resume("r1", "backchannel")


@row("T3", "a short utterance that is no backchannel", "barge-in on the first words")
@pytest.mark.parametrize(
    "text", ["no", "stop", "wait", "what?", "hello?", "sorry?", "five", "Miller", "yeah but"]
)
def test_short_barge_ins(text: str, seen: Seen) -> None:
    """Interim words are enough."""
    decision = decide(*speaking(EXPLANATION, 0.3), event(TranscriptUpdated(turn=1, text=text)))

    seen(decision)
    assert decision == CancelReplies(("r1",))


@row("T4", "an agreement over the end of the agent's question", "the question ends, then it is answered")
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Sure."),
        ("en", "Yes."),
        ("en", "Okay"),
        ("de", "genau"),
        ("es", "Claro."),
        ("fr", "Oui oui"),
        ("pt", "Isso."),
        ("hi", "जी हाँ"),
    ],
)
def test_early_answers(language: str, text: str, seen: Seen) -> None:
    """Without words that follow."""
    log = [*speaking(QUESTIONS[language], 0.8, language=language), *spoken(text)]
    ended = [*log, event(PlaybackFinished(reply_id="r1"))]

    seen(f"{decide(*log)}, then {decide(*ended, now_ms=1000)}")
    assert decide(*log) == Resume("r1", "backchannel")
    assert decide(*ended, now_ms=1000) == Answer(1)


@row("T4", "the same in the middle of an explanation", "a backchannel: never answered")
@pytest.mark.parametrize("text", ["Sure.", "Yes.", "okay"])
def test_agreement_in_an_explanation(text: str, seen: Seen) -> None:
    """There is nothing to answer."""
    log = [*speaking(EXPLANATION, 0.5), *spoken(text), event(PlaybackFinished(reply_id="r1"))]

    seen(decide(*log, now_ms=1000))
    assert decide(*log, now_ms=1000) is None


@row("T6", "words over a greeting that must be played whole", "it continues; then they are answered")
@pytest.mark.parametrize("text", ["Hello?", "I need an appointment", "stop", "no"])
def test_a_legal_notice_is_not_interrupted(text: str, seen: Seen) -> None:
    """The words are kept."""
    log = [*speaking("This call is recorded for training.", 0.2, uninterruptible=True)[:-2], *spoken(text)]
    after = decide(*log, event(PlaybackFinished(reply_id="r1")))

    seen(f"{decide(*log)}, then {after}")
    assert decide(*log) is None
    assert after == Answer(1)


@row("T10", "voice activity without words for minutes", "the usual idle prompt")
@pytest.mark.parametrize("every_ms", [300, 1500, 5000, 600_000])
def test_music_is_not_a_caller(every_ms: int, seen: Seen) -> None:
    """However often it begins."""
    state = fold(event(StreamStarted()))
    prompted_ms = None
    for now_ms in range(0, 60_000, 100):
        if now_ms % every_ms == 0:
            state = state.evolve(event(SpeechStarted()), now_ms)
        decision = idle_policy.decide(state.idle, state.floor, state.conversation, AGENT, now_ms=now_ms)
        if isinstance(decision, IdlePrompt):
            prompted_ms = now_ms
            break

    seen(f"prompt after {prompted_ms} ms")
    assert prompted_ms is not None
    assert 8000 <= prompted_ms <= 10_000


@row("T12", "a request to wait", "no answer, no prompt for a minute")
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Hold on a second, let me look."),
        ("en", "Just a minute, I need to find my card"),
        ("de", "Einen Moment bitte."),
        ("es", "un momento"),
        ("fr", "Attendez, je regarde."),
        ("pt", "só um minuto"),
        ("hi", "ek minute"),
        ("hi", "रुकिए"),
    ],
)
def test_a_pause_is_granted(language: str, text: str, seen: Seen) -> None:
    """Then the usual prompts follow."""
    log = [event(StreamStarted()), event(PhrasesChosen(language=language)), *spoken(text)]
    state = fold(*log)
    decisions = [
        idle_policy.decide(state.idle, state.floor, state.conversation, AGENT, now_ms=now_ms)
        for now_ms in (59_000, 60_000)
    ]

    seen(decisions)
    assert decide(*log, now_ms=5000) is None
    assert decisions == [WaitUntil(60_000), IdlePrompt("Hello?")]


@row("T12", "a correction that begins like a request to wait", "barge-in and an answer")
@pytest.mark.parametrize(
    "text", ["hold on, that's wrong", "No wait, I said Tuesday", "Hold on, is that right?"]
)
def test_a_correction_is_answered(text: str, seen: Seen) -> None:
    """It needs one."""
    decision = decide(*spoken(text))

    seen(decision)
    assert decision == Answer(1)
