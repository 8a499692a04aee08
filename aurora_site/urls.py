"""Every address of Aurora: prefixes here, routes in the apps."""

from django.contrib import admin
from django.urls import include, path

from agents.api.urls import (
    admin_urlpatterns,
    api_v1_urlpatterns,
    chat_urlpatterns,
    stream_urlpatterns,
    v1_urlpatterns,
)
from incidents.urls import classic_urlpatterns
from learning.urls import calendar_urlpatterns

# An unknown address below /admin/ is 404, not a sign-in page: the ledger's API lies there too.
admin.site.final_catch_all_view = False

urlpatterns = [
    path("", include("agents.page_urls")),
    path("", include("audit.pages.urls")),
    path("", include("aurora_site.demo.page_urls")),
    path("", include("incidents.page_urls")),
    path("", include("learning.nudges.urls")),
    path("", include("learning.page_urls")),
    path("", include("aurora_site.accounts.page_urls")),
    path("", include("aurora_site.ops.urls")),
    path("", include("aurora_site.api.docs")),
    path("", include("aurora_site.api.connectors")),
    path("v1/", include(v1_urlpatterns)),
    path("agents/", include(stream_urlpatterns)),
    path("api/auth/", include("aurora_site.accounts.api.urls")),
    path("api/v1/organization/", include("aurora_site.accounts.api.organization_urls")),
    path("api/v1/", include(api_v1_urlpatterns)),
    path("api/v1/", include("incidents.urls")),
    path("api/v1/learning/", include("learning.urls")),
    path("calendars/learning/", include(calendar_urlpatterns)),
    path("api/", include(classic_urlpatterns)),
    path("chat_api/", include(chat_urlpatterns)),
    path("admin/audit/", include("audit.api.urls")),
    path("admin/", include(admin_urlpatterns)),
    path("admin/", admin.site.urls),
]

handler400 = "aurora_site.api.fallbacks.bad_request"
handler403 = "aurora_site.api.fallbacks.permission_denied"
handler404 = "aurora_site.api.fallbacks.not_found"
handler500 = "aurora_site.api.fallbacks.server_error"
