"""Certificates for tests: authorities, servers, and senders that are right or wrong in one way."""

import datetime
import ssl
from pathlib import Path

import trustme

PAST = datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC)


class Authority:
    """A certificate authority with its files in a folder."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        folder.mkdir(exist_ok=True)
        self._folder, self._ca = folder, trustme.CA()
        self.file = folder / f"{name}.pem"
        self.pem = self._ca.cert_pem.bytes()
        self.file.write_bytes(self.pem)

    def issue(self, name: str, *identities: str, **options: object) -> tuple[Path, Path]:
        """Write NAME.crt and NAME.key, and return their paths; the identities are 127.0.0.1 if none are given."""
        made = self._ca.issue_cert(*(identities or ("127.0.0.1", "localhost")), **options)
        certificate, key = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        replace(certificate, b"".join(blob.bytes() for blob in made.cert_chain_pems))
        replace(key, made.private_key_pem.bytes())
        return certificate, key

    def context(self, pair: tuple[Path, Path] | None = None) -> ssl.SSLContext:
        """Return a client's context that trusts this authority, and shows a certificate."""
        context = ssl.create_default_context(cafile=str(self.file))
        if pair:
            context.load_cert_chain(*pair)
        return context


def replace(path: Path, content: bytes) -> None:
    """Write a file as tools that renew certificates do: in one step, readable by the owner only."""
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_bytes(content)
    new.rename(path)
