"""The Pod Security Standard `restricted`, and what the project requires of every pod beyond it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.deploy.objects import Object, Workload, workloads

_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
_SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
}
_SELINUX_TYPES = {None, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}


def pod_security_problems(objects: Sequence[Object]) -> Iterator[str]:
    """Pods that a namespace with `pod-security.kubernetes.io/enforce=restricted` would refuse."""
    for workload in workloads(objects):
        for problem in [*_pod(workload), *_each_container(workload), *_stricter(workload)]:
            yield f"{workload.name}: {problem}"


def _pod(workload: Workload) -> Iterator[str]:
    spec = workload.spec
    yield from (f"{field} is true" for field in ("hostNetwork", "hostPID", "hostIPC") if spec.get(field))
    security = spec.get("securityContext") or {}
    for sysctl in security.get("sysctls") or []:
        if sysctl["name"] not in _SYSCTLS:
            yield f"unsafe sysctl {sysctl['name']}"
    yield from _context("pod", security)
    for volume in spec.get("volumes") or []:
        kinds = set(volume) - {"name"}
        if not kinds <= _VOLUMES:
            yield f"volume {volume['name']} is of kind {sorted(kinds - _VOLUMES)}"
    for key, value in (workload.object["metadata"].get("annotations") or {}).items():
        if key.startswith("container.apparmor") and value != "runtime/default" and "localhost/" not in value:
            yield f"AppArmor profile {value}"


def _each_container(workload: Workload) -> Iterator[str]:
    pod = workload.spec.get("securityContext") or {}
    for container in workload.containers:
        for problem in [*_container(container, pod), *_hosts(container)]:
            yield f"{container['name']}: {problem}"


def _container(container: Mapping[str, Any], pod: Mapping[str, Any]) -> Iterator[str]:
    security = container.get("securityContext") or {}
    yield from _context("it", security)
    if security.get("privileged"):
        yield "privileged"
    if security.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"
    capabilities = security.get("capabilities") or {}
    if "ALL" not in (capabilities.get("drop") or []):
        yield "capabilities.drop lacks ALL"
    if set(capabilities.get("add") or []) - {"NET_BIND_SERVICE"}:
        yield f"adds capabilities {capabilities['add']}"
    if security.get("procMount", "Default") != "Default":
        yield f"procMount {security['procMount']}"
    if {**pod, **security}.get("runAsNonRoot") is not True:
        yield "runAsNonRoot is not true"
    profile = (security.get("seccompProfile") or pod.get("seccompProfile") or {}).get("type")
    if profile not in ("RuntimeDefault", "Localhost"):
        yield f"seccompProfile is {profile}"


def _hosts(container: Mapping[str, Any]) -> Iterator[str]:
    for port in container.get("ports") or []:
        if port.get("hostPort"):
            yield f"hostPort {port['hostPort']}"
    for action in _actions(container):
        for kind in ("httpGet", "tcpSocket"):
            if (action.get(kind) or {}).get("host"):
                yield f"a probe or lifecycle hook names the host {action[kind]['host']}"


def _actions(container: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        yield container.get(probe) or {}
    for hook in (container.get("lifecycle") or {}).values():
        yield hook or {}


def _context(name: str, security: Mapping[str, Any]) -> Iterator[str]:
    if security.get("runAsUser") == 0:
        yield f"{name} runs as root"
    if security.get("runAsNonRoot") is False:
        yield f"{name}: runAsNonRoot is false"
    if (security.get("windowsOptions") or {}).get("hostProcess"):
        yield f"{name} is a host process"
    selinux = security.get("seLinuxOptions") or {}
    if selinux.get("type") not in _SELINUX_TYPES or selinux.get("user") or selinux.get("role"):
        yield f"{name}: SELinux options {selinux}"
    if (security.get("appArmorProfile") or {}).get("type") == "Unconfined":
        yield f"{name}: AppArmor is off"


def _stricter(workload: Workload) -> Iterator[str]:
    """Requirements of the project: no write access to the image, no token, bounded memory."""
    if workload.spec.get("automountServiceAccountToken") is not False:
        yield "automountServiceAccountToken is not false"
    if workload.spec.get("enableServiceLinks") is not False:
        # Docker-style variables such as PARLEY_EDGE_PORT=tcp://10.0.0.1:8080 would be read as settings.
        yield "enableServiceLinks is not false"
    for container in workload.containers:
        name = container["name"]
        if (container.get("securityContext") or {}).get("readOnlyRootFilesystem") is not True:
            yield f"{name}: readOnlyRootFilesystem is not true"
        resources = container.get("resources") or {}
        for kind, resource in (("requests", "cpu"), ("requests", "memory"), ("limits", "memory")):
            if not (resources.get(kind) or {}).get(resource):
                yield f"{name}: no resources.{kind}.{resource}"
        image = container["image"].rpartition("/")[2]
        if "@" not in image and (":" not in image or image.endswith(":latest")):
            yield f"{name}: image {container['image']} has no fixed version"
