"""Runs Helm on the chart."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.deploy.objects import Object, read_objects

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "parley"
RELEASE = "parley"
NAMESPACE = "calls"
_TIMEOUT_S = 60.0

API_VERSIONS = (
    "keda.sh/v1alpha1",
    "monitoring.coreos.com/v1",
    "gateway.networking.k8s.io/v1",
    "external-secrets.io/v1",
    "traefik.io/v1alpha1",
    "cert-manager.io/v1",
)
"""API groups of the operators that the chart can use; a cluster that has them reports them."""


class HelmError(Exception):
    """Helm refused the chart or its values."""


def run(helm: Path, *arguments: str, values: Mapping[str, Any] | None = None) -> str:
    """Output of Helm; raises HelmError with its message."""
    result = subprocess.run(
        [helm, *arguments, *(["--values", "-"] if values is not None else [])],
        # JSON is YAML.
        input=json.dumps(values) if values is not None else None,
        check=False,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
    )
    if result.returncode != 0:
        raise HelmError(f"{result.stderr}{result.stdout}".strip())
    return result.stdout


def template(
    helm: Path,
    values: Mapping[str, Any],
    *,
    kube_version: str | None = None,
    api_versions: Sequence[str] = API_VERSIONS,
    release: str = RELEASE,
    chart: Path = CHART,
    options: Sequence[str] = (),
) -> list[Object]:
    """The objects that `helm template` renders; raises HelmError."""
    arguments = ["template", release, str(chart), "--namespace", NAMESPACE, *options]
    if kube_version:
        arguments += ["--kube-version", kube_version]
    for name in api_versions:
        arguments += ["--api-versions", name]
    return read_objects(run(helm, *arguments, values=values))
