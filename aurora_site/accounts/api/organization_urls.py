"""``/api/v1/organization/…``."""

from aurora_site.accounts.api.retention import RetentionView
from aurora_site.core.http.urls import route

urlpatterns = [route("retention", RetentionView.as_view(), name="retention")]
