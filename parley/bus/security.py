"""Authentication to NATS, and the check of the server's certificate."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parley.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Security:
    """Files for authentication and TLS; empty paths are not used.

    A user name and password, or a token, may be part of the server's URL instead of a credentials file.
    """

    credentials_file: str = ""
    """NATS credentials (`.creds`): a user's JWT and its key."""
    ca_file: str = ""
    """Certificates of the authorities that sign the server's certificate; empty for the system's."""
    cert_file: str = ""
    """Client certificate, for a server that verifies clients."""
    key_file: str = ""
    """Private key of the client certificate."""

    def connect_options(self) -> dict[str, Any]:
        """Arguments of the NATS client's `connect`.

        Raises:
            ConfigError: a file cannot be read, or does not contain what it should.
        """
        options: dict[str, Any] = {}
        if self.credentials_file:
            _check_readable("PARLEY_NATS_CREDENTIALS_FILE", self.credentials_file)
            options["user_credentials"] = self.credentials_file
        if self.ca_file or self.cert_file:
            options["tls"] = self._tls_context()
        return options

    def _tls_context(self) -> ssl.SSLContext:
        if bool(self.cert_file) != bool(self.key_file):
            raise ConfigError("PARLEY_NATS_CERT_FILE and PARLEY_NATS_KEY_FILE: set both or neither")
        if self.ca_file:
            _check_readable("PARLEY_NATS_CA_FILE", self.ca_file)
        try:
            context = ssl.create_default_context(cafile=self.ca_file or None)
        except ssl.SSLError as error:
            raise ConfigError(f"PARLEY_NATS_CA_FILE: no certificates in {self.ca_file}: {error}") from None
        if self.cert_file:
            _check_readable("PARLEY_NATS_CERT_FILE", self.cert_file)
            _check_readable("PARLEY_NATS_KEY_FILE", self.key_file)
            try:
                context.load_cert_chain(self.cert_file, self.key_file)
            except ssl.SSLError as error:
                raise ConfigError(
                    f"PARLEY_NATS_CERT_FILE, PARLEY_NATS_KEY_FILE: no certificate and matching key: {error}"
                ) from None
        return context


def _check_readable(variable: str, path: str) -> None:
    try:
        with Path(path).open("rb"):
            pass
    except OSError as error:
        raise ConfigError(f"{variable}: cannot read {path}: {error.strerror}") from None
