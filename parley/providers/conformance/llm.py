"""The checks of a language model provider."""

import asyncio
from dataclasses import replace

from parley.errors import ProviderError, ProviderRejected, ProviderTimeout, ProviderUnavailable
from parley.providers.conformance.answers import (
    LOOK_UP,
    Answer,
    LlmCase,
    check_calls,
    request,
    requested,
    result,
    user,
)
from parley.providers.conformance.check import Check, NotApplicable, raises, require, tolerated
from parley.providers.conformance.connections import freed
from parley.providers.conformance.failures import failure_checks
from parley.providers.conformance.subject import Fault
from parley.providers.llm import Message, ToolCallRequest

_STOP_TIMEOUT_S = 2.0


async def text(case: LlmCase) -> None:
    """An answer has text and ends with Done, once."""
    async with case.subject.open() as client:
        await client.warm_up()
        answer = await request(client, case.subject.config, user(case.text))
        require(answer.text.strip(), "no text")
        require(answer.reason == "stop", f"Done({answer.reason!r}), not stop")


async def system_prompt(case: LlmCase) -> None:
    """System messages are taken at the beginning and between turns."""
    async with case.subject.open() as client:
        answer = await request(
            client,
            case.subject.config,
            {"role": "system", "content": "You are a receptionist."},
            user("Hello?"),
            {"role": "assistant", "content": "Good morning."},
            {"role": "system", "content": "The caller was silent for 10 s."},
            user(case.text),
        )
        require(answer.text.strip(), "no text")


async def no_user_message(case: LlmCase) -> None:
    """A call that the agent opens has no user message yet."""
    async with case.subject.open() as client:
        greeting: Message = {"role": "assistant", "content": "Good morning, how can I help?"}
        system: Message = {"role": "system", "content": "You are a receptionist."}
        await request(client, case.subject.config, system, greeting, user(case.text))
        await request(client, case.subject.config, system, user(case.text), greeting, user(case.text))


async def tool_call(case: LlmCase) -> None:
    """A tool call has a name, an id and JSON arguments."""
    async with case.subject.open() as client:
        answer = await request(client, case.subject.config, user(case.call), tools=[LOOK_UP])
        require(len(answer.calls) == 1, f"{len(answer.calls)} tool calls, not 1")
        check_calls(answer.calls)
        require(answer.reason == "tool_calls", f"Done({answer.reason!r}), not tool_calls")


async def tool_result(case: LlmCase) -> None:
    """The result of a call leads to an answer in words."""
    async with case.subject.open() as client:
        config, question = case.subject.config, user(case.call)
        calls = (await request(client, config, question, tools=[LOOK_UP])).calls
        require(calls, "no tool call")
        results = [result(call) for call in calls]
        answer = await request(client, config, question, requested(calls), *results, tools=[LOOK_UP])
        require(answer.text.strip(), "no text after the result")


async def parallel_tool_calls(case: LlmCase) -> None:
    """Two calls in one answer stay apart, and both results are taken."""
    async with case.subject.open() as client:
        config, question = case.subject.config, user(case.calls)
        calls = (await request(client, config, question, tools=[LOOK_UP])).calls
        require(len(calls) == 2, f"{len(calls)} tool calls, not 2")
        check_calls(calls)
        require(calls[0].arguments != calls[1].arguments, "the arguments of two calls were mixed")
        results = [result(call) for call in calls]
        answer = await request(client, config, question, requested(calls), *results, tools=[LOOK_UP])
        require(answer.text.strip(), "no text after the results")


async def tool_choice_none(case: LlmCase) -> None:
    """With tool_choice none, tools in the history are taken and none is called."""
    async with case.subject.open() as client:
        config, question = case.subject.config, user(case.call)
        calls = (await request(client, config, question, tools=[LOOK_UP])).calls
        results = [result(call) for call in calls]
        answer = await request(
            client, config, question, requested(calls), *results, tools=[LOOK_UP], tool_choice="none"
        )
        require(not answer.calls, "a tool call, although tool_choice is none")
        require(answer.text.strip(), "no text")


async def usage(case: LlmCase) -> None:
    """Tokens are reported at most once, with plausible counts."""
    async with case.subject.open() as client:
        usages = (await request(client, case.subject.config, user(case.text))).usages
        require(len(usages) == 1, f"{len(usages)} reports of tokens, not 1")
        require(usages[0].input > 0, "no input tokens")
        require(usages[0].output > 0, "no output tokens")
        require(usages[0] == usages[0].plausible(), "implausible counts of tokens")


async def length(case: LlmCase) -> None:
    """An answer cut by max_tokens ends with the reason length."""
    config = case.subject.config.model_copy(update={"max_tokens": 16})
    async with case.subject.open() as client:
        answer = await request(client, config, user(case.long))
        require(answer.reason == "length", f"Done({answer.reason!r}), not length")


async def long_history(case: LlmCase) -> None:
    """Sixty turns with tool calls are taken, also interrupted and empty answers."""
    async with case.subject.open() as client:
        calls = (await request(client, case.subject.config, user(case.call), tools=[LOOK_UP])).calls
        require(calls, "no tool call")
        history: list[Message] = [{"role": "system", "content": "You are a receptionist."}]
        for number in range(20):
            own = [replace(call, tool_call_id=f"{call.tool_call_id[:-2]}{number:02}") for call in calls]
            history += [user(case.call), requested(own, "One moment."), *map(result, own)]
            history += [{"role": "assistant", "content": "It was ship"}, user("Sorry?"), user("Hello?")]
            history.append({"role": "assistant", "content": "It was shipped."})
        answer = await request(client, case.subject.config, *history, user(case.text), tools=[LOOK_UP])
        require(answer.text.strip(), "no text")


