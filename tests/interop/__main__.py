"""`make interop`: other frameworks' agents against the sandbox; exits with 1 if a turn stays unanswered."""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from cli.free_port import free_port
from cli.log_lines import LogWatch
from cli.sandbox import running_sandbox
from cli.system import environment, free_ports
from cli.wer import match_texts
from sandbox.caller.client import open_telephone
from sandbox.caller.placed_call import read_script
from sandbox.caller.report import Report

_FOLDER = Path(__file__).parent
_PYTHON = Path(".venv-interop/bin/python")
_BOT_START_S = 90.0
_CALL_S = 180.0
_MIN_RECOGNIZED = 0.7


async def main(console: Console) -> int:
    """Run Pipecat's bot, then LiveKit's plugins; returns the exit code."""
    failures = 0
    watch = LogWatch(lambda line: console.print(f"{line.process}: {line.text}") if line.is_error else None)
    with tempfile.TemporaryDirectory() as folder:
        async with running_sandbox(environment(), free_ports(), Path(folder), watch) as urls:
            voice = await _voice(urls["elevenlabs"])
            failures += await _pipecat(urls, voice, console)
            failures += await _livekit(urls, voice, console)
    return int(failures > 0)


async def _voice(url: str) -> str:
    """Voice id in the sandbox's account."""
    async with httpx.AsyncClient(trust_env=False) as client:
        reply = await client.get(f"{url}/v1/voices", headers={"xi-api-key": "sandbox"})
    reply.raise_for_status()
    return str(reply.json()["voices"][0]["voice_id"])


async def _pipecat(urls: Mapping[str, str], voice: str, console: Console) -> int:
    """Hold the demo's call with Pipecat's bot; returns the number of failures."""
    port = free_port()
    async with _running_bot(port, urls, voice), open_telephone(urls["twilio"]) as telephone:
        call_sid = await telephone.call(read_script(None), voice_url=f"http://127.0.0.1:{port}/voice")
        async with asyncio.timeout(_CALL_S):
            async for _ in telephone.events(call_sid):
                pass
        report = await telephone.report(call_sid)
    console.print(_pipecat_table(report))
    unanswered = sum(response.gap_ms is None for response in report.responses)
    return unanswered + (report.outcome != "completed") + (not report.responses)


def _pipecat_table(report: Report) -> Table:
    table = Table("turn", "caller", "answered after", title="Pipecat's telephone bot", title_justify="left")
    for number, response in enumerate(report.responses, 1):
        gap = "unanswered" if response.gap_ms is None else f"{response.gap_ms:.0f} ms"
        table.add_row(str(number), response.after, gap)
    table.caption = f"the call: {report.outcome}"
    return table


@asynccontextmanager
async def _running_bot(port: int, urls: Mapping[str, str], voice: str) -> AsyncIterator[None]:
    socket_url = urls["elevenlabs"].replace("http", "ws", 1)
    addresses = (urls["deepgram"], f"{urls['openai']}/v1", socket_url, urls["twilio"], voice)
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(
            str(_PYTHON), str(_FOLDER / "pipecat_bot.py"), str(port), *addresses, stdout=log, stderr=log
        )
        try:
            await _await_port(port, process)
            yield
        except BaseException:
            log.seek(0)
            sys.stderr.write(log.read().decode(errors="replace")[-4000:])
            raise
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _await_port(port: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(_BOT_START_S):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.2)
            else:
                writer.close()
                return
    raise RuntimeError("the bot has stopped")


async def _livekit(urls: Mapping[str, str], voice: str, console: Console) -> int:
    """Hold the demo's conversation with LiveKit's plugins; returns the number of failures."""
    addresses = (urls["deepgram"], f"{urls['openai']}/v1", urls["elevenlabs"], voice)
    process = await asyncio.create_subprocess_exec(
        str(_PYTHON),
        str(_FOLDER / "livekit_plugins.py"),
        *addresses,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(_CALL_S):
        out, errors = await process.communicate()
    turns = [json.loads(line) for line in out.decode().splitlines() if line.startswith("{")]
    title = "LiveKit Agents' Deepgram, OpenAI and ElevenLabs plugins"
    table = Table("turn", "transcribed", "answer", "speech", title=title, title_justify="left")
    for number, turn in enumerate(turns, 1):
        table.add_row(str(number), turn["transcribed"], turn["answer"], f"{turn['answer_s']} s")
    console.print(table)
    if process.returncode:
        sys.stderr.write(errors.decode(errors="replace")[-4000:])
        return 1
    recognized = [match_texts(turn["caller"], turn["transcribed"]).fraction for turn in turns]
    return sum(part < _MIN_RECOGNIZED for part in recognized) + sum(not turn["answer_s"] for turn in turns)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Console())))
