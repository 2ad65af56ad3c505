"""Rows M1 to M5, M8 and M11: a real brain with a model server that does the same in every answer."""

from collections.abc import Callable

import pytest

from parley.v1.reply_pb2 import (
    ReplyClause,
    ReplyFinished,
    ToolCalled,
)
from tests.event_factories import bodies_of
from tests.field.brain_call import Environment, assert_served, brain_call
from tests.field.model_server import (
    DONE,
    Body,
    ModelServer,
    Response,
    chunk,
    refusal,
    results,
    stream,
    text,
    tool_call,
)
from tests.field.rows import Seen, row

APOLOGY = "I'm sorry"

HANG = Response([chunk({"role": "assistant"})], ends=False)

EMPTY = {
    "stop": stream(),
    "reasoning used up the limit": stream(chunk({"reasoning_content": "Hmm"}), reason="length"),
    "content filter": stream(reason="content_filter"),
    "white space": stream(*text(" ", "\n\n")),
    "punctuation": stream(*text("...", " ", "?!")),
    "tool_calls without any": stream(reason="tool_calls"),
    "a tool call cut off": stream(tool_call("book", '{"day": "fri'), reason="length"),
    "white space without end": Response([part for _ in range(400) for part in (*text(" "), 0.05)]),
    "no chunk": Response([DONE]),
    "arguments of a megabyte": stream(tool_call("book", '{"day": "' + "x" * 1_000_000 + '"}')),
    "337 tool calls": stream(*(tool_call("book", "{}", n, f"call_{n}") for n in range(337))),
    "hangs after the headers": HANG,
    "hangs before the headers": Response([60.0]),
    "ends after the headers": Response([]),
}


@row(
    "M4",
    "in every answer: nothing to say",
    "an apology within 4 s, then the fallback; at most 3 requests a turn",
)
@pytest.mark.parametrize("response", EMPTY.values(), ids=EMPTY.keys())
async def test_an_empty_answer_ends_in_an_apology(
    response: Response, environment: Environment, seen: Seen
) -> None:
    """The second such turn goes to Twilio's fallback."""
    async with brain_call(ModelServer(lambda _: response), *environment) as call:
        first = await call.turn("hello")
        second = await call.turn("hello?")

        seen(assert_served(call, first, second))
        assert first.spoken.startswith(APOLOGY)
        assert not bodies_of(call.bodies, ToolCalled)


@row("M4", "one empty answer, then a good one", "the good one is spoken")
async def test_an_empty_answer_is_requested_again(environment: Environment, seen: Seen) -> None:
    """The caller notices nothing."""
    responses = iter([stream(*text("\n")), stream(*text("We open at nine."))])
    async with brain_call(ModelServer(lambda _: next(responses)), *environment) as call:
        turn = await call.turn("hello")

        seen(assert_served(call, turn))
        assert turn.spoken == "We open at nine."


@row("M4", "cut off by the token limit after some text", "spoken up to the last complete sentence")
async def test_a_long_answer_ends_with_a_sentence(environment: Environment, seen: Seen) -> None:
    """A tool call that was cut off as well is not made."""
    response = stream(
        *text("We open at nine. ", "We close at"), tool_call("book", '{"day": "fr'), reason="length"
    )
    async with brain_call(ModelServer(lambda _: response), *environment) as call:
        turn = await call.turn("hello")

        seen(assert_served(call, turn))
        assert turn.spoken.strip() == "We open at nine."
        assert not bodies_of(call.bodies, ToolCalled)


def _hidden(*parts: str) -> Response:
    return stream(*text("<think>", *parts, "</think>", "We open at nine."))


def _tools_then(answer: Response, *calls: bytes) -> Callable[[Body], Response]:
    return lambda body: answer if results(body) else stream(*calls, reason="tool_calls")


