"""Addresses of the ledger's web pages."""

from audit.pages import ledger, record, trace, verify
from aurora_site.core.http.urls import route

urlpatterns = [
    route("ledger", ledger.ledger, name="ledger-page"),
    route("ledger/verify", verify.verify, name="ledger-verify-page"),
    route("ledger/records/<uuid:record_id>", record.record, name="ledger-record-page"),
    route("ledger/traces/<str:trace_id>", trace.trace, name="trace-page"),
]
