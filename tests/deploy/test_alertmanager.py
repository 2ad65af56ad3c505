"""The example configuration of Alertmanager, and alerts that a real Prometheus and Alertmanager deliver."""

import subprocess
from pathlib import Path

import pytest
import yaml

from bench.alert_drill.exporter import Exporter
from bench.alert_drill.monitoring import (
    Alert,
    Monitoring,
    alertmanager_command,
    drill_rules,
    monitoring,
)
from scripts.alert_rules import FOLDER, read_rules, rule_files
from tests.deploy.conftest import require_tool
from tests.eventually import eventually

CONFIG = FOLDER / "alertmanager" / "alertmanager.example.yaml"
FACTOR = 60.0


def amtool(*arguments: str | Path) -> str:
    """Run amtool, which must succeed; returns its output."""
    command = [str(require_tool("amtool")), *map(str, arguments)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_amtool_accepts_the_example() -> None:
    assert "SUCCESS" in amtool("check-config", CONFIG)


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (("alertname=ParleyWatchdog", "severity=none"), "watchdog"),
        (("alertname=ParleyBusDown", "severity=page"), "pages"),
        (("alertname=ParleyBusSlow", "severity=ticket"), "tickets"),
    ],
)
def test_each_severity_has_its_receiver(labels: tuple[str, ...], receiver: str) -> None:
    assert amtool("config", "routes", "test", "--config.file", CONFIG, *labels).strip() == receiver


def test_inhibitions_name_existing_alerts_and_subjects() -> None:
    rules = [rule for rule in read_rules(rule_files(optional=True)) if rule.alert]
    values = {
        "alertname": {rule.alert for rule in rules},
        "severity": {rule.severity for rule in rules},
        "subject": {rule.labels["subject"] for rule in rules},
    }
    for rule in yaml.safe_load(CONFIG.read_text("utf-8"))["inhibit_rules"]:
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            label, _, value = matcher.split(maxsplit=2)
            assert set(value.strip('"').split("|")) <= values[label], matcher


def _process(*, connected: bool) -> str:
    return (
        'parley_build_info{stage="brain",version="1"} 1\n'
        "parley_ready 1\n"
        f"parley_bus_connected {int(connected)}\n"
        'parley_stream_usage_ratio{stream="AUDIO"} 0.97\n'
    )


async def test_an_alert_is_delivered_with_its_texts_and_resolved(tmp_path: Path) -> None:
    bin_folder = require_tool("prometheus").parent
    require_tool("alertmanager")
    if not _can_start(bin_folder):
        pytest.skip("Alertmanager needs its templates in /usr/share, or a mount namespace (unshare)")
    exporter = Exporter(_process(connected=False))
    async with (
        exporter.served() as address,
        monitoring(bin_folder, tmp_path, {"brain-1": address}, FACTOR) as watching,
    ):
        received = watching.notifications.received

        def sent(receiver: str, name: str, status: str) -> list[dict[str, str]]:
            return [
                alert["annotations"]
                for to, alert in received
                if (to, alert["labels"]["alertname"], alert["status"]) == (receiver, name, status)
            ]

        await eventually(lambda: sent("watchdog", "ParleyWatchdog", "firing"), timeout_s=60)
        await eventually(lambda: sent("page", "ParleyBusDown", "firing"), timeout_s=60)
        (annotations, *_) = sent("page", "ParleyBusDown", "firing")
        assert annotations["summary"] == "NATS is unreachable"
        assert "100% of the processes" in annotations["description"]
        # Its consequences fire as well, and are inhibited.
        await eventually_fires(watching, Alert("ParleyBusDisconnected", "ticket"))
        await eventually_fires(watching, Alert("ParleyStreamNearLimit", "page"))
        assert not sent("ticket", "ParleyBusDisconnected", "firing")

        exporter.text = _process(connected=True)
        await eventually(lambda: sent("page", "ParleyBusDown", "resolved"), timeout_s=60)
        # No longer inhibited.
        await eventually(lambda: sent("page", "ParleyStreamNearLimit", "firing"), timeout_s=60)
        (annotations, *_) = sent("page", "ParleyStreamNearLimit", "firing")
        assert annotations["summary"] == "The stream AUDIO is 97% full"
        texts = [text for _, alert in received for text in alert["annotations"].values()]
        assert not [text for text in texts if "<no value>" in text or "error" in text.lower()]


def _can_start(bin_folder: Path) -> bool:
    command = [*alertmanager_command(bin_folder), "--version"]
    return subprocess.run(command, check=False, capture_output=True, timeout=30).returncode == 0


async def eventually_fires(watching: Monitoring, alert: Alert) -> None:
    """Wait until an alert fires in Prometheus."""

    async def fires() -> bool:
        return alert in await watching.firing()

    await eventually(fires, timeout_s=60, interval_s=0.3)


def test_the_rules_of_the_drill_are_valid(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(drill_rules(FACTOR), encoding="utf-8")
    command = [str(require_tool("promtool")), "check", "rules", str(rules)]
    assert subprocess.run(command, check=False, capture_output=True, timeout=30).returncode == 0
