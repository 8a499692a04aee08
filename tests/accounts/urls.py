"""The account routes, and views that tell who is asking."""

from __future__ import annotations

from typing import Any

from adrf.views import APIView as AsyncAPIView
from django.contrib import admin
from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from aurora_site.accounts.identity import session_for_demo
from aurora_site.accounts.permissions import IsAdmin, IsEditor


class WhoView(APIView):
    def get(self, request: Request, **parameters: Any) -> Response:
        identity = request.auth
        return Response(
            {
                "user": request.user.pk,
                "kind": identity.kind,
                "role": identity.role,
                "org": str(identity.organization_id),
            }
        )

    post = get


class DemoView(WhoView):
    allow_demo = True


class AsyncWhoView(AsyncAPIView):
    async def get(self, request: Request) -> Response:
        return Response({"user": request.user.pk, "kind": request.auth.kind})

    post = get


class AsyncDemoView(AsyncWhoView):
    allow_demo = True


class EditorView(WhoView):
    permission_classes = [IsEditor]


class AdminView(WhoView):
    permission_classes = [IsAdmin]


def home(request: HttpRequest) -> JsonResponse:
    identity = session_for_demo(request)
    return JsonResponse({"user": identity.user_id if identity else None})


def django_user(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"user": request.user.pk})


urlpatterns = [
    path("", home),
    path("who", WhoView.as_view()),
    path("who/stream", WhoView.as_view()),
    path("editor", EditorView.as_view()),
    path("admin-only", AdminView.as_view()),
    path("demo", DemoView.as_view()),
    path("who-async", AsyncWhoView.as_view()),
    path("demo-async", AsyncDemoView.as_view()),
    path("django-user", django_user),
    path("health", django_user),
    path("v1/aurora", WhoView.as_view()),
    path("v1/chat/completions", WhoView.as_view()),
    path("api/webhooks/generic", django_user),
    path("api/auth/", include("aurora_site.accounts.api.urls")),
    path("", include("aurora_site.accounts.page_urls")),
    path("admin/", admin.site.urls),
]
