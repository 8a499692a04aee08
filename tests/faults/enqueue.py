"""Begins runs in the workers of an installation: one JSON object a line in, the runs' ids out. ``AURORA_HOME`` says where.

Aurora itself hands runs to workers when their web process died, and for work that nobody watches.
"""

from __future__ import annotations

import json
import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "aurora_site.settings.current"

import django

django.setup()

from django.db import connections  # noqa: E402

from agents.runs import dispatch  # noqa: E402
from agents.runs.services import run_create  # noqa: E402


def main() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        made = []
        for question in request["questions"]:
            given = {"question": question, "action": "", "agent": request["agent"]}
            run, _ = run_create(
                organization_id=request["organization_id"],
                actor_id=request["actor_id"],
                kind="answer",
                agent=request["agent"],
                input=given,
            )
            dispatch.enqueue(str(run.pk))
            made.append(str(run.pk))
        connections.close_all()
        print(json.dumps(made), flush=True)


if __name__ == "__main__":
    main()
