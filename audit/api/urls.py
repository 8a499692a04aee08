"""``/admin/audit/…``; stands before the admin's own addresses."""

from audit.api import views
from aurora_site.core.http.urls import route

urlpatterns = [
    route("count", views.CountView.as_view(), name="audit-count"),
    route("records", views.RecordsView.as_view(), name="audit-records"),
    route("records/<uuid:record_id>", views.RecordView.as_view(), name="audit-record"),
    route("export", views.ExportView.as_view(), name="audit-export"),
]
