#!/usr/bin/env python3
"""Aurora's command line: every command runs against the installation in AURORA_HOME."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aurora_site.settings.current")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