ANSWER = stream(*text("It is booked."))
OTHER_ROWS: dict[str, tuple[str, Callable[[Body], Response], str, int]] = {
    "null deltas": (
        "M1",
        lambda _: stream(chunk(), chunk(None), *text("Yes."), chunk()),
        "Yes.",
        0,
    ),
    "a repeated tool name": (
        "M2",
        _tools_then(
            ANSWER,
            tool_call("book", ""),
            tool_call("book", '{"day": '),
            tool_call("book", '"friday"}'),
        ),
        "It is booked.",
        1,
    ),
    **{
        f"two calls with index {index}": (
            "M3",
            _tools_then(
                ANSWER,
                tool_call("book", '{"day": "friday"}', index, "a"),
                tool_call("book", '{"day": "monday"}', index, "b"),
            ),
            "It is booked.",
            2,
        )
        for index in (0, None, ...)
    },
    "thinks aloud": ("M8", lambda _: _hidden("The caller ", "wants hours."), "We open at nine.", 0),
    "thinks for ever": (
        "M8",
        lambda _: Response(
            [*text("<think>"), *(part for _ in range(400) for part in (*text("and then "), 0.05))]
        ),
        APOLOGY,
        0,
    ),
    "a whole tool call after 2.5 s": (
        "M11",
        lambda body: (
            ANSWER
            if results(body)
            else stream(
                *text("Let me book it. "), 2.5, tool_call("book", '{"day": "friday"}'), reason="tool_calls"
            )
        ),
        "Let me book it. It is booked.",
        1,
    ),
}


@pytest.mark.parametrize(
    ("respond", "spoken", "tool_runs"),
    [
        pytest.param(
            *case[1:],
            marks=row(case[0], "in every answer", "answered within 4 s, at most 3 requests"),
            id=name,
        )
        for name, case in OTHER_ROWS.items()
    ],
)
async def test_each_turn_is_answered(
    respond: Callable[[Body], Response], spoken: str, tool_runs: int, environment: Environment, seen: Seen
) -> None:
    """Two turns in a row, with what the reader makes of the stream."""
    async with brain_call(ModelServer(respond), *environment) as call:
        first, second = await call.turn("hello"), await call.turn("again please")

        seen(assert_served(call, first, second))
        assert first.spoken.startswith(spoken)
        assert len(call.server.tool_runs) == 2 * tool_runs


REFUSED_PARAMETERS = ("max_completion_tokens", "user", "temperature", "parallel_tool_calls")


@row(
    "M5", "a server that refuses parameters by name", "answered in the first turn; not refused in the second"
)
async def test_refused_parameters_are_left_out(environment: Environment, seen: Seen) -> None:
    """The correction is remembered."""

    def respond(body: Body) -> Response:
        for name in REFUSED_PARAMETERS[:2]:
            if name in body:
                return refusal(f"Unsupported parameter: '{name}' is not supported with this model.", name)
        return stream(*text("Yes."))

    async with brain_call(ModelServer(respond), *environment) as call:
        first, second = await call.turn("hello"), await call.turn("again please")

        seen(assert_served(call, first, second))
        assert (first.spoken, second.spoken, second.requests) == ("Yes.", "Yes.", 1)


@row("M4", "text, then silence in mid-sentence", "another attempt; never a wait without end")
async def test_a_stall_in_mid_answer_is_bounded(environment: Environment, seen: Seen) -> None:
    """The text that was spoken is continued by the next attempt."""
    stalled = Response([chunk({"role": "assistant"}), *text("We open at nine. And "), 60.0])
    responses = iter([stalled, stream(*text("we close at five."))])
    async with brain_call(ModelServer(lambda _: next(responses)), *environment) as call:
        turn = await call.turn("hello")

        seen(assert_served(call, turn))
        assert turn.spoken == "We open at nine. we close at five."
        assert [body.reason for body in bodies_of(turn.bodies, ReplyFinished)] == ["interrupted", "stop"]
        assert all(isinstance(body, ReplyClause) for body in bodies_of(turn.bodies, ReplyClause))
