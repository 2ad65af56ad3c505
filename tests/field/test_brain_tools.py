"""Rows M6, M7, M9 and M10: a real brain with a model server that does the same in every answer."""

from collections.abc import Callable

import pytest

from parley.v1.reply_pb2 import (
    HangUpRequested,
    ReplyCancelled,
    ToolCalled,
    ToolReturned,
)
from tests.event_factories import bodies_of
from tests.field.brain_call import Environment, assert_served, brain_call
from tests.field.model_server import (
    Body,
    ModelServer,
    Response,
    refusal,
    results,
    stream,
    text,
    tool_call,
)
from tests.field.rows import Seen, row

APOLOGY = "I'm sorry"

BROKEN = {
    "no JSON": tool_call("book", '{"day": "friday"'),
    "an array": tool_call("book", '["friday"]'),
    "NaN": tool_call("book", '{"day": NaN}'),
    "duplicate keys": tool_call("book", '{"day": "friday", "day": "monday"}'),
    "surrogates": tool_call("book", '{"day": "\\ud800"}'),
    "100 kB": tool_call("book", '{"day": "' + "x" * 100_000 + '"}'),
    "half a surrogate pair": tool_call("book", '{"day": "\ud800"}'),
    "an unknown tool": tool_call("fly", "{}"),
    "an illegal name": tool_call("book a visit!", "{}"),
    "empty ids": tool_call("book", "{", call_id=""),
}


@row(
    "M7", "broken tool arguments in an answer", "valid JSON in the history, a result with the reason; not run"
)
@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
async def test_broken_arguments_never_reach_the_history(
    broken: bytes, environment: Environment, seen: Seen
) -> None:
    """Later turns work: the strict server refuses nothing."""

    def respond(body: Body) -> Response:
        return stream(*text("Sorry about that.")) if results(body) else stream(broken, reason="tool_calls")

    async with brain_call(ModelServer(respond), *environment) as call:
        first, second = await call.turn("book friday"), await call.turn("monday then")

        seen(assert_served(call, first, second))
        assert first.spoken == second.spoken == "Sorry about that."
        assert (call.server.refused, call.server.tool_runs) == ([], [])
        assert all("error" in body.result for body in bodies_of(call.bodies, ToolReturned))


@row("M6", "two calls in one answer, each with a signature that must come back", "both are sent back")
async def test_unknown_fields_of_tool_calls_are_sent_back(environment: Environment, seen: Seen) -> None:
    """The server refuses a history without them."""

    def signature(number: int) -> Body:
        return {"extra_content": {"google": {"thought_signature": f"c2ln{number}"}}}

    def respond(body: Body) -> Response:
        calls = [call for message in body["messages"] for call in message.get("tool_calls", ())]
        for number, call in enumerate(calls):
            if call.get("extra_content") != signature(number % 2)["extra_content"]:
                return refusal("Function call is missing a thought_signature in functionCall parts.")
        if results(body):
            return stream(*text("Both are booked."))
        first = tool_call("book", '{"day": "friday"}', 0, "a", **signature(0))
        second = tool_call("book", '{"day": "monday"}', 1, "b", **signature(1))
        return stream(first, second, reason="tool_calls")

    async with brain_call(ModelServer(respond, extra_fields=True), *environment) as call:
        first, second = await call.turn("book both"), await call.turn("and again")

        seen(assert_served(call, first, second))
        assert first.spoken == second.spoken == "Both are booked."
        assert len(call.server.tool_runs) == 4


def _loop(number: int) -> Response:
    return stream(tool_call("book", f'{{"day": "{number}"}}'), reason="tool_calls")


@row("M9", "a tool call in every answer", "llm.max_tool_rounds, then an answer without tools")
@pytest.mark.parametrize("obeys", [True, False], ids=["obeys tool_choice none", "ignores it"])
async def test_a_tool_loop_ends(obeys: bool, environment: Environment, seen: Seen) -> None:
    """A server that calls tools whatever is requested ends in an apology."""
    server = ModelServer(lambda _: Response([]))

    def respond(body: Body) -> Response:
        if obeys and (body.get("tool_choice") == "none" or "tools" not in body):
            return stream(*text("I found nothing."))
        return _loop(len(server.requests))

    server.respond = respond
    async with brain_call(server, *environment) as call:
        turn = await call.turn("book it")

        seen(assert_served(call, turn))
        assert len(server.tool_runs) == 2
        assert turn.spoken.startswith("I found nothing." if obeys else APOLOGY)


@row("M9", "the same tool call again and again", "run once; ended after the second")
async def test_a_repeated_tool_call_ends_the_loop_earlier(environment: Environment, seen: Seen) -> None:
    """A repetition gets the result of the first call; then the model answers from what it has."""

    def respond(body: Body) -> Response:
        allowed = body.get("tool_choice") != "none"
        return (
            stream(tool_call("book", "{}"), reason="tool_calls")
            if allowed
            else stream(*text("It is booked."))
        )

    async with brain_call(ModelServer(respond), *environment) as call:
        turn = await call.turn("book it")

        seen(assert_served(call, turn))
        assert (turn.spoken, len(call.server.tool_runs)) == ("It is booked.", 1)


