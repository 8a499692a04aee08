"""The forms of learning's pages. What a service refuses is shown at the field that it names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from learning.errors import LearningError
from learning.models import Learner, Role
from learning.models.plans import MAXIMUM_DAYS, MINIMUM_DAYS
from learning.validators import MAXIMUM_BLACKOUT_DATES, time_zones, validate_time_zone

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_WEEKLY_HOURS = 80
MINUTES = 60


def refused(form: forms.Form, error: LearningError) -> None:
    """Show a service's refusal at its field, or above the form where it has none of that name."""
    form.add_error(error.field if error.field in form.fields else None, str(error))


def zones() -> Sequence[str]:
    """The time zones that are offered, as Continent/City, and UTC."""
    return ["UTC", *sorted(name for name in time_zones() if "/" in name and not name.startswith("Etc/"))]


def _hours(day: str) -> forms.DecimalField:
    widget = forms.NumberInput(attrs={"step": "0.25", "inputmode": "decimal"})
    return forms.DecimalField(label=day, min_value=0, max_value=24, decimal_places=2, widget=widget)


class HoursForm(forms.Form):
    """Hours for each day of the week, Monday first."""

    hours_0, hours_1, hours_2, hours_3, hours_4, hours_5, hours_6 = map(_hours, WEEKDAYS)

    @property
    def days(self) -> list[forms.BoundField]:
        return [self[f"hours_{number}"] for number in range(7)]

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        """The fields that aren't hours."""
        return [field for field in self.visible_fields() if not field.name.startswith("hours_")]

    def minutes(self) -> list[int]:
        """The hours as minutes, of a form that is valid."""
        return [round(self.cleaned_data[f"hours_{number}"] * MINUTES) for number in range(7)]


def hours_of(minutes: Iterable[int]) -> dict[str, str]:
    """What the form of hours holds for minutes of each weekday."""
    return {f"hours_{number}": f"{each / MINUTES:.2f}".rstrip("0").rstrip(".") for number, each in enumerate(minutes)}


class RoleField(forms.ModelChoiceField):
    """One of the organisation's roles; the form gives it ``queryset``."""

    def __init__(self, label: str, *, required: bool = True, help_text: str = "") -> None:
        super().__init__(
            Role.objects.none(), label=label, required=required, help_text=help_text, empty_label="Choose one"
        )


def _zone() -> forms.CharField:
    return forms.CharField(
        label="Time zone",
        max_length=64,
        validators=[validate_time_zone],
        help_text="Days begin and end by it.",
        widget=forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off", "spellcheck": "false"}),
    )


class BeginForm(HoursForm):
    """What is asked of somebody who begins."""

    name = forms.CharField(label="Your name", max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    role = RoleField("The role that you grow towards")
    goals = forms.CharField(
        label="What you want to reach",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="In your own words.",
    )
    time_zone = _zone()

    def __init__(self, *arguments: Any, roles: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.fields["role"].queryset = roles  # type: ignore[attr-defined]


class SettingsForm(BeginForm):
    """What learners change of themselves."""

    study_at = forms.TimeField(
        label="Learning begins at", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    nudge_from = forms.TimeField(label="Reminders from", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    nudge_until = forms.TimeField(label="until", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    nudges = forms.BooleanField(label="Remind me of what is due, overdue or about to be lost", required=False)
    digest = forms.BooleanField(label="Send me a summary each week", required=False)
    blackout_dates = forms.CharField(
        label="Days away",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="Nothing is planned on them. Dates such as 2026-12-24, or 2026-12-24 to 2026-12-31; a line each.",
    )

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.fields["role"].required = False

    @property
    def about_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("name", "role", "goals")]

    @property
    def time_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("study_at", "time_zone", "blackout_dates")]

    @property
    def reminder_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("nudges", "digest", "nudge_from", "nudge_until")]

    def clean_blackout_dates(self) -> list[date]:
        return days_in(self.cleaned_data["blackout_dates"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        begin, end = cleaned.get("nudge_from"), cleaned.get("nudge_until")
        if begin and end and begin >= end:
            self.add_error("nudge_until", "Reminders have to end later on the same day than they begin.")
        return cleaned


def settings_of(learner: Learner) -> dict[str, Any]:
    """What the form of settings holds for a learner."""
    names = ("name", "role", "goals", "time_zone", "study_at", "nudge_from", "nudge_until", "nudges", "digest")
    held = {name: getattr(learner, name) for name in names}
    return held | hours_of(learner.minutes_per_weekday) | {"blackout_dates": "\n".join(learner.blackout_dates)}


def days_in(text: str) -> list[date]:
    """The days of a text of dates and spans, in order. Raises ValidationError naming the line that isn't one."""
    found: set[date] = set()
    for line in filter(None, (part.strip() for part in text.replace(",", "\n").splitlines())):
        try:
            first, _, last = (part.strip() for part in line.partition(" to "))
            begin = date.fromisoformat(first)
            end = date.fromisoformat(last) if last else begin
        except ValueError:
            raise ValidationError(f"“{line[:40]}” is no date. Write it as 2026-12-24.") from None
        if not 0 <= (end - begin).days <= MAXIMUM_BLACKOUT_DATES:
            raise ValidationError(f"“{line[:40]}” ends before it begins, or lasts longer than a year.")
        found |= {begin + timedelta(days=number) for number in range((end - begin).days + 1)}
        if len(found) > MAXIMUM_BLACKOUT_DATES:
            raise ValidationError(f"Give at most {MAXIMUM_BLACKOUT_DATES} days.")
    return sorted(found)


class PlanForm(forms.Form):
    """What a new plan is made from."""

    role = RoleField("Towards")
    days = forms.IntegerField(
        label="Days", min_value=MINIMUM_DAYS, max_value=MAXIMUM_DAYS, help_text=f"{MINIMUM_DAYS} to {MAXIMUM_DAYS}."
    )
    weekly_hours = forms.FloatField(
        label="Hours a week",
        required=False,
        min_value=0.25,
        max_value=MOST_WEEKLY_HOURS,
        widget=forms.NumberInput(attrs={"step": "0.25"}),
        help_text="No week gets more. Left empty, your days alone decide.",
    )
    starts_on = forms.DateField(
        label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}), help_text="Left empty, today."
    )

    def __init__(self, *arguments: Any, roles: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.fields["role"].queryset = roles  # type: ignore[attr-defined]


class ReplanForm(forms.Form):
    """What a plan is computed anew with; what isn't given stays. ``drop`` counts only where ``drops`` says so."""

    days = forms.IntegerField(required=False, min_value=MINIMUM_DAYS, max_value=MAXIMUM_DAYS)
    weekly_hours = forms.FloatField(required=False, min_value=0.25, max_value=MOST_WEEKLY_HOURS)
    away = forms.CharField(required=False, max_length=2_000)
    drops = forms.BooleanField(required=False)
    reason = forms.CharField(required=False, max_length=200)

    def clean_away(self) -> list[date]:
        return days_in(self.cleaned_data["away"])


class SettleForm(forms.Form):
    """How an item went; all of it may be left out."""

    minutes = forms.IntegerField(required=False, min_value=0, max_value=24 * 60)
    score = forms.FloatField(required=False, min_value=0, max_value=100)
    rating = forms.IntegerField(required=False, min_value=1, max_value=4)
