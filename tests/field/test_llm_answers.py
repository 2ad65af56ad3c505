"""Field tests of model answers: rows M1, M2, M3, M4, M6, M8 and M11, with the real client."""

import json
from typing import Any

import pytest

from parley.errors import ProviderError, ProviderTimeout
from parley.providers.llm import ToolCallRequest
from tests.field.rows import Seen, row
from tests.field.scripted_llm import DONE, END, Item, call, chunk, read_answer, summary

A, B = {"day": "monday"}, {"day": "friday"}
TEXT_A, TEXT_B = json.dumps(A), json.dumps(B)


@row("M1", "chunks without a delta", "they are skipped, the answer is read once")
@pytest.mark.parametrize(
    "noise",
    [
        pytest.param(chunk(None, content_filter_results={"hate": {"filtered": False}}), id="null delta"),
        pytest.param(
            {"choices": [{"index": 0, "finish_reason": None, "content_filter_offsets": {}}]}, id="none"
        ),
        pytest.param(chunk([1]), id="a list"),
        pytest.param({"choices": None}, id="null choices"),
        pytest.param({"choices": [], "prompt_filter_results": [{}]}, id="filter results"),
        pytest.param({"choices": [{"index": 1, "delta": {"content": "other"}}]}, id="another choice"),
        pytest.param(b"data: 5\n\ndata: null\n\ndata: []\n\n", id="no objects"),
        pytest.param(b": keep-alive\r\n\r\nevent: ping\r\ndata: {}\r\n\r\n", id="keep-alives"),
        pytest.param(chunk({"content": {"text": None}, "tool_calls": "x"}), id="other types"),
    ],
)
async def test_chunks_without_a_delta(noise: Item, seen: Seen) -> None:
    events = await read_answer(noise, "Hel", noise, "lo.", noise, END, noise, DONE)
    seen(summary(events))
    assert summary(events) == ("Hello.", [], "stop")


@row("M1", "an answer in another form", "read once")
@pytest.mark.parametrize(
    "items",
    [
        pytest.param(
            [{"choices": [{"message": {"content": "Hello."}, "finish_reason": "stop"}]}], id="whole"
        ),
        pytest.param(
            [b'{"choices": [{"message": {"content": "Hello."}, "finish_reason": "stop"}]}'], id="JSON"
        ),
        pytest.param(["Hello.", DONE], id="no finish reason"),
        pytest.param(["Hel", "Hello", "Hello.", END], id="cumulative"),
        pytest.param([chunk({"refusal": "Hello."}, "stop")], id="refusal"),
        pytest.param([chunk({"content": [{"type": "text", "text": "Hello."}]}, "stop")], id="parts"),
        pytest.param(["Hello.", END, DONE, "Again.", b"data: {\n\n"], id="data after the end"),
    ],
)
async def test_other_forms(items: list[Item], seen: Seen) -> None:
    events = await read_answer(*items)
    seen(summary(events))
    assert summary(events) == ("Hello.", [], "stop")


@row("M1", "bytes that are no answer", "the answer fails, not the stage")
@pytest.mark.parametrize(
    "items",
    [
        pytest.param([b"data: {\n\n"], id="broken JSON"),
        pytest.param([b"data: " + b"[" * 200_000 + b"\n\n"], id="deep nesting"),
        pytest.param([b"\xff\xfe\x00" * 100], id="binary"),
        pytest.param([b"data: " + b"x" * 100_000] * 60, id="an endless line"),
        pytest.param([{"error": "boom"}], id="an error"),
        pytest.param([b"<html>Bad gateway</html>"], id="HTML"),
        pytest.param([b""], id="nothing"),
        pytest.param(["Hello"], id="half an answer"),
    ],
)
async def test_failures(items: list[Item], seen: Seen) -> None:
    with pytest.raises(ProviderError) as raised:
        await read_answer(*items)
    seen(raised.value.reason)


