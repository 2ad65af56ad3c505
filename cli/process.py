"""A child process: start it, read its log, restart it when it exits, stop it."""

import asyncio
import signal
from collections import deque
from collections.abc import Callable
from pathlib import Path

import httpx

from cli.log_lines import parse
from cli.topology import ProcessSpec

_STOP_TIMEOUT_S = 15.0
_RESTART_AFTER_S = 0.3
_LINE_LIMIT = 1024 * 1024

OnLine = Callable[[str, str], None]
"""Takes a process's name and a line of its log."""


class ProcessFailed(Exception):
    """A process ended before it was ready; holds the end of its log."""


class ChildProcess:
    """A process of the system, in its own session, so that Ctrl-C reaches only the parent."""

    def __init__(self, spec: ProcessSpec, log_folder: Path, on_line: OnLine) -> None:
        self.spec = spec
        self.restarts = 0
        self._log_path = log_folder / f"{spec.name}.log"
        self._on_line = on_line
        self._last_lines: deque[str] = deque(maxlen=15)
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False

    @property
    def pid(self) -> int:
        """Process id; 0 if it is not running."""
        return self._process.pid if self._process and self._process.returncode is None else 0

    async def run(self) -> None:
        """Run the process and restart it when it exits, until `stop`."""
        while not self._stopping:
            await self._run_once()
            if self._stopping:
                return
            self.restarts += 1
            self._on_line(
                self.spec.name,
                f'{{"level":"warning","event":"process_restarting","code":{self.exit_code}}}',
            )
            await asyncio.sleep(_RESTART_AFTER_S)

    @property
    def exit_code(self) -> int:
        """Exit code of the last run; negative for a signal, 0 if it is still running."""
        return self._process.returncode or 0 if self._process else 0

    async def _run_once(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self.spec.argv,
            env=dict(self.spec.env) or None,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            limit=_LINE_LIMIT,
        )
        stdout = self._process.stdout
        assert stdout is not None  # noqa: S101 - PIPE is passed above
        try:
            with self._log_path.open("a", encoding="utf-8") as file:
                async for raw in stdout:
                    line = raw.decode(errors="replace").rstrip()
                    self._last_lines.append(line)
                    file.write(line + "\n")
                    file.flush()
                    self._on_line(self.spec.name, line)
            await self._process.wait()
        finally:
            await self._terminate()

    async def ready(self, client: httpx.AsyncClient, timeout_s: float) -> None:
        """Wait until the process is ready.

        Raises:
            ProcessFailed: it exited, or was not ready in time.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while not await self._is_ready(client):
                    if self.restarts:
                        raise ProcessFailed(self._failure("exited during startup"))
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise ProcessFailed(self._failure(f"not ready within {timeout_s:g} s")) from None

    async def _is_ready(self, client: httpx.AsyncClient) -> bool:
        try:
            return (await client.get(self.spec.ready_url, timeout=2)).is_success
        except httpx.HTTPError:
            return False

    def _failure(self, reason: str) -> str:
        lines = "\n".join(f"  {parse(self.spec.name, line).text}" for line in self._last_lines)
        return f"{self.spec.name} {reason}; its last lines ({self._log_path}):\n{lines}"

    async def stop(self, timeout_s: float = _STOP_TIMEOUT_S) -> bool:
        """Terminate the process; the `run` task then returns.

        Returns whether the process had to be killed after `timeout_s`.
        """
        self._stopping = True
        return await self._terminate(timeout_s)

    async def _terminate(self, timeout_s: float = _STOP_TIMEOUT_S) -> bool:
        process = self._process
        if process is None or process.returncode is not None:
            return False
        process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(timeout_s):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
            return True
        return False
