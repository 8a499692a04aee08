"""The peer: LiteLLM's proxy, installed at a pinned version into a virtual environment under ``.bench``."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.environments import python_with
from bench.installation import wait_for_port
from bench.load import Target
from tests.live import ROOT, free_port

VERSION = "1.106.2"
FOLDER = ROOT / ".bench" / f"litellm-{VERSION}"
KEY = "sk-bench"
CONFIGURATION = """\
model_list:
  - model_name: "*"
    litellm_params: {{model: "openai/*", api_base: "{model}", api_key: none}}
general_settings: {{master_key: {key}}}
"""


def installed() -> Path:
    """The proxy's program; installs it (some 700 MB, two minutes) when it isn't there."""
    python = python_with(FOLDER.name, f"litellm[proxy]=={VERSION}", size="some 700 MB")
    return python.with_name("litellm")


@contextmanager
def litellm_proxy(model: str) -> Iterator[Target]:
    """The proxy with one worker in front of a model's address, as its documentation starts it in production."""
    program, port = installed(), free_port()
    configuration = FOLDER / "configuration.yaml"
    configuration.write_text(CONFIGURATION.format(model=model, key=KEY))
    arguments = ["--config", str(configuration), "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]
    with (FOLDER / "output.log").open("wb") as log:
        process = subprocess.Popen(
            [str(program), *arguments], stdout=log, stderr=log, cwd=FOLDER,
            env={**os.environ, "LITELLM_LOG": "ERROR", "LITELLM_MODE": "PRODUCTION"},
        )  # fmt: skip
    try:
        wait_for_port(f"http://127.0.0.1:{port}/health/liveliness")
        yield Target(f"http://127.0.0.1:{port}/v1", {"Authorization": f"Bearer {KEY}"})
    finally:
        process.terminate()
        process.wait(20)
