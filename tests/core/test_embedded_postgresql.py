"""The embedded PostgreSQL: installations apart, healing after kills, paths that sockets can't have, root and others."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from aurora_site.core import embedded
from aurora_site.core.account import EmbeddedError, blocking_folder
from aurora_site.core.cluster import programs, socket_directory

ROOT = Path(__file__).resolve().parents[2]
IS_ROOT = os.geteuid() == 0


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cluster that was made and stopped: copying it is quicker than making another."""
    home = tmp_path_factory.mktemp("made")
    embedded.ensure_running(home)
    assert embedded.detach(home)
    return home / "pg"


@pytest.fixture
def start(made: Path) -> Iterator[Callable[..., Path]]:
    """Starts installations, each from a copy of the made cluster unless ``anew``, and leaves them at the end."""
    homes: list[Path] = []

    def begin(home: Path, *, anew: bool = False) -> Path:
        home.mkdir(parents=True, exist_ok=True)
        homes.append(home)
        if not anew and not (home / "pg").exists():
            subprocess.run(["cp", "-a", made, home / "pg"], check=True)
        embedded.ensure_running(home)
        return home

    yield begin
    for home in homes:
        embedded.detach(home)
        if socket_directory(home).parent == Path("/tmp"):
            shutil.rmtree(socket_directory(home), ignore_errors=True)


def query(home: Path, statement: str, database: str = embedded.MAIN_DATABASE) -> object:
    with psycopg.connect(embedded.conninfo(database, home), autocommit=True) as connection:
        row = connection.execute(statement).fetchone()
        return row[0] if row else None


def server_pid(home: Path) -> int:
    return int((home / "pg" / "postmaster.pid").read_text().splitlines()[0])


def keeper_pid(home: Path) -> int:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"aurora_site.core.keeper" in words and os.fsencode(home) in words:
            return int(folder.name)
    raise AssertionError(f"{home} has no keeper")


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition never came true"
        time.sleep(0.02)


def answers(home: Path) -> bool:
    try:
        return query(home, "SELECT 1") == 1
    except psycopg.OperationalError:
        return False


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() == b""
    except OSError:
        return True


def test_two_installations_stand_side_by_side(tmp_path: Path, start: Callable[..., Path]) -> None:
    first, second = start(tmp_path / "first", anew=True), start(tmp_path / "second")
    identifiers = {query(home, "SELECT system_identifier FROM pg_control_system()") for home in (first, second)}
    assert len(identifiers) == 2


def test_both_databases_and_the_vector_extension_are_made(tmp_path: Path, start: Callable[..., Path]) -> None:
    home = start(tmp_path / "home", anew=True)
    assert query(home, "SELECT current_database()") == "aurora"
    extension = "SELECT extname FROM pg_extension WHERE extname = 'vector'"
    assert query(home, extension, embedded.RETRIEVAL_DATABASE) == "vector"


def test_the_server_stops_when_the_last_user_leaves(tmp_path: Path, start: Callable[..., Path]) -> None:
    home = start(tmp_path / "home")
    server = server_pid(home)
    assert embedded.detach(home) is True
    wait_until(lambda: is_gone(server))


