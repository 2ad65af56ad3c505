"""Names of processes in traces, by OpenTelemetry's resource conventions."""

import os
import socket
from importlib.metadata import PackageNotFoundError, version

from opentelemetry.sdk.resources import Resource

NAMESPACE = "parley"


def resource(service: str) -> Resource:
    """The resource of one process of a service; OTEL_RESOURCE_ATTRIBUTES adds to it.

    Without a name for the instance, it is the host (in a cluster: the pod) and the process id.
    """
    return Resource.create(
        {
            "service.name": f"parley-{service}",
            "service.namespace": NAMESPACE,
            "service.instance.id": f"{socket.gethostname()}/{os.getpid()}",
            "service.version": parley_version(),
        }
    )


def parley_version() -> str:
    """The installed version; `unknown` where the package has no metadata."""
    try:
        return version("parley")
    except PackageNotFoundError:
        return "unknown"
