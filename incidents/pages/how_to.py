"""What to set in each monitoring system so that it sends to Aurora, step by step."""

from __future__ import annotations

from collections.abc import Sequence

_SECRET = "Where it asks for a secret, give the one that Aurora showed when it was made."  # noqa: S105
STEPS: dict[str, Sequence[str]] = {
    "alertmanager": (
        "Add a receiver with webhook_configs to alertmanager.yml: url is the address, send_resolved is true.",
        "Route alerts to that receiver, and reload Alertmanager.",
    ),
    "grafana": (
        "Under Alerting, Contact points, add one of the type Webhook with the address.",
        "With a secret: set it as the HMAC signature's secret, under the optional settings.",
        "Name the contact point in a notification policy.",
    ),
    "pagerduty": (
        "Under Integrations, Generic Webhooks (v3), add a webhook with the address.",
        "Copy the secret that PagerDuty shows once, and enter it here.",
    ),
    "datadog": (
        "Under Integrations, Webhooks, add one with the address and the payload of the documentation.",
        "Name it in your monitors as @webhook-…",
    ),
    "sentry": (
        "Make an internal integration under Settings, Developer settings, with the address as webhook URL.",
        "Enter its client secret here, and subscribe it to issues and alerts.",
    ),
    "cloudwatch": (
        "Subscribe the address by HTTPS to the SNS topic of your alarms; Aurora confirms the subscription.",
        "Let alarms notify that topic for ALARM and for OK.",
    ),
    "generic": (
        "POST JSON to the address: title, status (firing or resolved), and as you have them id, service, severity, labels.",
    ),
    "opsgenie": ("Add a Webhook integration with the address; let it send Create, Acknowledge and Close.",),
    "newrelic": ("Add a webhook destination with the address, and a workflow that notifies it.",),
    "netdata": ("Add a webhook notification with the address in Netdata Cloud.",),
    "splunk": ("Add the alert action Webhook with the address to your saved searches.",),
    "dynatrace": ("Add a custom problem notification with the address under Settings, Integration.",),
    "bigpanda": ("Add an outbound webhook (AutoShare) with the address.",),
    "incidentio": (
        "Add a webhook endpoint with the address under Settings, Webhooks, and enter its signing secret here.",
    ),
}


def steps_for(source: str) -> Sequence[str]:
    """The steps of a source; general ones for those that have none of their own."""
    return STEPS.get(source, ("Give the address to it as a webhook that is called by POST.", _SECRET))
