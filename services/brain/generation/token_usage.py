"""Measures the tokens of one request to a model: as its provider reports them, or estimated."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

from parley.agent_config import TokenPrice
from parley.errors import ProviderTimeout
from parley.providers.fallback_chain import Attempt
from parley.providers.llm import Done, LlmEvent, Message, TextDelta, TokenUsage, ToolCallRequest
from parley.token_totals import decimal_text
from parley.v1.reply_pb2 import TokensUsed

_BYTES_PER_TOKEN = 4
"""The average of English text; scripts with more bytes per character have more tokens per character, too."""
_PER_MILLION = Decimal(1_000_000)


class RequestUsage:
    """The tokens of one request; entered around it, so that a stopped request is reported as well.

    A provider charges for a request that is stopped, but reports nothing: its tokens are estimated.
    """

    def __init__(
        self,
        attempt: Attempt,
        price: TokenPrice | None,
        report: Callable[[TokensUsed], None],
        *,
        reply_id: str = "",
    ) -> None:
        self._attempt = attempt
        self._price = price
        self._report = report
        self._reply_id = reply_id
        self._messages: Sequence[Message] = ()
        self._tools: Sequence[Mapping[str, Any]] = ()
        self._is_sent = False
        self._output_bytes = 0
        self._reported: TokenUsage | None = None
        self._is_taken = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A request that failed at once costs nothing.
        is_charged = isinstance(error, asyncio.CancelledError | ProviderTimeout) or error is None
        if self._reported is None and not (is_charged or self._output_bytes):
            return
        for used in self.take():
            self._report(used)

    def sent(self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]) -> None:
        """Note what the request consists of."""
        self._messages, self._tools, self._is_sent = messages, tools, True

    def received(self, event: LlmEvent) -> None:
        """Note an event of the answer."""
        match event:
            case TextDelta(text=text):
                self._output_bytes += len(text.encode(errors="replace"))
            case ToolCallRequest():
                self._output_bytes += len((event.name + event.arguments).encode(errors="replace"))
            case TokenUsage():
                self._reported = event
            case Done():
                pass

    def completed_by(self, event: LlmEvent) -> Sequence[TokensUsed]:
        """Return the event of the request if its answer ends with `event`."""
        return self.take() if isinstance(event, Done) else ()

    def take(self) -> Sequence[TokensUsed]:
        """Return the event of the request and count its tokens; none if it was not sent, or taken before."""
        if self._is_taken or not self._is_sent:
            return ()
        self._is_taken = True
        usage = self._reported or self._estimate()
        count_tokens(usage, self._attempt)
        used = TokensUsed(
            reply_id=self._reply_id,
            provider=self._attempt.route.provider,
            model=self._attempt.route.model,
            input=usage.input,
            cached_input=usage.cached_input,
            output=usage.output,
            reasoning=usage.reasoning,
            estimated=self._reported is None,
        )
        if self._price is not None:
            cost = cost_of(usage, self._price)
            used.cost, used.currency = decimal_text(cost), self._price.currency
            labels = {**self._attempt.labels, "currency": self._price.currency}
            self._attempt.usage.llm_cost.labels(**labels).inc(float(cost))
        return (used,)

    def _estimate(self) -> TokenUsage:
        sent = json.dumps([*self._messages, *self._tools], ensure_ascii=False, default=str)
        return TokenUsage(
            input=-(-len(sent.encode(errors="replace")) // _BYTES_PER_TOKEN),
            output=-(-self._output_bytes // _BYTES_PER_TOKEN),
        ).plausible()


def cost_of(usage: TokenUsage, price: TokenPrice) -> Decimal:
    """Return what a request costs, in the currency of the price."""
    cached_price = price.input if price.cached_input is None else price.cached_input
    total = (
        (usage.input - usage.cached_input) * price.input
        + usage.cached_input * cached_price
        + usage.output * price.output
    )
    return total / _PER_MILLION


def count_tokens(usage: TokenUsage, attempt: Attempt) -> None:
    """Count the tokens of a request in the metrics."""
    counts = {
        "input": usage.input,
        "cached_input": usage.cached_input,
        "output": usage.output,
        "reasoning": usage.reasoning,
    }
    for kind, count in counts.items():
        attempt.usage.llm_tokens.labels(**attempt.labels, kind=kind).inc(count)
