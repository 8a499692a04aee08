"""Tests: real embedded parts in a home of their own, quick password hashing, no demo unless a test turns it on."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# One home for the whole run: workers of a parallel run inherit the variable.
if "AURORA_TEST_HOME" not in os.environ:
    os.environ["AURORA_TEST_HOME"] = tempfile.mkdtemp(prefix="aurora-test-")
    # PostgreSQL runs as an unprivileged account when tests run as root, and must be able to enter.
    Path(os.environ["AURORA_TEST_HOME"]).chmod(0o755)
    # PostgreSQL stops by itself when nobody uses it any more, or when its folder is gone.
    atexit.register(shutil.rmtree, os.environ["AURORA_TEST_HOME"], ignore_errors=True)
os.environ["AURORA_ENV"] = "test"
os.environ["AURORA_HOME"] = os.environ["AURORA_TEST_HOME"]
if "AURORA_TEST_MYSQL_URL" in os.environ:
    os.environ["AURORA_DB_URL"] = os.environ["AURORA_TEST_MYSQL_URL"]

from aurora_site.settings.base import *  # noqa: F403

AURORA_DEMO = False
PASSWORD_HASHERS = ["tests.hashers.QuickBCryptPasswordHasher"]
RATELIMIT_ENABLE = False
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
OPENAI_API_KEY = OPENAI_BASE_URL = OLLAMA_BASE_URL = ""
