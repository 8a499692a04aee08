"""``/admin/audit/…``; stands before the admin's own addresses."""

from audit.api import exports, views
from aurora_site.core.http.urls import route

urlpatterns = [
    route("count", views.CountView.as_view(), name="audit-count"),
    route("records", views.RecordsView.as_view(), name="audit-records"),
    route("records/<uuid:record_id>", views.RecordView.as_view(), name="audit-record"),
    route("records/<uuid:record_id>/proof", views.ProofView.as_view(), name="audit-proof"),
    route("head", views.HeadView.as_view(), name="audit-head"),
    route("consistency", views.ConsistencyView.as_view(), name="audit-consistency"),
    route("verify", views.VerifyView.as_view(), name="audit-verify"),
    route("export", exports.ExportView.as_view(), name="audit-export"),
    route("verifier", exports.VerifierView.as_view(), name="audit-verifier"),
]
