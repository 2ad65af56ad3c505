"""A Prometheus and an Alertmanager on this machine that watch a system with shortened rules."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cli.free_port import free_port
from cli.process import ChildProcess
from cli.system import running_children
from cli.topology import ProcessSpec
from parley.runtime.health import serve
from scripts.alert_rules import FOLDER, all_groups, rendered, shortened

_TEMPLATES = Path("/usr/share/prometheus/alertmanager")
_READY_TIMEOUT_S = 30.0
_RECEIVERS = ("page", "ticket", "watchdog")
# A lag in seconds of audio is not a duration of the rule, and is shortened less.
_LAGS_S = {"parley_recording_lag_seconds) > 300": "parley_recording_lag_seconds) > 25"} | {
    "parley_recording_lag_seconds) > 60": "parley_recording_lag_seconds) > 6"
}


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert by its name and severity."""

    name: str
    severity: str


@dataclass(slots=True)
class Notifications:
    """The notifications that Alertmanager has sent."""

    received: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Receiver and alert, in order."""

    async def _receive(self, request: Request) -> Response:
        body = await request.json()
        receiver = request.url.path.strip("/")
        self.received += [(receiver, alert) for alert in body["alerts"]]
        return Response()

    def since(self, number: int) -> set[Alert]:
        """Alerts among the notifications after the first `number`."""
        return {
            Alert(sent["labels"]["alertname"], sent["labels"]["severity"])
            for _, sent in self.received[number:]
        }

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """Receive on loopback; yields the URL."""
        routes = [Route(f"/{name}", self._receive, methods=["POST"]) for name in _RECEIVERS]
        async with serve(Starlette(routes=routes), "127.0.0.1", 0) as port:
            yield f"http://127.0.0.1:{port}"


@dataclass(slots=True)
class Monitoring:
    """A running Prometheus and Alertmanager."""

    url: str
    targets_file: Path
    notifications: Notifications
    _client: httpx.AsyncClient

    async def firing(self) -> set[Alert]:
        """The alerts that fire now."""
        reply = await self._client.get(f"{self.url}/api/v1/alerts")
        alerts = reply.raise_for_status().json()["data"]["alerts"]
        return {
            Alert(alert["labels"]["alertname"], alert["labels"]["severity"])
            for alert in alerts
            if alert["state"] == "firing"
        }

    async def query(self, expression: str) -> list[dict[str, Any]]:
        """The result of an instant query."""
        reply = await self._client.get(f"{self.url}/api/v1/query", params={"query": expression})
        result: list[dict[str, Any]] = reply.raise_for_status().json()["data"]["result"]
        return result

    def scrape(self, targets: Mapping[str, str]) -> None:
        """Replace the targets: instance names, and their host and port."""
        write_targets(self.targets_file, targets)


def write_targets(path: Path, targets: Mapping[str, str]) -> None:
    """Write a file for Prometheus's file discovery, which must never see half of it."""
    content = [
        {"targets": [address], "labels": {"instance": name, "namespace": "drill"}}
        for name, address in targets.items()
    ]
    new = path.with_suffix(".new")
    new.write_text(json.dumps(content), encoding="utf-8")
    new.replace(path)


def drill_rules(factor: float) -> str:
    """The rules of `deploy/alerts` with durations divided by `factor`."""
    text = yaml.safe_dump({"groups": rendered(all_groups(), factor=factor)}, sort_keys=False, width=1000)
    for usual, short in _LAGS_S.items():
        text = text.replace(usual, short)
    return text


def prometheus_config(targets_file: Path, rules_file: Path, alertmanager: str) -> dict[str, Any]:
    """Configuration of Prometheus: it scrapes and evaluates every second."""
    return {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules_file)],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        "scrape_configs": [
            {
                "job_name": "parley",
                "file_sd_configs": [{"files": [str(targets_file)], "refresh_interval": "1s"}],
            }
        ],
    }


