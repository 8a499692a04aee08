from django.db import models


class Severity(models.TextChoices):
    """How bad it is; the same words for alerts and incidents, whatever their source calls it."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"
    UNKNOWN = "unknown"
