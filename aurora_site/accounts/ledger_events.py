"""What the ledger records about people, organisations and how they sign in."""

from __future__ import annotations

from audit.events import Event

_FIELDS = {"fields": "names of the fields that were filled in"}


def admin_events(app: str, model: str) -> list[Event]:
    """What an operator does with a model's rows in the admin."""
    return [
        Event(f"{app}.{model}_added", "An operator added one in the admin", _FIELDS),
        Event(f"{app}.{model}_changed", "An operator changed one in the admin", _FIELDS),
        Event(f"{app}.{model}_deleted", "An operator deleted one in the admin"),
    ]


_ORGANIZATION = {"name": "its name", "slug": "its short name in addresses"}
_TEAM = {"name": "the team's name"}
_REASON = {"reason": "why it ended"}

_SIGN_INS = (
    Event("accounts.signed_in", "Somebody signed in", {"kind": "how"}, {"ip": "from which address"}),
    Event(
        "accounts.sign_in_failed",
        "A sign-in was refused",
        {"known": "whether the address has an account: what the record is about, since nobody knows who tried"},
        {"ip": "from which address", "email": "the address that was given"},
    ),
    Event(
        "accounts.access_refused",
        "Somebody who is known was refused (403); alike refusals within ten minutes count as one",
        {
            "method": "the request's method",
            "route": "the address, by its pattern",
            "code": "why",
            "kind": "how they proved who they are",
            "unrecorded": "how many more of their refusals had no record of their own since the last one",
        },
        {"ip": "from which address"},
    ),
    Event("accounts.signed_out", "A sign-in ended", _REASON),
    Event("accounts.sign_ins_ended", "A person's sign-ins ended", {**_REASON, "count": "how many"}),
    Event("accounts.tokens_refreshed", "A refresh token was traded for the next pair"),
    Event("accounts.password_changed", "A password was set"),
    Event("accounts.password_change_failed", "Somebody gave a wrong current password"),
    Event("accounts.password_reset_requested", "A person asked for a link to choose a new password"),
    Event(
        "accounts.api_key_created", "An API key was made", {"prefix": "how its text begins", "scopes": "what it may do"}
    ),
    Event("accounts.api_key_revoked", "An API key was revoked"),
    Event("accounts.api_keys_revoked", "All keys of a person in an organisation were revoked", {"count": "how many"}),
)

_PEOPLE = (
    Event("accounts.registered", "Somebody registered", personal={"email": "their address"}),
    # Its founder's name is often part of its own.
    Event("accounts.organization_created", "An organisation was made", personal=_ORGANIZATION),
    Event(
        "accounts.retention_changed",
        "An admin changed how long something is kept",
        {"changed": "days before and after, by kind; nothing for ever"},
    ),
    *admin_events("accounts", "retentionpolicy"),
    *admin_events("auth", "group"),
    Event("accounts.admin_ensured", "The operator's account was made or restored", {"created": "whether it is new"}),
    Event("accounts.demo_learner_created", "The demo's learner was made"),
    Event("accounts.profile_changed", "A person changed their profile", {"fields": "which parts"}),
    Event("accounts.invited", "A person was invited", {"role": "into which role"}, {"email": "their address"}),
    Event("accounts.invitation_revoked", "An invitation was revoked"),
    Event("accounts.invitation_accepted", "An invited person joined", {"role": "in which role"}),
    Event("accounts.role_changed", "A member got another role", {"from": "the role before", "to": "the new one"}),
    Event("accounts.member_removed", "A member was removed"),
    Event("accounts.user_deactivated", "An account was switched off"),
    Event(
        "accounts.person_erased",
        "A person was erased: their texts, conversations and account",
        {
            "counts": "how many rows of each kind went; of a person of several organisations a record of none tells it",
            "account_kept": "whether the account stays, the demo visitor's",
        },
    ),
    Event("accounts.team_created", "A team was made", _TEAM),
    Event(
        "accounts.team_member_added",
        "A member joined a team",
        {"user_id": "who", "is_lead": "whether they lead it"},
    ),
    Event("accounts.team_member_removed", "A member left a team", {"user_id": "who"}),
    *admin_events("accounts", "user"),
    Event(
        "accounts.membership_added",
        "An operator added one in the admin",
        {"user_id": "who", "role": "in which role"},
    ),
    *admin_events("accounts", "organization"),
    Event("accounts.team_added", "An operator added one in the admin", _FIELDS),
    Event("accounts.team_changed", "An operator changed one in the admin", _FIELDS),
    Event("accounts.team_deleted", "A team was deleted, by its members or in the admin", _TEAM),
)

EVENTS = (*_SIGN_INS, *_PEOPLE)
