"""Prometheus scrapes each process under its own name."""

import yaml

from bench.dashboards.prometheus_server import configuration, values


def test_each_process_is_an_instance() -> None:
    config = yaml.safe_load(configuration({"stt-2": "127.0.0.1:2", "edge": "127.0.0.1:1"}, 5))
    (job,) = config["scrape_configs"]
    assert job["scrape_interval"] == "5s"
    assert [(group["labels"]["instance"], group["targets"]) for group in job["static_configs"]] == [
        ("edge", ["127.0.0.1:1"]),
        ("stt-2", ["127.0.0.1:2"]),
    ]


def test_values_of_ranges_and_instants_without_nan() -> None:
    assert values({"values": [[1, "1"], [2, "NaN"]]}) == [1.0]
    assert values({"value": [1, "2.5"]}) == [2.5]
