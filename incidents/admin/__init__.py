"""Incidents in the admin, by topic: what is configured can be edited; what happened is to look at, since changes belong on
the timeline."""

from incidents.admin import alerts, incidents, notifications, rosters, services

__all__ = ["alerts", "incidents", "notifications", "rosters", "services"]
