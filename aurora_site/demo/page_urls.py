"""Addresses of the demo's pages."""

from aurora_site.core.http.urls import route
from aurora_site.demo import pages

urlpatterns = [route("incidents/demo-storm", pages.storm, name="incident-demo-storm")]