async def other_providers_calls(case: LlmCase) -> None:
    """Calls that another provider's model made are taken, also as the last ones of the history."""
    async with case.subject.open() as client:
        for call_id in (
            "call_9pKzb0GhYTsfhbKBO2zvDHGT",
            "toolu_01A09q90qw90lq917835lq9",
            "k2x9QpL4v",
            "gemini-0",
        ):
            call = ToolCallRequest(call_id, "look_up_order", '{"number": "1234"}')
            begin = (user(case.call), requested([call], "One moment."), result(call))
            answer = await request(client, case.subject.config, *begin, tools=[LOOK_UP])
            require(answer.text.strip(), "no text after the result")
            later = (*begin, {"role": "assistant", "content": "It was shipped."}, user(case.text))
            require((await request(client, case.subject.config, *later, tools=[LOOK_UP])).text, "no text")


async def two_requests(case: LlmCase) -> None:
    """Two calls at once get their own answers."""
    async with case.subject.open() as client:
        config = case.subject.config
        short, long = await asyncio.gather(
            request(client, config, user(case.text)), request(client, config, user(case.long))
        )
        require(len(short.text) < len(long.text), "the answers were mixed")


async def cancellation(case: LlmCase) -> None:
    """Closing an answer early closes its connection, which stops the generation, and the next one works."""
    relay = case.subject.network
    async with case.subject.open() as client:
        await client.warm_up()
        relay.stall_after(case.part_bytes)
        stream = client.stream(case.subject.config, [user(case.long)], [], call_sid="CA0")
        await anext(stream)
        before = relay.connections
        async with asyncio.timeout(_STOP_TIMEOUT_S):
            await stream.aclose()
        await freed(relay, before - 1)
        relay.reset()
        require((await request(client, case.subject.config, user(case.text))).text, "no text after it")


async def _with_fault(case: LlmCase, fault: Fault) -> Answer:
    async with case.subject.open(fault) as client:
        return await request(client, case.subject.config, user(case.text))


async def silent_server(case: LlmCase) -> None:
    """A server that never responds is ProviderTimeout within the time limit of the section."""
    await raises(ProviderTimeout, _with_fault(case, "silent"))


async def garbage(case: LlmCase) -> None:
    """An unreadable stream is ProviderError."""
    await raises(ProviderError, _with_fault(case, "garbage"))


async def content_filter(case: LlmCase) -> None:
    """An answer that the provider's filter stops ends with content_filter, or is ProviderRejected."""
    with tolerated(ProviderRejected):
        answer = await _with_fault(case, "content_filter")
        require(answer.reason == "content_filter", f"Done({answer.reason!r}), not content_filter")


async def _broken(case: LlmCase, *, cut: bool) -> None:
    relay = case.subject.network
    async with case.subject.open() as client:
        await client.warm_up()
        relay.cut_after(case.part_bytes) if cut else relay.stall_after(case.part_bytes)
        await request(client, case.subject.config, user(case.long))


async def cut(case: LlmCase) -> None:
    """A connection lost in mid-answer is ProviderUnavailable, not an answer."""
    await raises(ProviderUnavailable, _broken(case, cut=True))


async def stall(case: LlmCase) -> None:
    """An answer that stops in the middle is ProviderTimeout."""
    await raises(ProviderTimeout, _broken(case, cut=False))


async def unknown_model(case: LlmCase) -> None:
    """A model that does not exist is ProviderRejected, whose message names it."""
    if case.subject.relay is None:
        raise NotApplicable("works without a server")
    config = case.subject.config.model_copy(update={"model": "no-such-model"})

    async def attempt() -> None:
        async with case.subject.open() as client:
            await request(client, config, user(case.text))

    error = await raises(ProviderRejected, attempt())
    require("no-such-model" in error.reason, "the error does not name the model")


LLM_CHECKS = (
    Check("text", "an answer has text and one Done, at its end", text),
    Check("system prompt", "system messages are taken, also between turns", system_prompt),
    Check("opening", "the history may begin with the agent", no_user_message),
    Check("tool call", "has a name, an id and JSON arguments", tool_call),
    Check("tool result", "leads to an answer", tool_result),
    Check("parallel tool calls", "two calls stay apart, and both results are taken", parallel_tool_calls),
    Check("tool_choice none", "prevents calls, while the history contains some", tool_choice_none),
    Check("usage", "tokens are reported once", usage),
    Check("length", "an answer cut by max_tokens has the reason length", length),
    Check("long history", "sixty turns with tool calls are taken", long_history),
    Check(
        "other providers' calls", "tool calls of another provider's model are taken", other_providers_calls
    ),
    Check("two requests", "two calls at once get their own answers", two_requests),
    Check("cancellation", "closing an answer closes its connection", cancellation),
    Check("unknown model", "is ProviderRejected and names the model", unknown_model),
    *failure_checks(_with_fault),
    Check("silent server", "is ProviderTimeout in time", silent_server),
    Check("garbage", "an unreadable stream is ProviderError", garbage),
    Check("content filter", "has the reason content_filter or is ProviderRejected", content_filter),
    Check("cut", "a lost connection is ProviderUnavailable", cut),
    Check("stall", "an answer that stops in the middle is ProviderTimeout", stall),
)
"""In the order of docs/providers.md."""
