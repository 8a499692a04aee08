"""The address that mails carry."""

from aurora_site.core.http.urls import route
from learning.nudges.pages import RemindersPage

urlpatterns = [route("learning/reminders/<str:token>", RemindersPage.as_view(), name="learning-reminders")]