def test_the_server_stays_while_another_process_uses_it(tmp_path: Path, start: Callable[..., Path]) -> None:
    home = start(tmp_path / "home")
    program = (
        "import sys, pathlib; from aurora_site.core import embedded; "
        "embedded.ensure_running(pathlib.Path(sys.argv[1])); print('up', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(home)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == b"up\n"
        server = server_pid(home)
        assert embedded.detach(home) is False
        assert answers(home)
        other.kill()
        other.wait()
        wait_until(lambda: is_gone(server))
    finally:
        other.kill()
        other.communicate()


def test_a_killed_server_comes_back_with_its_data(
    tmp_path: Path, start: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    # In tests the server trades durability for speed; here it must be as it is elsewhere.
    monkeypatch.setenv("AURORA_ENV", "development")
    home = start(tmp_path / "home")
    with psycopg.connect(embedded.conninfo("aurora", home), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS number")
    killed = server_pid(home)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: is_gone(killed))
    wait_until(lambda: answers(home))
    assert query(home, "SELECT number FROM kept") == 42
    assert server_pid(home) != killed


def test_a_killed_keeper_is_replaced_at_the_next_use(tmp_path: Path, start: Callable[..., Path]) -> None:
    home = start(tmp_path / "home")
    os.kill(keeper_pid(home), signal.SIGKILL)
    wait_until(lambda: not embedded.is_kept(home))
    embedded.ensure_running(home)
    assert embedded.is_kept(home)
    assert answers(home)


def test_everything_killed_starts_again(tmp_path: Path, start: Callable[..., Path]) -> None:
    home = start(tmp_path / "home")
    server = server_pid(home)
    os.kill(keeper_pid(home), signal.SIGKILL)
    os.kill(server, signal.SIGKILL)
    wait_until(lambda: not embedded.is_kept(home))
    embedded.ensure_running(home)
    assert answers(home)


@pytest.mark.parametrize("holder", [os.getpid, lambda: 1, lambda: 2**22 + 5])
def test_a_stale_pid_file_does_not_stop_the_start(
    tmp_path: Path, start: Callable[..., Path], holder: Callable[[], int]
) -> None:
    home = start(tmp_path / "home")
    pid_file = home / "pg" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    assert embedded.detach(home)
    pid_file.write_text("\n".join([str(holder()), *lines[1:]]) + "\n")
    lock = socket_directory(home) / ".s.PGSQL.5432.lock"
    lock.write_text(f"{holder()}\n")
    embedded.ensure_running(home)
    assert answers(home)


@pytest.mark.parametrize("name", ["with space", "with,comma", "x" * 110, "ünïcode"])
def test_a_home_that_a_socket_cannot_have_works(tmp_path: Path, start: Callable[..., Path], name: str) -> None:
    home = start(tmp_path / name)
    assert query(home, "SELECT 1") == 1
    folder = socket_directory(home)
    assert folder.parent == Path("/tmp")
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_socket_folder_of_somebody_else_is_refused(tmp_path: Path, start: Callable[..., Path]) -> None:
    if not IS_ROOT:
        pytest.skip("only root can give a folder away")
    home = tmp_path / "with space"
    home.mkdir()
    folder = socket_directory(home)
    folder.mkdir()
    try:
        os.chown(folder, 4242, 4242)
        with pytest.raises(EmbeddedError, match="belongs to user 4242"):
            start(home)
    finally:
        shutil.rmtree(folder)


def test_files_of_another_version_are_refused(tmp_path: Path, start: Callable[..., Path]) -> None:
    home = start(tmp_path / "home")
    assert embedded.detach(home)
    (home / "pg" / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedError, match="written by PostgreSQL 16"):
        embedded.ensure_running(home)


def test_a_server_that_cannot_start_is_given_up(tmp_path: Path, start: Callable[..., Path]) -> None:
    home = start(tmp_path / "home")
    assert embedded.detach(home)
    with (home / "pg" / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = on\n")
    with pytest.raises(EmbeddedError, match="no_such_setting"):
        embedded.ensure_running(home)


def test_an_interrupted_creation_is_begun_anew(tmp_path: Path, start: Callable[..., Path]) -> None:
    home = tmp_path / "home"
    (home / "pg.new").mkdir(parents=True)
    (home / "pg.new" / "PG_VERSION").write_text("18\n")
    start(home, anew=True)
    assert answers(home)
    assert not (home / "pg.new").exists()


@pytest.mark.skipif(not IS_ROOT, reason="root alone lends an account")
def test_root_runs_it_as_another_account_or_in_a_namespace(start: Callable[..., Path]) -> None:
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    try:
        folder.chmod(0o755)
        open_home = start(folder / "open", anew=True)
        closed = folder / "closed"
        closed.mkdir(mode=0o700)
        closed_home = start(closed / "home", anew=True)
        enterable = blocking_folder(*_nobody(), [programs()]) is None
        assert (open_home / "pg").stat().st_uid != 0 or not enterable
        assert (closed_home / "pg").stat().st_uid == 0
        for home in (open_home, closed_home):
            assert answers(home)
            assert Path(f"/proc/{server_pid(home)}").stat().st_uid == (home / "pg").stat().st_uid
        assert closed.stat().st_mode & 0o777 == 0o700
    finally:
        for home in (folder / "open", folder / "closed" / "home"):
            embedded.detach(home)
        shutil.rmtree(folder)


@pytest.mark.skipif(not IS_ROOT, reason="runs as an ordinary user already")
def test_an_ordinary_user_runs_it() -> None:
    interpreters = [Path(sys.executable), Path(f"/usr/bin/python3.{sys.version_info[1]}")]
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    places = [ROOT, Path(packages)]
    usable = [
        path
        for path in interpreters
        if path.exists() and blocking_folder(*_nobody(), [path.resolve().parent, *places]) is None
    ]
    if not usable or (Path(sys.executable) not in usable and _version(usable[0]) != sys.version_info[:2]):
        pytest.skip("an ordinary user can't enter the folders of Python, packages and project")
    program = (
        "import sys, pathlib; from aurora_site.core import embedded; home = pathlib.Path(sys.argv[1]); "
        "embedded.ensure_running(home); print(home.joinpath('pg').stat().st_uid, embedded.detach(home))"
    )
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chown(folder, *_nobody())
        result = subprocess.run(
            [usable[0], "-c", program, f"{folder}/home"],
            env={"PYTHONPATH": f"{ROOT}:{packages}", "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.environ["PATH"]},
            cwd=ROOT, user=_nobody()[0], group=_nobody()[1], extra_groups=[],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    assert result.stdout.split() == [str(_nobody()[0]), "True"], result.stderr


def _nobody() -> tuple[int, int]:
    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid


def _version(interpreter: Path) -> tuple[int, ...]:
    code = "import sys; print(*sys.version_info[:2])"
    return tuple(int(word) for word in subprocess.check_output([interpreter, "-c", code]).split())
