"""Places one call through a running Twilio emulator: `python -m sandbox.caller --telephone-url URL`.

Prints the events of the call as they occur, and its latencies. Exits with 0 if the call was completed and
every turn answered.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from sandbox.caller.client import SandboxError, open_telephone
from sandbox.caller.placed_call import place_call, read_script, succeeded, summary
from sandbox.caller.script_fields import ScriptError

_RETRY_INTERVAL_S = 1.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.caller", description=__doc__)
    parser.add_argument("--telephone-url", required=True, help="address of the Twilio emulator")
    parser.add_argument("--voice-url", help="webhook of the agent; default: the emulator's own setting")
    parser.add_argument("--script", type=Path, help="what the caller does, as YAML; default: books a visit")
    parser.add_argument("--attempts", type=int, default=1, help="calls until one succeeds (1)")
    parser.add_argument("--timeout-s", type=float, default=180.0, help="time limit of a call (180)")
    return parser.parse_args()


async def _run(args: argparse.Namespace) -> int:
    script = read_script(args.script)
    for attempt in range(args.attempts):
        if attempt:
            await asyncio.sleep(_RETRY_INTERVAL_S)
        try:
            async with open_telephone(args.telephone_url) as telephone:
                report = await place_call(
                    telephone, script, timeout_s=args.timeout_s, on_line=_write, voice_url=args.voice_url
                )
        except (SandboxError, TimeoutError) as error:
            _write(f"{'failed':20} {error or 'the call did not end in time'}")
            continue
        _write(summary(report))
        if succeeded(report):
            return 0
    return 1


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(_run(_arguments())))
    except (OSError, ScriptError) as problem:
        sys.exit(f"the script cannot be used: {problem}")
