"""The demo organisation's service graph, as its architecture page describes it."""

from __future__ import annotations

from uuid import UUID

from incidents.models import Service
from incidents.services.service_graph import service_create

# Name: what it does, and what it needs in order to work. Callees come before their callers.
SERVICES: dict[str, tuple[str, tuple[str, ...]]] = {
    "orders-db": ("PostgreSQL, one primary and two replicas: baskets, orders, payments. Payments team.", ()),
    "catalog-db": ("PostgreSQL, one primary and one replica: products, stock. Catalogue team.", ()),
    "users-db": ("PostgreSQL, one primary and one replica: accounts, API keys. Identity team.", ()),
    "cache": ("Redis, three nodes: sessions, rate limits, product pages. Platform team.", ()),
    "message-queue": ("RabbitMQ, three nodes: events between services. Platform team.", ()),
    "search-index": ("OpenSearch, three nodes: product documents. Catalogue team.", ()),
    "auth-service": ("Sign-in, sessions, tokens, API keys. Identity team, tier 1.", ("users-db", "cache")),
    "catalog-service": ("Products, stock, prices. Catalogue team, tier 2.", ("catalog-db", "cache")),
    "search-service": ("Product search and suggestions. Catalogue team, tier 2.", ("search-index",)),
    "notification-service": ("Emails and webhooks to merchants. Identity team, tier 3.", ("message-queue",)),
    "payments-service": ("Payments and refunds. Payments team, tier 1.", ("orders-db", "message-queue")),
    "checkout-service": (
        "Baskets, prices, placing orders. Payments team, tier 1.",
        ("payments-service", "catalog-service", "orders-db", "message-queue"),
    ),
    "api-server": (
        "Public API for merchants and the storefront. Platform team, tier 1.",
        ("auth-service", "checkout-service", "catalog-service", "search-service"),
    ),
    "web-gateway": (
        "Ends TLS, serves storefront pages, limits rates. Platform team, tier 1.",
        ("api-server", "auth-service"),
    ),
}


def services_ensure(organization_id: UUID) -> int:
    """Add the services that are missing, with what they call; those that are there stay as people made them.

    Returns how many were added.
    """
    known = dict(Service.objects.for_organization(organization_id).values_list("name", "pk"))
    added = 0
    for name, (description, callees) in SERVICES.items():
        if name not in known:
            service = service_create(
                organization_id=organization_id, actor_id="", name=name, description=description,
                dependency_ids=[known[callee] for callee in callees],
            )  # fmt: skip
            known[name], added = service.pk, added + 1
    return added
