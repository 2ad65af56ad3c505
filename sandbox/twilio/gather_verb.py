"""Performs <Gather>: prompts the person and collects keys."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from sandbox.twilio.call_flow import Source
from sandbox.twilio.twiml import Gather, Pause, Play, Say
from sandbox.twilio.verb_context import Situation

_MOST_KEYS = 64

Prompt = Callable[[Iterable[Say | Play | Pause], Situation], Awaitable[None]]


async def gather(verb: Gather, here: Situation, prompt: Prompt) -> Source | None:
    """Collect keys; without any the next verb follows, unless `actionOnEmptyResult` is set."""
    keys: asyncio.Queue[str] = asyncio.Queue(_MOST_KEYS)
    here.on_key = lambda key: None if keys.full() else keys.put_nowait(key)
    here.leg.line.begin()
    try:
        digits, ended_by = await _collect(verb, here, keys, prompt)
    finally:
        here.on_key = None
    here.leg.note("gathered", digits=digits)
    if not digits and not verb.action_on_empty:
        return None
    params = {"Digits": digits, "FinishedOnKey": ended_by}
    return here.action(verb.action or here.document_url, verb.method, params)


async def _collect(
    verb: Gather, here: Situation, keys: asyncio.Queue[str], prompt: Prompt
) -> tuple[str, str]:
    digits = ""
    first = await _first_key(verb, here, keys, prompt)
    while first is not None:
        if first == verb.finish_on_key:
            return digits, first
        digits += first
        if verb.num_digits is not None and len(digits) >= verb.num_digits:
            break
        first = await _key(keys, verb.timeout_s)
    return digits, ""


async def _first_key(verb: Gather, here: Situation, keys: asyncio.Queue[str], prompt: Prompt) -> str | None:
    """The first key ends the prompts."""
    pressed = here.tasks.create_task(keys.get())
    prompting = here.tasks.create_task(_prompted(verb, here, prompt))
    try:
        await asyncio.wait({pressed, prompting}, return_when=asyncio.FIRST_COMPLETED)
        if not pressed.done():
            await asyncio.wait({pressed}, timeout=verb.timeout_s)
        return pressed.result() if pressed.done() else None
    finally:
        pressed.cancel()
        prompting.cancel()


async def _prompted(verb: Gather, here: Situation, prompt: Prompt) -> None:
    await prompt(verb.prompts, here)


async def _key(keys: asyncio.Queue[str], timeout_s: float) -> str | None:
    try:
        async with asyncio.timeout(timeout_s):
            return await keys.get()
    except TimeoutError:
        return None
