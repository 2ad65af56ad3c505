"""Connections to NATS servers that require TLS, client certificates, passwords or credentials files."""

import asyncio
import base64
import json
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nkeys
import pytest
import trustme

from cli.free_port import free_port
from parley.bus import connect
from parley.bus.security import Security
from parley.bus.streams import StreamLimits
from parley.errors import BusError
from tests.eventually import eventually


@asynccontextmanager
async def server(folder: Path, config: str) -> AsyncIterator[int]:
    """A NATS server with JetStream and this configuration; yields its port."""
    port = free_port()
    path = folder / "nats.conf"
    text = f'listen: "127.0.0.1:{port}"\njetstream {{ store_dir: "{folder}/store" }}\n{config}'
    path.write_text(text, encoding="utf-8")
    program = Path(sys.executable).parent / "nats-server"
    process = await asyncio.create_subprocess_exec(
        program, "-c", str(path), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await eventually(lambda: _accepts_connections(port), retry_on=OSError)
        yield port
    finally:
        process.kill()
        await process.wait()


async def _accepts_connections(port: int) -> bool:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    await writer.wait_closed()
    return True


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for one server."""
    with tempfile.TemporaryDirectory(prefix="parley-nats-") as path:
        yield Path(path)


def certificates(folder: Path) -> str:
    """Write ca.pem, cert.pem and key.pem; returns the server's TLS block without its end."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(folder / "ca.pem")
    issued = ca.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    files = (f'{name}_file: "{folder}/{name}.pem"' for name in ("ca", "cert", "key"))
    return f"tls {{ {', '.join(files)}, "


async def test_tls_with_a_private_authority_and_a_client_certificate(folder: Path) -> None:
    """Without the client's certificate, or without the authority, no connection is made."""
    async with server(folder, certificates(folder) + "verify: true }") as port:
        url = f"tls://127.0.0.1:{port}"
        mutual = Security(
            ca_file=str(folder / "ca.pem"),
            cert_file=str(folder / "cert.pem"),
            key_file=str(folder / "key.pem"),
        )
        async with connect(url, "t", timeout_s=30, security=mutual) as bus:
            assert bus.connected
        for refused in (Security(), Security(ca_file=str(folder / "ca.pem"))):
            with pytest.raises(BusError, match=r"within 1 s: .*(certificate|ssl|SSL|EOF|UnexpectedEOF)"):
                async with connect(url, "t", timeout_s=1, security=refused):
                    pass


async def test_a_password_in_the_address(folder: Path) -> None:
    """A wrong one is named as the reason, without the password."""
    users = 'authorization { users: [{ user: parley, password: "s3cret" }] }'
    async with server(folder, users) as port:
        async with connect(f"nats://parley:s3cret@127.0.0.1:{port}", "t", timeout_s=30) as bus:
            assert bus.connected
        with pytest.raises(BusError, match=r"[Aa]uthorization") as refused:
            async with connect(f"nats://parley:wr0ng@127.0.0.1:{port}", "t", timeout_s=1):
                pass
        assert "wr0ng" not in str(refused.value)


async def test_a_credentials_file(folder: Path) -> None:
    """A user's JWT and key, as NATS's own tools write them."""
    config, creds = decentralized_auth(folder)
    async with server(folder, config) as port:
        url = f"nats://127.0.0.1:{port}"
        async with connect(url, "t", timeout_s=30, security=Security(credentials_file=creds)) as bus:
            assert bus.connected
        with pytest.raises(BusError, match=r"[Aa]uthorization"):
            async with connect(url, "t", timeout_s=1):
                pass


async def test_streams_larger_than_the_servers_storage(folder: Path) -> None:
    """The error names what to change, at once: waiting would not help."""
    async with server(folder, "") as port:
        limits = StreamLimits(calls_max_bytes=2**55)
        with pytest.raises(BusError, match="PARLEY_CALLS_STREAM_MAX_BYTES"):
            async with connect(f"nats://127.0.0.1:{port}", "t", timeout_s=30, limits=limits):
                pass


def decentralized_auth(folder: Path) -> tuple[str, str]:
    """A server configuration with an operator and an account, and the path of a user's credentials."""
    prefixes = (
        *(nkeys.PREFIX_BYTE_OPERATOR, nkeys.PREFIX_BYTE_ACCOUNT),
        *(nkeys.PREFIX_BYTE_USER, nkeys.PREFIX_BYTE_ACCOUNT),
    )
    operator, account, user, system = (
        nkeys.from_seed(nkeys.encode_seed(bytes([number]) * 32, prefix))
        for number, prefix in enumerate(prefixes, start=1)
    )
    names = [key.public_key.decode() for key in (operator, account, user, system)]
    jetstream = {"mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1}
    limits = {"subs": -1, "conn": -1, "data": -1, "payload": -1, **jetstream}
    operator_jwt = signed_jwt(operator, names[0], {"type": "operator", "version": 2})
    account_jwt = signed_jwt(operator, names[1], {"type": "account", "version": 2, "limits": limits})
    unlimited = {"subs": -1, "conn": -1, "data": -1, "payload": -1}
    system_jwt = signed_jwt(operator, names[3], {"type": "account", "version": 2, "limits": unlimited})
    user_limits = {"subs": -1, "data": -1, "payload": -1}
    user_jwt = signed_jwt(account, names[2], {"type": "user", "version": 2, **user_limits})
    creds = folder / "parley.creds"
    creds.write_text(
        f"-----BEGIN NATS USER JWT-----\n{user_jwt}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user.seed.decode()}\n------END USER NKEY SEED------\n",
        encoding="utf-8",
    )
    preload = f"{names[1]}: {account_jwt}, {names[3]}: {system_jwt}"
    config = (
        f"operator: {operator_jwt}\nsystem_account: {names[3]}\n"
        f"resolver: MEMORY\nresolver_preload: {{ {preload} }}\n"
    )
    return config, str(creds)


def signed_jwt(issuer: Any, subject: str, nats: dict[str, Any]) -> str:
    """A NATS JWT, signed by its issuer's key."""
    claims = {"jti": "x", "iat": 1, "iss": issuer.public_key.decode(), "sub": subject, "name": "parley"}
    head = {"typ": "JWT", "alg": "ed25519-nkey"}
    parts = [base64url(json.dumps(part).encode()) for part in (head, {**claims, "nats": nats})]
    signature = base64url(issuer.sign(".".join(parts).encode()))
    assert re.fullmatch(r"[\w-]+", signature)
    return ".".join([*parts, signature])


def base64url(data: bytes) -> str:
    """Base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