@row("M2", "one tool call with repetitions", "one call, its name once")
@pytest.mark.parametrize(
    "items",
    [
        pytest.param(
            [call("book_visit", part, index=0, id="1") for part in ("", TEXT_A[:4], TEXT_A[4:])], id="name"
        ),
        pytest.param(
            [call("book_visit", part, index=0) for part in (TEXT_A[:4], TEXT_A[4:])], id="without an id"
        ),
        pytest.param(
            [call("book_visit", "", index=0, id="1"), call(None, TEXT_A, index=0, id="2")],
            id="another id each time",
        ),
        pytest.param(
            [call("book_", None, index=0, id="1"), call("visit", None, index=0), call(None, TEXT_A, index=0)],
            id="name in pieces",
        ),
        pytest.param(
            [call("book_visit", part, index=0, id="1") for part in (TEXT_A[:4], TEXT_A[4:], TEXT_A)],
            id="arguments at the end again",
        ),
        pytest.param([call("book_visit", A, index=0, id="1")], id="arguments as an object"),
        pytest.param([call("book_visit", "{}", index=0), call(None, TEXT_A, index=0)], id="a placeholder"),
    ],
)
async def test_repeated_names(items: list[Item], seen: Seen) -> None:
    events = await read_answer(*items, chunk({}, "tool_calls"), DONE)
    seen(summary(events))
    assert summary(events) == ("", [("book_visit", A)], "tool_calls")


@row("M3", "two parallel calls", "two calls")
@pytest.mark.parametrize(
    "index", [{"index": 0}, {"index": None}, {}], ids=["index 0", "null index", "no index"]
)
@pytest.mark.parametrize("name", ["find_visit", "book_visit"])
@pytest.mark.parametrize("ids", [("1", "2"), ("1", "1"), (None, None)], ids=["ids", "one id", "no ids"])
async def test_parallel_calls(index: dict[str, Any], name: str, ids: tuple[Any, Any], seen: Seen) -> None:
    first, second = call("book_visit", TEXT_A, **index, id=ids[0]), call(name, TEXT_B, **index, id=ids[1])
    events = await read_answer(first, second, chunk({}, "tool_calls"), DONE)
    seen(summary(events))
    assert summary(events)[1] == [("book_visit", A), (name, B)]
    assert len({event.tool_call_id for event in events if isinstance(event, ToolCallRequest)}) == 2


@row("M3", "calls without arguments", "empty arguments")
@pytest.mark.parametrize("arguments", ["", None, "null", "{}", {}], ids=repr)
async def test_no_arguments(arguments: Any, seen: Seen) -> None:
    events = await read_answer(call("find_visit", arguments, index=0, id="1"), chunk({}, "tool_calls"))
    seen(summary(events))
    assert summary(events) == ("", [("find_visit", {})], "tool_calls")


@row("M4", "an answer without content", "its finish reason is reported")
@pytest.mark.parametrize("reason", ["length", "content_filter", "stop", "new_reason"])
async def test_empty_answers(reason: str, seen: Seen) -> None:
    events = await read_answer(chunk({"reasoning_content": "Hm."}), chunk({}, reason), DONE)
    seen(summary(events))
    assert summary(events) == ("", [], reason)


@row("M6", "unknown fields of a tool call", "they are kept")
async def test_unknown_fields(seen: Seen) -> None:
    signature = {"google": {"thought_signature": "c2ln"}}
    first = call("book_visit", TEXT_A, index=0, id="1", extra_content=signature)
    second = call("book_visit", TEXT_B, index=0, id="2", provider_specific_fields={"x": [1]})
    events = await read_answer(first, second, chunk({}, "tool_calls"), DONE)
    found = [event.extra for event in events if isinstance(event, ToolCallRequest)]
    seen(found)
    assert found == [{"extra_content": signature}, {"provider_specific_fields": {"x": [1]}}]


@row("M6", "reasoning items of the Responses API", "they are kept beside the call")
async def test_reasoning_items(seen: Seen) -> None:
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "c2Vj"}
    item = {"type": "function_call", "id": "fc_1", "call_id": "1", "name": "book_visit", "arguments": TEXT_A}
    output = [reasoning, item]
    done = [
        {"type": "response.output_item.done", "output_index": at, "item": part}
        for at, part in enumerate(output)
    ]
    end = {"type": "response.completed", "response": {"status": "completed", "output": output}}
    events = await read_answer(*done, end, api="responses")
    seen([event.extra for event in events if isinstance(event, ToolCallRequest)])
    assert summary(events) == ("", [("book_visit", A)], "tool_calls")
    assert isinstance(events[0], ToolCallRequest)
    assert events[0].extra == {"reasoning_items": [reasoning]}


