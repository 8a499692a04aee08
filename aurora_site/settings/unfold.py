"""The look and the navigation of Django's admin."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

# Groups of (title, Material symbol, model). Models that no admin is registered for are left out.
NAVIGATION: dict[str, list[tuple[str, str, str]]] = {
    "People": [
        ("Organisations", "apartment", "accounts.Organization"),
        ("Users", "person", "accounts.User"),
        ("Teams", "group", "accounts.Team"),
        ("Invitations", "mail", "accounts.Invitation"),
        ("API keys", "key", "accounts.ApiKey"),
        ("Sign-ins", "login", "accounts.SignIn"),
    ],
    "Knowledge": [
        ("Documents", "description", "agents.Document"),
        ("Index versions", "database", "retrieval.IndexVersion"),
    ],
    "Agents": [
        ("Agents", "smart_toy", "agents.Agent"),
        ("Runs", "play_circle", "agents.Run"),
        ("Conversations", "forum", "agents.ChatSession"),
    ],
    "Incidents": [
        ("Incidents", "crisis_alert", "incidents.Incident"),
        ("Alerts", "notifications", "incidents.Alert"),
        ("Services", "hub", "incidents.Service"),
        ("Channels", "campaign", "incidents.NotificationChannel"),
        ("Notification rules", "rule", "incidents.NotificationRule"),
        ("Notifications", "outgoing_mail", "incidents.Notification"),
    ],
    "Learning": [
        ("Learners", "school", "learning.Learner"),
        ("Plans", "calendar_month", "learning.Plan"),
        ("Teams", "groups", "learning.Team"),
        ("Skills", "account_tree", "learning.Skill"),
        ("Roles", "badge", "learning.Role"),
        ("Resources", "menu_book", "learning.Resource"),
        ("Evidence", "verified_user", "learning.Evidence"),
        ("Reminders", "notifications_active", "learning.Nudge"),
        ("xAPI statements", "data_object", "learning.Statement"),
    ],
    "Evidence": [
        ("Ledger", "fact_check", "audit.Record"),
        ("Signed heads", "verified", "audit.TreeHead"),
        ("Recoveries", "healing", "ops.Recovery"),
        ("Processes", "memory", "ops.ProcessHeartbeat"),
    ],
}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The admin's sidebar, as Unfold expects it."""
    groups = (
        (title, [_item(*entry) for entry in entries if _is_registered(entry[2])])
        for title, entries in NAVIGATION.items()
    )
    return [{"title": title, "separator": True, "items": items} for title, items in groups if items]


def _is_registered(model: str) -> bool:
    from django.apps import apps
    from django.contrib import admin

    try:
        return admin.site.is_registered(apps.get_model(model))
    except LookupError:
        return False


def _item(title: str, icon: str, model: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse(f"admin:{model.lower().replace('.', '_')}_changelist")}


def _mark(request: HttpRequest) -> str:
    return static("aurora/icons/mark.svg")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Aurora",
    "SITE_HEADER": "Aurora",
    "SITE_URL": "/",
    "SITE_ICON": _mark,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _mark}],
    "BORDER_RADIUS": "8px",
    "COLORS": {
        "primary": {
            "50": "oklch(97.5% .018 170)",
            "100": "oklch(94.5% .035 170)",
            "200": "oklch(89.5% .065 170)",
            "300": "oklch(84% .095 170)",
            "400": "oklch(76% .12 170)",
            "500": "oklch(62% .11 170)",
            "600": "oklch(48.5% .087 172)",
            "700": "oklch(42% .075 172)",
            "800": "oklch(36% .062 172)",
            "900": "oklch(30% .05 172)",
            "950": "oklch(22% .036 174)",
        },
    },
    "SIDEBAR": {"show_search": True, "show_all_applications": True, "navigation": navigation},
}
