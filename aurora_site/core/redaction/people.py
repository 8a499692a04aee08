"""What tells of a person: e-mail addresses, cards, bank accounts, national numbers, telephone numbers."""

from __future__ import annotations

import re

from aurora_site.core.redaction import check_digits as check
from aurora_site.core.redaction.kind import IDENTIFIER, Finder, Finding, finder

_GAP = r"[ .\u00a0\u2009\u202f-]"
# Lengths of account numbers by country, of the registry of ISO 13616.
_IBAN_LENGTHS = {
    15: "NO", 16: "BE", 18: "DK|FI|FO|GL|NL|SD", 19: "MK|SI", 20: "AT|BA|EE|KZ|LT|LU|MN|XK", 21: "CH|CR|HR|LI|LV",
    22: "BG|BH|DE|GB|GE|IE|ME|RS|VA", 23: "AE|GI|IL|IQ|OM|SO|TL", 24: "AD|CZ|ES|MD|PK|RO|SA|SE|SK|TN|VG", 25: "LY|PT|ST",
    26: "IS|TR", 27: "BI|DJ|FR|GR|IT|MC|MR|SM", 28: "AL|AZ|BY|CY|DO|GT|HU|LB|NI|PL|SV", 29: "BR|EG|PS|QA|UA", 30: "JO|KW|MU",
    31: "MT|SC", 32: "LC", 33: "RU",
}  # fmt: skip
_IBAN = "|".join(
    rf"(?:{countries})\d\d(?:[ \u00a0-]?[A-Z0-9]){{{length - 4}}}" for length, countries in _IBAN_LENGTHS.items()
)
# The first digits of Visa, Mastercard, Maestro, Discover and UnionPay, JCB; then American Express and Diners.
_ISSUER = r"(?:4\d{3}|5[0-8]\d\d|2[2-7]\d\d|6\d{3}|35\d\d)"
_CARD = (
    rf"(?:{_ISSUER}{_GAP}\d{{4}}{_GAP}\d{{4}}{_GAP}\d{{4}}|3[0-9]\d\d{_GAP}\d{{6}}{_GAP}\d{{4,5}}"
    rf"|{_ISSUER}\d{{12}}|(?:4\d{{3}}|62\d\d)\d{{15}}|4\d{{12}}|3[47]\d{{13}}|3[0689]\d{{12}})(?!\w)"
)
_EMAIL = (
    r"(?<![\w.%+-])(?!git@)[\w.%+-][\w.%+'-]{0,127}@(?:[\w-]{1,63}\.){1,6}"
    r"(?!(?:png|jpe?g|gif|svg|webp|ico)\b)(?:[^\W\d_]{2,24}|xn--[a-z0-9-]{2,59})(?!\w|[.-][A-Za-z0-9.-]{1,100}_)"
)


