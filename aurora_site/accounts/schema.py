"""How the published API schema describes signing in."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class IdentityScheme(OpenApiAuthenticationExtension):
    target_class = "aurora_site.accounts.authentication.IdentityAuthentication"
    name = ["bearer", "apiKey", "session"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        return [
            {"type": "http", "scheme": "bearer", "description": "An access token, or an API key."},
            {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            {"type": "apiKey", "in": "cookie", "name": "aurora_session"},
        ]
