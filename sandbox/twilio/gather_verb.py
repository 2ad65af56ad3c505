"""Executes <Gather>: plays prompts and collects digits."""

import asyncio

from sandbox.twilio.call_flow import Source
from sandbox.twilio.prompts import play_prompts
from sandbox.twilio.verb_context import VerbContext
from sandbox.twilio.verbs import Gather

_MAX_QUEUED_DIGITS = 64


async def gather(verb: Gather, context: VerbContext) -> Source | None:
    """Collect digits; without any, the next verb follows unless `actionOnEmptyResult` is set."""
    pressed: asyncio.Queue[str] = asyncio.Queue(_MAX_QUEUED_DIGITS)
    context.on_digit = lambda digit: None if pressed.full() else pressed.put_nowait(digit)
    context.leg.line.start()
    try:
        digits, ended_by = await _collect(verb, context, pressed)
    finally:
        context.on_digit = None
    context.leg.note("gathered", digits=digits)
    if not digits and not verb.action_on_empty:
        return None
    params = {"Digits": digits, "FinishedOnKey": ended_by}
    return context.action_source(verb.action or context.document_url, verb.method, params)


async def _collect(verb: Gather, context: VerbContext, pressed: asyncio.Queue[str]) -> tuple[str, str]:
    digits = ""
    digit = await _first_digit(verb, context, pressed)
    while digit is not None:
        if digit == verb.finish_on_key:
            return digits, digit
        digits += digit
        if verb.num_digits is not None and len(digits) >= verb.num_digits:
            break
        digit = await _next_digit(pressed, verb.timeout_s)
    return digits, ""


async def _first_digit(verb: Gather, context: VerbContext, pressed: asyncio.Queue[str]) -> str | None:
    """Wait for the first digit, which ends the prompts."""
    digit = context.tasks.create_task(pressed.get())
    prompts = context.tasks.create_task(play_prompts(verb.prompts, context))
    try:
        await asyncio.wait({digit, prompts}, return_when=asyncio.FIRST_COMPLETED)
        if not digit.done():
            await asyncio.wait({digit}, timeout=verb.timeout_s)
        return digit.result() if digit.done() else None
    finally:
        digit.cancel()
        prompts.cancel()


async def _next_digit(pressed: asyncio.Queue[str], timeout_s: float) -> str | None:
    try:
        async with asyncio.timeout(timeout_s):
            return await pressed.get()
    except TimeoutError:
        return None
