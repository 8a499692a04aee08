"""``manage.py up``: run the installation until it is told to stop."""

from __future__ import annotations

import errno
import faulthandler
import fcntl
import os
import signal
import socket
import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from aurora_site.checks import refuse_unsafe_production
from aurora_site.core import embedded, env, home, retrieval_pool
from aurora_site.core.keeper import lock_file, try_lock
from aurora_site.ops import first_start, heartbeat
from aurora_site.ops.probe import WebProbe
from aurora_site.ops.supervisor import PartFailedError, Supervisor

PARTS = ("web", "worker", "beat")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# The set-up may take minutes with a large data set; one that takes longer says where it hangs.
SETUP_WATCHDOG_SECONDS = 300


class Command(BaseCommand):
    help = "Start the embedded parts, migrate, load the first data, and run web server, worker and beat until stopped."

    # All checks import every view, which is the web process's work; the ones that matter here are called below.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only", choices=PARTS, help="Run this part alone, as larger set-ups do.")

    def handle(self, *args: Any, only: str | None = None, **options: Any) -> None:
        self._refuse_unsafe()
        lock = self._lock("up" if only is None else f"up-{only}")
        names = [only] if only else list(PARTS)
        try:
            if "web" in names:
                self._check_port()
            for number in SIGNALS:
                signal.signal(number, _interrupt)
            self._say_what_is_odd()
            faulthandler.dump_traceback_later(SETUP_WATCHDOG_SECONDS, repeat=True)
            first_start.prepare_databases(self.say)
            faulthandler.cancel_dump_traceback_later()
            self._supervise(names)
        except KeyboardInterrupt:
            self.say("Stopping")
        except (embedded.EmbeddedError, PartFailedError) as error:
            raise CommandError(str(error)) from error
        finally:
            faulthandler.cancel_dump_traceback_later()
            self._let_go()
            os.close(lock)

    def _refuse_unsafe(self) -> None:
        try:
            refuse_unsafe_production()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _lock(self, name: str) -> int:
        """Hold the installation's lock; the kernel frees it however this process ends."""
        descriptor = lock_file(home.home(), name)
        if not try_lock(descriptor, fcntl.LOCK_EX):
            holder = os.read(descriptor, 20).decode() or "unknown"
            raise CommandError(f"Aurora is running already in {home.home()} (process {holder}).")
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        return descriptor

    def _check_port(self) -> None:
        """Say at once, and not from a child's log, that the address can't be had."""
        host = settings.HOST.strip("[]")
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host, settings.PORT, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind, protocol) as test:
                test.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                test.bind(address)
                test.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CommandError(
                    f"Port {settings.PORT} on {host} is in use. Stop what uses it, or choose another: PORT=8080"
                ) from error
            raise CommandError(f"Can't listen on {host}:{settings.PORT}: {error.strerror or error}") from error

    def _say_what_is_odd(self) -> None:
        for old, new in env.renamed_in_use():
            self.say(f"{old} is an old name; it acts as {new}. Set {new} instead.")
        if home.home_was_replaced():
            self.say(f"AURORA_HOME ({env.read('AURORA_HOME')}) can't be written. USING {home.home()} INSTEAD.")

    def _supervise(self, names: list[str]) -> None:
        probe = WebProbe(settings.HOST, settings.PORT, self._welcome, self._waiting) if "web" in names else None
        supervisor = Supervisor(["setup", *names] if probe else names, self.say, probe)

        def end(*_: object) -> None:
            # A second signal hurries: children that drain are killed.
            if supervisor.stopping:
                for part in supervisor.parts:
                    if part.process is not None:
                        part.process.kill()
            supervisor.stopping = True

        for number in SIGNALS:
            signal.signal(number, end)
        connections.close_all()
        heartbeat.start("supervisor")
        if probe is None:
            self.say(f"Running: {', '.join(names)}")
        supervisor.run(settings.AURORA_DRAIN_SECONDS)
        self.say("Stopping")

    def _welcome(self) -> None:
        self.say(f"\nAurora is ready: {settings.AURORA_PUBLIC_URL}/")
        if settings.AURORA_DEMO and settings.AURORA_ENV == "development":
            self.say("  Open it and ask: from this machine no sign-in is needed.")
        self.say(
            f"  Sign in at {settings.AURORA_PUBLIC_URL}/sign-in as {settings.AURORA_ADMIN_EMAIL}; the password is "
            + ("AURORA_ADMIN_PASSWORD." if settings.AURORA_ADMIN_PASSWORD else "the one shown at the first start.")
        )
        self.say("  Ctrl-C stops everything.\n")

    def _waiting(self, missing: list[str]) -> None:
        self.say(f"Serving, and waiting for: {', '.join(missing) or 'an answer'}")

    def _let_go(self) -> None:
        """Close every connection and leave the embedded server, which stops when nobody else uses it."""
        heartbeat.stop()
        for connection in connections.all(initialized_only=True):
            connection.close()
            if hasattr(connection, "close_pool"):
                connection.close_pool()
        retrieval_pool.close_pools()
        if not embedded.detach():
            self.say("PostgreSQL keeps running: other processes use it.")
        sys.stdout.flush()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
