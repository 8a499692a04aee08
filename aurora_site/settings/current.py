"""Settings of the environment that AURORA_ENV names."""

from aurora_site.core import env

match env.read("AURORA_ENV"):
    case "production":
        from aurora_site.settings.production import *  # noqa: F403
    case "test":
        from aurora_site.settings.test import *  # noqa: F403
    case _:
        from aurora_site.settings.local import *  # noqa: F403