@row("M8", "reasoning in the text", "never emitted")
@pytest.mark.parametrize(
    "text",
    [
        "<think>They want a date.</think>Monday.",
        "<THINKING>\nHm.\n</THINKING>\n\nMonday.",
        "<reasoning>a<reasoning>b</reasoning>c</reasoning>Monday.",
        "[THINK]a[/THINK]Monday.",
        "Monday.<think>and so on",
        "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>Monday.",
    ],
)
@pytest.mark.parametrize("size", [1, 5, 500])
async def test_reasoning_in_the_text(text: str, size: int, seen: Seen) -> None:
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    events = await read_answer(*pieces, END, DONE)
    seen(summary(events)[0])
    assert summary(events)[0] == "Monday."


@row("M8", "reasoning without end", "the time to the first content is bounded")
@pytest.mark.parametrize(
    "item", [chunk({"reasoning_content": "Hm."}), "<think>Hm.", b": keep-alive\n\n"], ids=repr
)
async def test_endless_reasoning(item: Item, seen: Seen) -> None:
    with pytest.raises(ProviderTimeout) as raised:
        await read_answer(*[item, 0.05] * 60, "Hello.", END, timeout_s=0.6)
    seen(raised.value.reason)


@row("M11", "a pause of 2 s before a tool call that arrives whole", "the call is read")
@pytest.mark.parametrize(
    "text", ["One moment, please.", "Let me look: ", 'Sure! "I will check."', "明白了。"]
)
async def test_a_pause_before_a_call(text: str, seen: Seen) -> None:
    events = await read_answer(
        text, 2.0, call("book_visit", TEXT_A, index=0, id="1"), chunk({}, "tool_calls")
    )
    seen(summary(events))
    assert summary(events) == (text, [("book_visit", A)], "tool_calls")


@row("M11", "a pause of 2 s within a sentence", "a stalled answer")
async def test_a_pause_within_a_sentence(seen: Seen) -> None:
    with pytest.raises(ProviderTimeout) as raised:
        await read_answer("One moment", 2.0, "please.", END)
    seen(raised.value.reason)


@row("M8", "a tool call that the model wrote as text", "a tool call, and nothing of it spoken")
@pytest.mark.parametrize(
    "text",
    [
        '<tool_call>\n{"name": "book_visit", "arguments": {"day": "monday"}}\n</tool_call>',
        '[TOOL_CALLS][{"name": "book_visit", "arguments": {"day": "monday"}}]',
        '<|python_tag|>{"name": "book_visit", "parameters": {"day": "monday"}}',
        '```json\n{"name": "book_visit", "arguments": {"day": "monday"}}\n```',
        "<tool_call>book_visit\n<arg_key>day</arg_key>\n<arg_value>monday</arg_value>\n</tool_call>",
        '[book_visit(day="monday")]',
    ],
)
async def test_written_calls(text: str, seen: Seen) -> None:
    pieces = [text[at : at + 4] for at in range(0, len(text), 4)]
    events = await read_answer("One moment. ", *pieces, END, DONE)
    seen(summary(events))
    assert summary(events)[:2] == ("One moment. ", [("book_visit", A)])


@row("M4", "an answer that the server cut off, with its own finish reason", "a limit, or a failure")
@pytest.mark.parametrize("reason", ["max_tokens", "model_length", "SAFETY", "abort"])
async def test_finish_reasons_of_other_servers(reason: str, seen: Seen) -> None:
    if reason == "abort":
        with pytest.raises(ProviderError) as raised:
            await read_answer("Hello", chunk({}, reason), DONE)
        seen(raised.value.reason)
        return
    events = await read_answer("Hello", chunk({}, reason), DONE)
    seen(summary(events))
    assert summary(events)[2] == ("content_filter" if reason == "SAFETY" else "length")
