"""A throw-away MariaDB or MySQL with TLS, signed by an authority of its own, for the tests of a MySQL main database.

``python -m tests.mysql_server COMMAND…`` runs a command with AURORA_TEST_MYSQL_URL set: to the server given there, else
to one started here from the system's programs and removed afterwards.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PASSWORD = "for tests alone"
START_SECONDS = 60


@dataclass(frozen=True)
class MySQLServer:
    """A running server. ``ca`` signed its certificate for 127.0.0.1; ``other_ca`` did not."""

    port: int
    ca: Path
    other_ca: Path

    def url(self, database: str = "aurora") -> str:
        return f"mysql://aurora:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{self.port}/{database}"


def server_program() -> str | None:
    """The server's program, or None where it isn't installed."""
    for name in ("mariadbd", "mysqld"):
        found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/libexec:/usr/local/sbin")
        if found:
            return found
    return None


@contextmanager
def running() -> Iterator[MySQLServer]:
    """Start a server in a temporary folder; stop and remove it at the end."""
    program = server_program()
    if program is None:
        raise RuntimeError("No MariaDB or MySQL server is installed; on Debian: apt-get install mariadb-server.")
    folder = Path(tempfile.mkdtemp(prefix="aurora-mysql-", dir="/tmp"))
    try:
        certificates(folder)
        account = _account(folder)
        _initialise(program, folder, account)
        port = _free_port()
        with _process(program, folder, port, account) as process:
            _wait(folder, process)
            yield MySQLServer(port, folder / "ca.pem", folder / "other-ca.pem")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def certificates(folder: Path) -> None:
    """Two authorities, and a server certificate for 127.0.0.1 signed by the first."""
    key, authority = _authority("Aurora test authority", folder / "ca.pem")
    _authority("Another authority", folder / "other-ca.pem")
    server_key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder("127.0.0.1", authority.subject, server_key)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "server.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        server_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def _authority(name: str, path: Path) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        _builder(name, subject, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return key, certificate


def _builder(name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )


def _account(folder: Path) -> str:
    """The server refuses to be root; as root it becomes the account ``mysql``, or else ``nobody``."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    names = {entry.pw_name for entry in pwd.getpwall()}
    name = "mysql" if "mysql" in names else "nobody"
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, name)
    return name


def _initialise(program: str, folder: Path, account: str) -> None:
    data = folder / "data"
    installer = shutil.which("mariadb-install-db")
    if installer and program.endswith("mariadbd"):
        command = [installer, "--no-defaults", f"--datadir={data}", f"--user={account}",
                   "--auth-root-authentication-method=normal", "--skip-test-db"]  # fmt: skip
    else:
        command = [program, "--no-defaults", "--initialize-insecure", f"--datadir={data}", f"--user={account}"]
    subprocess.run(command, check=True, capture_output=True)
    (folder / "init.sql").write_text(
        f"CREATE USER 'aurora'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
        "GRANT ALL ON *.* TO 'aurora'@'127.0.0.1';\n"
        f"CREATE USER 'careful'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}' REQUIRE SSL;\n"
        "GRANT ALL ON *.* TO 'careful'@'127.0.0.1';\n"
        "CREATE DATABASE aurora CHARACTER SET utf8mb4;\n"
    )
    (folder / "init.sql").chmod(0o644)


@contextmanager
def _process(program: str, folder: Path, port: int, account: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [
        program, "--no-defaults", f"--datadir={folder / 'data'}", f"--user={account}", f"--port={port}",
        "--bind-address=127.0.0.1,127.0.0.2", f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}",
        f"--init-file={folder / 'init.sql'}", "--character-set-server=utf8mb4", "--skip-name-resolve",
        f"--ssl-ca={folder / 'ca.pem'}", f"--ssl-cert={folder / 'server.pem'}", f"--ssl-key={folder / 'server.key'}",
        "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=128M", "--max-connections=200",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(folder: Path, process: subprocess.Popen[bytes]) -> None:
    import MySQLdb

    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            MySQLdb.connect(unix_socket=str(folder / "socket"), user="root").close()
            return
        except MySQLdb.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The server doesn't start:\n{(folder / 'log').read_text()[-2000:]}") from None
            time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main(command: list[str]) -> int:
    if os.environ.get("AURORA_TEST_MYSQL_URL"):
        return subprocess.run(command, check=False).returncode
    with running() as server:
        return subprocess.run(
            command, check=False, env={**os.environ, "AURORA_TEST_MYSQL_URL": server.url()}
        ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
