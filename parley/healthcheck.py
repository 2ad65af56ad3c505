"""Checks whether the service of this container is ready: `python -m parley.healthcheck [URL or PORT]`.

Exits with 0 if /readyz responds with 200, otherwise with 1 and the reason. It runs every few seconds, so it
imports neither the settings nor any package.
"""

import os
import sys
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

_TIMEOUT_S = 2.0
_PORTS = {
    "edge": ("PARLEY_EDGE_METRICS_PORT", "8085"),
    "stt": ("PARLEY_STT_PORT", "8081"),
    "brain": ("PARLEY_BRAIN_PORT", "8082"),
    "tts": ("PARLEY_TTS_PORT", "8083"),
    "recorder": ("PARLEY_RECORDER_PORT", "8084"),
    "sandbox": ("PARLEY_SANDBOX_TWILIO_PORT", "9001"),
}
"""The variable with each service's port, and its default."""


def url_of(argument: str, environment: dict[str, str]) -> str:
    """The address to request: the argument, the port in it, or that of the service in PARLEY_SERVICE.

    Raises:
        ValueError: the argument is missing, and PARLEY_SERVICE names no service.
    """
    if "://" in argument:
        return argument
    service = environment.get("PARLEY_SERVICE", "")
    if not argument and service not in _PORTS:
        raise ValueError("name a port or a URL, or set PARLEY_SERVICE")
    variable, default = _PORTS.get(service, ("", ""))
    port = argument or environment.get(variable) or default
    path = "/sandbox/health" if service == "sandbox" else "/readyz"
    return f"http://127.0.0.1:{port}{path}"


def problem_at(url: str) -> str:
    """Why the address does not respond with 200; empty if it does."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", parts.path or "/")
        reply = connection.getresponse()
        text = reply.read(200).decode(errors="replace").strip()
    except (OSError, HTTPException) as error:
        return f"{url}: {error!r}"
    finally:
        connection.close()
    return "" if reply.status == 200 else f"{url}: HTTP {reply.status}: {text}"


def main() -> int:
    """Check, and print the reason if the service is not ready."""
    argument = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        problem = problem_at(url_of(argument, dict(os.environ)))
    except ValueError as error:
        problem = str(error)
    if problem:
        sys.stderr.write(problem + "\n")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
