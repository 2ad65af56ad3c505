"""The judgement of one call's words together with the model of turns, if there is one."""

from collections.abc import Awaitable, Callable

from parley.agent_config import SttConfig
from services.stt.completion.assessment import TurnCompletion
from services.stt.end_of_turn.judgement import combine
from services.stt.end_of_turn.turn_model import PauseListener, TurnModel


class Pauses:
    """Judges the pauses of one call; `on_judged` is called when the model has judged one."""

    def __init__(
        self, model: TurnModel | None, config: SttConfig, on_judged: Callable[[], Awaitable[None]]
    ) -> None:
        self._config = config
        self._on_judged = on_judged
        self._listener = PauseListener(model, self._record) if model is not None else None
        self._probability: float | None = None
        self._enabled = True

    def change_config(self, config: SttConfig, *, enabled: bool) -> None:
        """Judge by another section from now on; without the model if it is not enabled."""
        self._config = config
        self._enabled = enabled
        self._probability = None

    def enable(self, *, enabled: bool) -> None:
        """Use the model from now on, or not."""
        if enabled != self._enabled:
            self._enabled = enabled
            self._probability = None

    async def run(self) -> None:
        """Long-lived: judge each pause; returns at once without a model."""
        if self._listener is not None:
            await self._listener.run()

    def push_audio(self, mulaw: bytes) -> None:
        """Record the caller's audio."""
        if self._listener is not None and self._enabled:
            self._listener.push_audio(mulaw)

    def speech_changed(self, *, started: bool) -> None:
        """Begin or discard a pause, because speech has stopped or started."""
        self._probability = None
        if self._listener is not None and self._enabled:
            if started:
                self._listener.speech_started()
            else:
                self._listener.pause_started()

    def combine(self, completion: TurnCompletion) -> TurnCompletion:
        """Return the judgement of the words with that of the model."""
        if self._listener is None or not self._enabled:
            return completion
        return combine(completion, self._probability, self._config)

    async def _record(self, probability: float) -> None:
        self._probability = probability
        await self._on_judged()