_BETWEEN = r"[ ()./\u00a0-]"
# What stands behind no letter, digit or point, by the name of its group; the first that fits is checked.
_NUMBERS = {
    "iban": (rf"(?:{_IBAN})(?![A-Za-z0-9])", Finding("iban", check.iban)),
    "card": (_CARD, Finding("card", check.card)),
    "phone_abroad": (rf"\+[1-9]\d{{0,2}}{_BETWEEN}{{0,3}}(?:\d{_BETWEEN}{{0,3}}){{5,12}}\d(?!\w)", Finding("phone")),
}
# The same behind no hyphen either: national numbers, and telephone numbers in the groups of their country.
_GROUPED = {
    # No check digit, but a shape of its own.
    "id_us": (r"(?!000|666)\d{3}-(?!00)\d\d-(?!0000)\d{4}", None),
    "id_gb": (r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]", None),
    "id_cn": (r"[1-9]\d{5}(?:18|19|20)\d{9}[\dX]", check.chinese),
    "id_fr": (r"[12] ?\d\d ?\d\d ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d", check.nir),
    "id_it": (r"[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z]", check.codice_fiscale),
    "id_be": (r"\d\d\.\d\d\.\d\d-\d{3}\.\d\d", check.belgian),
    "id_kr": (r"\d{6}-[1-8]\d{6}", check.korean),
    "id_north": (r"(?:\d\d)?\d{6}[-+]\d{4}|\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]", check.swedish_or_finnish),
    "id_no": (r"\d{6} ?\d{5}", check.norwegian),
    "id_es": (r"(?:\d{8}|[XYZ]-?\d{7})-?[A-Z]", check.dni),
    "id_ch": (r"756\.\d{4}\.\d{4}\.\d\d", check.ahv),
    "id_br": (r"\d{3}\.\d{3}\.\d{3}-\d\d", check.cpf),
    "id_in": (r"(?<!\d )[2-9]\d{3}[ -]\d{4}[ -]\d{4}(?! \d)", check.aadhaar),
}
_PHONES = (
    rf"00 ?[1-9]\d{{0,2}}{_BETWEEN}{{1,2}}(?:\d{_BETWEEN}{{0,2}}){{5,12}}\d",
    r"\([2-9]\d\d\) ?[2-9]\d\d[-. ]\d{4}|[2-9]\d\d-[2-9]\d\d-\d{4}|[2-9]\d\d\.[2-9]\d\d\.\d{4}",
    r"(?:\(?0[1-9]\d{2,3}\)? \d{3} ?\d{3,4}|\(?02\d\)? \d{4} ?\d{4}|07\d{3} ?\d{6})(?! ?\d)",
    r"(?<!\d )0[1-9](?:(?: \d\d){4}|(?:\.\d\d){4})(?![ .]\d)",
)


def _numbers() -> Finder:
    anywhere = "|".join(rf"(?P<{name}>{pattern})" for name, (pattern, _) in _NUMBERS.items())
    grouped = "|".join(rf"(?P<{name}>{pattern})(?![\w-])" for name, (pattern, _) in _GROUPED.items())
    phones = rf"(?P<phone>{'|'.join(_PHONES)})(?![\w-])"
    pattern = rf"(?<!\w)(?:{IDENTIFIER}|(?<!\.)(?:{anywhere}|(?<!-)(?:{grouped}|{phones})))"
    findings = {name: finding for name, (_, finding) in _NUMBERS.items()}
    findings |= {name: Finding("national-id", holds) for name, (_, holds) in _GROUPED.items()}
    return Finder(re.compile(pattern), findings | {"phone": Finding("phone")})


# What is a person's where the text says so: a name, then a number.
_LABELLED_ID = (
    r"\b(?:ssn|sin|bsn|cpf|cpr|nino|pesel|tfn|itin|nif|rut|curp|aadhaar|pps|svnr|ahv|oib|egn|cnp|steuer-?id(?:nr)?|idnr"
    r"|social (?:security|insurance)|national (?:id|insurance|identity)|tax(?:payer)? (?:id|file)(?:entification)?"
    r"|identity card|id card|personalausweis|passport|personnummer|fødselsnummer|driver'?s? licen[cs]e|driving licen[cs]e)"
    r"(?: (?:number|no|nr|num))?\.?\s{0,3}(?:[:=#]|is|ist)?\s{0,3}#?"
    r"(?P<value>(?=(?:[A-Z./ -]{0,3}\d){6})[A-Z]{0,3} ?\d[A-Z0-9]{0,14}(?:[./ -](?=[A-Z]{0,3}\d)[A-Z0-9]{1,9}){0,6})\b"
)
_LABELLED_PHONE = (
    r"\b(?:phone|telephone|tel|mobile|fax|handy|telefon|téléphone|tél|whatsapp|rufnummer)(?: (?:number|no|nr))?"
    rf"\.?\s{{0,3}}(?:[:#=]|is|ist)?\s{{0,3}}(?P<value>\(?\d(?:{_BETWEEN}{{0,2}}\d){{6,14}})(?!\w)"
)

EMAIL = finder("email", re.compile(_EMAIL), "@")
NUMBERS = (
    _numbers(),
    finder("national-id", re.compile(_LABELLED_ID, re.IGNORECASE)),
    finder("phone", re.compile(_LABELLED_PHONE, re.IGNORECASE)),
)
