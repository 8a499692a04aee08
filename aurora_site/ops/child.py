"""Entry of the supervisor's children: ``python -m aurora_site.ops.child setup|web|worker|beat``."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import threading
import time
import warnings

SUPERVISOR = "AURORA_SUPERVISOR_PID"
PR_SET_PDEATHSIG = 1
WORKER_THREADS = 4


def follow_supervisor() -> None:
    """End when the supervisor does, even when it is killed.

    The child asks for this itself: code that runs between fork and exec of a process with threads may hang.
    """
    supervisor = int(os.environ.pop(SUPERVISOR, "0"))
    if not supervisor:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    else:
        threading.Thread(target=_end_after, args=(supervisor,), daemon=True).start()
    if os.getppid() != supervisor:
        sys.exit("The supervisor has ended.")


def _end_after(supervisor: int) -> None:
    while os.getppid() == supervisor:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)


def main(kind: str) -> int:
    """Run one part of the installation until it is asked to end."""
    follow_supervisor()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aurora_site.settings.current")
    if kind == "web":
        from aurora_site.ops import web

        return web.serve()
    if kind == "setup":
        return _set_up()
    from celery.platforms import SecurityWarning

    from aurora_site.celery import app

    # It warns of root because of pickled messages; ours are JSON alone.
    warnings.simplefilter("ignore", SecurityWarning)
    if kind == "worker":
        app.worker_main(
            ["--quiet", "worker", "--pool", "threads", "--concurrency", str(WORKER_THREADS), "--hostname", "w@aurora",
             "--without-mingle", "--without-gossip", "--without-heartbeat", "--loglevel", "WARNING"]
        )  # fmt: skip
    else:
        app.start(["--quiet", "beat", "--loglevel", "WARNING"])
    return 0


def _set_up() -> int:
    # Indexing takes all it can get; people who open a page meanwhile come first.
    os.nice(10)
    import django
    from django.db import DatabaseError

    django.setup()
    from aurora_site.ops import first_start

    def say(text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    try:
        first_start.load_first_data(say)
    except NotADirectoryError as error:
        say(f"Setting up failed: {error}")
        return 1
    except (ValueError, OSError, RuntimeError, DatabaseError) as error:
        logging.getLogger(__name__).exception("Setting up failed")
        say(f"Setting up failed: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