@row("M9", "40 tool calls in one answer", "8 are made; the others get an error as result")
async def test_a_flood_of_tool_calls_is_limited(environment: Environment, seen: Seen) -> None:
    """The history remains acceptable."""
    flood = [tool_call("book", f'{{"day": "{n}"}}', n, f"call_{n}") for n in range(40)]

    def respond(body: Body) -> Response:
        return stream(*text("Done.")) if results(body) else stream(*flood, reason="tool_calls")

    async with brain_call(ModelServer(respond), *environment) as call:
        turn = await call.turn("book it")

        seen(f"{assert_served(call, turn)}; {len(call.server.tool_runs)} tool runs")
        assert (len(call.server.tool_runs), turn.spoken) == (8, "Done.")


FAILING = {
    "HTTP 409": Response([b"taken"], status=409),
    "HTTP 200 with an error": Response([b'{"error": "taken"}']),
    "no response": Response([30.0]),
}


def _booked_goodbye(*calls: bytes) -> Callable[[Body], Response]:
    def respond(body: Body) -> Response:
        if found := results(body):
            return stream(*text("It is not booked." if "error" in "".join(found) else "Booked."))
        return stream(*text("Booked, goodbye."), *calls, reason="tool_calls")

    return respond


BOOK, END = tool_call("book", '{"day": "friday"}', 0, "a"), tool_call("end_call", "{}", 1, "b")


@row("M10", "a failing tool beside end_call", "the result goes to the model, the line stays open")
@pytest.mark.parametrize("calls", [(BOOK, END), (END, BOOK)], ids=["end_call last", "end_call first"])
@pytest.mark.parametrize("failure", FAILING.values(), ids=FAILING.keys())
async def test_a_failed_tool_prevents_the_end_of_the_call(
    calls: tuple[bytes, bytes], failure: Response, environment: Environment, seen: Seen
) -> None:
    """The goodbye that was not played is dropped, and the model does not assume it."""
    server = ModelServer(_booked_goodbye(*calls), run_tool=lambda _: failure)
    async with brain_call(server, *environment) as call:
        turn = await call.turn("friday please, that is all")

        seen(assert_served(call, turn))
        assert turn.spoken.endswith("It is not booked.")
        assert not bodies_of(call.bodies, HangUpRequested)
        assert [body.reason for body in bodies_of(call.bodies, ReplyCancelled)] == ["tool_failed"]
        again = server.requests[-1]["messages"]
        assert not any("goodbye" in str(message["content"]) for message in again)


@row("M10", "two tools beside end_call, the second fails", "the line stays open")
async def test_one_of_two_failures_prevents_the_end_of_the_call(environment: Environment, seen: Seen) -> None:
    """The results of both are in the history."""

    def run_tool(body: Body) -> Response:
        return FAILING["HTTP 409"] if body["day"] == "monday" else Response([0.2, b'{"booked": true}'])

    other = tool_call("book", '{"day": "monday"}', 2, "c")
    async with brain_call(
        ModelServer(_booked_goodbye(BOOK, END, other), run_tool=run_tool), *environment
    ) as call:
        turn = await call.turn("both please, that is all")

        seen(assert_served(call, turn))
        assert turn.spoken.endswith("It is not booked.")
        assert len(results(call.server.requests[-1])) == 3


@row("M10", "a slow but good tool beside end_call", "the line closes after the tool has succeeded")
async def test_the_call_ends_after_the_tool(environment: Environment, seen: Seen) -> None:
    """The model is not requested again."""
    server = ModelServer(_booked_goodbye(END, BOOK), run_tool=lambda _: Response([0.5, b'{"booked": true}']))
    async with brain_call(server, *environment) as call:
        turn = await call.turn("friday please, that is all")

        seen(assert_served(call, turn))
        order = [type(body) for body in turn.bodies if isinstance(body, ToolReturned | HangUpRequested)]
        assert order == [ToolReturned, HangUpRequested, ToolReturned]
        assert (turn.requests, turn.spoken) == (1, "Booked, goodbye.")


@row("M10", "the caller interrupts the goodbye while the tool runs", "the line stays open")
async def test_an_interrupted_goodbye_leaves_the_line_open(environment: Environment, seen: Seen) -> None:
    """The next turn is answered, with the result of the tool in the history."""

    def respond(body: Body) -> Response:
        if any(message["role"] == "tool" for message in body["messages"]):
            return stream(*text("Friday is booked. What else?"))
        return stream(*text("Booked, goodbye."), BOOK, END, reason="tool_calls")

    server = ModelServer(respond, run_tool=lambda _: Response([1.0, b'{"booked": true}']))
    async with brain_call(server, *environment) as call:
        first = await call.begin_turn("friday please, that is all")
        await call.read_until(first, ToolCalled)
        second = await call.turn("no wait, one more thing")

        seen(assert_served(call, second))
        assert not bodies_of(call.bodies, HangUpRequested)
        assert second.spoken == "Friday is booked. What else?"
        assert server.refused == []
