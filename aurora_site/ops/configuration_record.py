"""The configuration on the ledger: a record at each start whose configuration differs from the last recorded one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from audit.keys import hmac_key, hmac_keys
from audit.secret_codes import secret_code
from audit.selectors import latest_of
from audit.services import record
from aurora_site.core import env
from aurora_site.core.redaction import redact_data

EVENT = "ops.configuration_changed"
_AS_BEFORE = {"unchanged", "unset"}


def configuration_record(environ: Mapping[str, str] | None = None) -> bool:
    """Record the effective configuration unless the last such record tells the same; whether it was recorded.

    Of secrets only whether they are set and whether they changed is told. Raises InvalidVariable.
    """
    values, secrets = _values(environ), _secrets(environ)
    before = latest_of(EVENT)
    told: Mapping[str, Any] = before.data if before else {"values": values, "secret_codes": []}
    changed = _changed(told["values"], values)
    states = _states(dict(told["secret_codes"]), secrets, hmac_keys().get(before.key_id, "") if before else "")
    if before and not changed and _AS_BEFORE.issuperset(states.values()):
        return False
    own = hmac_key()[1]
    codes = [[name, secret_code(own, name, text)] for name, text in secrets.items() if text]
    record(event=EVENT, data={"changed": changed, "secrets": states, "values": values, "secret_codes": codes})
    return True


def _values(environ: Mapping[str, str] | None) -> dict[str, Any]:
    """What isn't secret, as the ledger keeps it: redacted, numbers with a fraction as text."""
    values = {name: env.read(name, environ) for name, variable in env.VARIABLES.items() if not variable.secret}
    told = {name: f"{value:g}" if isinstance(value, float) else value for name, value in values.items()}
    redacted: dict[str, Any] = redact_data(told).data
    return redacted


def _secrets(environ: Mapping[str, str] | None) -> dict[str, str]:
    """The text of each secret; empty where it isn't set."""
    values = {name: env.read(name, environ) for name, variable in env.VARIABLES.items() if variable.secret}
    return {name: ",".join(value) if isinstance(value, list) else value or "" for name, value in values.items()}


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    names = sorted(before.keys() | now.keys())
    return {
        name: {"from": before.get(name), "to": now.get(name)} for name in names if before.get(name) != now.get(name)
    }


def _states(codes: Mapping[str, str], secrets: Mapping[str, str], key: str) -> dict[str, str]:
    """``set``, ``unset``, ``changed``, ``unchanged`` or ``removed`` for each secret, by the codes of the last record."""
    states = {}
    for name, text in secrets.items():
        if not text:
            states[name] = "removed" if name in codes else "unset"
        elif name not in codes:
            states[name] = "set"
        else:
            states[name] = "unchanged" if codes[name] == secret_code(key, name, text) else "changed"
    return states
