"""Health addresses."""

from aurora_site.core.http.urls import route
from aurora_site.ops import views

urlpatterns = [
    route("health", views.health_report, name="health"),
    route("health/live", views.live, name="health-live"),
    route("health/liveness", views.live, name="health-liveness"),
    route("health/ready", views.ready, name="health-ready"),
    route("health/readiness", views.ready, name="health-readiness"),
    route("health/startup", views.startup, name="health-startup"),
]