def alertmanager_config(receiver_url: str, factor: float) -> dict[str, Any]:
    """The example configuration with the receivers at `receiver_url` and shorter times."""
    text = (FOLDER / "alertmanager" / "alertmanager.example.yaml").read_text("utf-8")
    config: dict[str, Any] = yaml.safe_load(text.replace("http://pager.example:9099", receiver_url))
    for route in (config["route"], *config["route"]["routes"]):
        for key in ("group_wait", "group_interval", "repeat_interval"):
            if key in route:
                route[key] = shortened(route[key], factor)
    return config


@asynccontextmanager
async def monitoring(
    tools: Path, home: Path, targets: Mapping[str, str], factor: float
) -> AsyncIterator[Monitoring]:
    """Run Prometheus and Alertmanager from the folder `tools`; both are ready on entry."""
    await asyncio.to_thread(home.mkdir, parents=True, exist_ok=True)
    files = {
        name: home / name for name in ("targets.json", "rules.yaml", "prometheus.yaml", "alertmanager.yaml")
    }
    prometheus, alertmanager = _free_addresses(2)
    notifications = Notifications()
    async with AsyncExitStack() as stack:
        receiver_url = await stack.enter_async_context(notifications.served())
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=10))
        write_targets(files["targets.json"], targets)
        files["rules.yaml"].write_text(drill_rules(factor), encoding="utf-8")
        config = prometheus_config(files["targets.json"], files["rules.yaml"], alertmanager)
        files["prometheus.yaml"].write_text(yaml.safe_dump(config), encoding="utf-8")
        files["alertmanager.yaml"].write_text(
            yaml.safe_dump(alertmanager_config(receiver_url, factor)), encoding="utf-8"
        )
        specs = _programs(tools, home, files, prometheus, alertmanager)
        group = await stack.enter_async_context(
            running_children([ChildProcess(spec, home, _ignore) for spec in specs])
        )
        for child in group:
            await child.ready(client, _READY_TIMEOUT_S)
        yield Monitoring(f"http://{prometheus}", files["targets.json"], notifications, client)


def alertmanager_command(tools: Path) -> tuple[str, ...]:
    """The command that starts Alertmanager.

    Debian's program reads templates at a fixed place. Where the package is not installed, it gets a mount
    namespace of its own with the templates at that place.
    """
    program = str(tools / "alertmanager")
    if _TEMPLATES.exists():
        return (program,)
    # The folder may be anywhere but in /usr/share, which the file system in memory hides.
    mount = f"mount -t tmpfs none /usr/share && mkdir -p {_TEMPLATES}"
    start = f'{mount} && cp "$0"/default.tmpl "$0"/email.tmpl {_TEMPLATES} && exec "$@"'
    return ("unshare", "--map-root-user", "--mount", "sh", "-c", start, str(tools), program)


def _programs(
    tools: Path, home: Path, files: Mapping[str, Path], prometheus: str, alertmanager: str
) -> list[ProcessSpec]:
    return [
        ProcessSpec(
            "alertmanager",
            (
                *(*alertmanager_command(tools), f"--config.file={files['alertmanager.yaml']}"),
                *(f"--storage.path={home / 'alertmanager'}", f"--web.listen-address={alertmanager}"),
                *("--cluster.listen-address=", "--log.level=warn"),
            ),
            {},
            f"http://{alertmanager}/-/ready",
        ),
        ProcessSpec(
            "prometheus",
            (
                *(str(tools / "prometheus"), f"--config.file={files['prometheus.yaml']}"),
                *(f"--storage.tsdb.path={home / 'prometheus'}", f"--web.listen-address={prometheus}"),
                # As long as the shortest range of a shortened rule.
                *("--query.lookback-delta=5s", "--rules.alert.resend-delay=1s", "--log.level=warn"),
            ),
            {},
            f"http://{prometheus}/-/ready",
        ),
    ]


def _ignore(_name: str, _line: str) -> None:
    """The lines are in the log file."""


def _free_addresses(count: int) -> Iterable[str]:
    return [f"127.0.0.1:{free_port()}" for _ in range(count)]
