"""Limits on the pauses within answers; the one within a tool call is learned for each model."""

from collections import OrderedDict
from dataclasses import dataclass

from parley.providers.latency_limits import LatencyLimit, LimitRange

_INITIAL_WITHIN_CALL_S = 2.0
_MAX_MODELS = 64


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """Time limits of an answer, in seconds."""

    first_s: float
    """To the first text or part of a tool call; reasoning and keep-alives do not count."""
    text_s: float
    """Between two pieces of text."""
    before_call_s: float
    """After a sentence or a complete tool call, if the model may call a tool: it may reason, and many servers
    send a call only when it is complete."""
    within_call: LatencyLimit
    """Between two parts of a tool call, whose arguments a model writes without a pause; some servers send
    each argument only when it is complete."""


class PauseLimits:
    """The limits of the models of one process."""

    def __init__(self, text_s: float, before_call_s: float) -> None:
        """Create them; a pause within a tool call may last as long as one before it, but usually less."""
        self._text_s = text_s
        self._before_call_s = max(before_call_s, text_s)
        initial_s = min(max(_INITIAL_WITHIN_CALL_S, text_s), self._before_call_s)
        self._range = LimitRange(text_s, initial_s, self._before_call_s)
        self._within_call: OrderedDict[str, LatencyLimit] = OrderedDict()

    def of(self, model: str, first_s: float) -> StreamLimits:
        """Return the limits of an answer of a model, whose content must begin within `first_s`."""
        limit = self._within_call.setdefault(model, LatencyLimit(self._range))
        self._within_call.move_to_end(model)
        if len(self._within_call) > _MAX_MODELS:
            self._within_call.popitem(last=False)
        return StreamLimits(max(0.0, first_s), self._text_s, self._before_call_s, limit)
