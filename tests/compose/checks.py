"""Checks of the composed stack, in this order."""

import json
import re
import subprocess
import time
from collections.abc import Callable

from tests.compose.base_images import run
from tests.compose.stack import EMULATORS, SERVICES, STARTED, Stack, container, inspect, logs

_RECORD_TIMEOUT_S = 40.0
_RESTART_TIMEOUT_S = 60.0


def every_service_is_ready(stack: Stack) -> str:
    """Each container's health check requests /readyz."""
    stack.wait_until_ready(*STARTED)
    return f"{len(SERVICES)} services, {len(EMULATORS)} emulators, NATS and Postgres"


def no_service_is_root_or_can_write(stack: Stack) -> str:
    """The root file system is read-only, and no image has a shell."""
    stack.wait_until_ready(*SERVICES)
    script = "import os, pathlib; print(os.getuid()); pathlib.Path('/app/x').write_text('x')"
    for service in SERVICES:
        done = subprocess.run(
            ["podman", "exec", container(service), "python", "-c", script],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.strip() == "10001", done.stdout + done.stderr
        assert "Read-only file system" in done.stderr, done.stderr
        shell = subprocess.run(
            ["podman", "exec", container(service), "sh", "-c", "true"], capture_output=True, check=False
        )
        assert shell.returncode != 0, f"{service} has a shell"
    return "uid 10001, read-only, no shell"


def every_module_can_be_imported(_stack: Stack) -> str:
    """The image has each package that its service may need, also later than at its start."""
    script = (
        "import importlib, pkgutil, sys; import parley, services;"
        "walk = lambda p: pkgutil.walk_packages(p.__path__, p.__name__ + '.');"
        "found = [m.name for p in (parley, services) for m in walk(p)];"
        "[importlib.import_module(n) for n in found if not n.endswith('__main__')]; print(len(found))"
    )
    counts = {}
    for service in SERVICES:
        done = _python(service, script)
        assert done.returncode == 0, f"{service}: {done.stderr[-1500:]}"
        counts[service] = done.stdout.strip()
    return ", ".join(f"{service} {count}" for service, count in counts.items())


def the_tables_can_be_migrated_by_a_job(_stack: Stack) -> str:
    """As the chart's Job does it, with the recorder's image."""
    done = subprocess.run(
        ["podman", "exec", container("recorder"), "python", "-m", "parley.database.migrate"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return (done.stdout or done.stderr).strip().splitlines()[-1]


def a_call_is_answered_recorded_and_transcribed(stack: Stack) -> str:
    """The caller's container books a visit through the emulated telephone network."""
    output = stack.run_compose("up", "--no-build", "--no-deps", "caller", timeout_s=240)
    output += logs("caller")
    assert "outcome completed" in output, output[-2000:]
    [call_sid, *_] = re.findall(r"call +(CA[0-9a-f]{32})", output)[-1:]
    record = _record(call_sid)
    assert len(record["turns"]) >= 3
    spoken = [f"{line['speaker']}: {line['text']}" for line in record["lines"]]
    seconds = _recording_s(call_sid)
    assert seconds > 10
    waits = re.findall(r"ms: ([\d, ]+)", output)
    return "\n    ".join(
        [
            f"{call_sid}, {len(record['turns'])} turns, recording {seconds:.0f} s",
            f"trace {record['trace_id']}",
            f"time to answer, ms: {waits[-1] if waits else ''}",
            *spoken,
        ]
    )


def a_killed_container_is_replaced(stack: Stack) -> str:
    """The restart policy starts it again, and it becomes ready."""
    results = []
    for service in SERVICES:
        pid, began_s = inspect(service)["State"]["Pid"], time.monotonic()
        run("kill", "-9", str(pid))
        while inspect(service)["State"]["Pid"] in (0, pid):
            assert time.monotonic() - began_s < _RESTART_TIMEOUT_S, f"{service} was not restarted"
            time.sleep(0.2)
        stack.wait_until_ready(service)
        results.append(f"{service} {time.monotonic() - began_s:.1f} s")
    return "ready again after " + ", ".join(results)


def sigterm_ends_a_service_with_exit_code_0(stack: Stack) -> str:
    """`stop` sends SIGTERM and waits for the grace period."""
    results = []
    for service in SERVICES:
        stack.wait_until_ready(service)
        began_s = time.monotonic()
        run("podman", "stop", "--time", "60", container(service))
        code = inspect(service)["State"]["ExitCode"]
        assert code == 0, f"{service} exited with {code}: {logs(service)[-1500:]}"
        results.append(f"{service} {time.monotonic() - began_s:.1f} s")
    return ", ".join(results)


def _record(call_sid: str) -> dict[str, list[dict[str, str]]]:
    """The call's transcript, from the recorder's volume."""
    script = (
        "import pathlib, sys; found = [*pathlib.Path('/recordings').rglob('*.json')];"
        f"print(next(p.read_text() for p in found if '{call_sid}' in p.read_text()))"
    )
    deadline = time.monotonic() + _RECORD_TIMEOUT_S
    while True:
        done = _python("recorder", script)
        if done.returncode == 0:
            record: dict[str, list[dict[str, str]]] = json.loads(done.stdout)
            return record
        assert time.monotonic() < deadline, f"no transcript of {call_sid}: {done.stderr}"
        time.sleep(1)


def _recording_s(call_sid: str) -> float:
    script = (
        "import pathlib; found = pathlib.Path('/recordings').rglob('*.wav');"
        f"print(next(p.stat().st_size for p in found if '{call_sid}' in str(p)))"
    )
    done = _python("recorder", script)
    assert done.returncode == 0, done.stderr
    # Two channels of mu-law at 8 kHz.
    return int(done.stdout) / 16_000


def _python(service: str, script: str) -> "subprocess.CompletedProcess[str]":
    command = ["podman", "exec", container(service), "python", "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=False)


CHECKS: tuple[Callable[[Stack], str], ...] = (
    every_service_is_ready,
    no_service_is_root_or_can_write,
    every_module_can_be_imported,
    the_tables_can_be_migrated_by_a_job,
    a_call_is_answered_recorded_and_transcribed,
    a_killed_container_is_replaced,
    sigterm_ends_a_service_with_exit_code_0,
)
