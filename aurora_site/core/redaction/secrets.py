"""What secrets look like: keys of well-known vendors, tokens, passwords in addresses, headers and assignments.

In each pattern the group ``value``, where there is one, is what is taken out; the rest stays. A repetition that may be
long is possessive or stops at what begins the pattern, so that a search never reads the same text twice.
"""

from __future__ import annotations

import re

from aurora_site.core.redaction.kind import NOT_MARKED, finder

# What stands behind "password:" in a sentence, a form or a program without being one.
_WORDS = (
    "required|optional|expired|invalid|missing|incorrect|wrong|changed|unchanged|unset|empty|never|none|null|true|false|nil"
    "|undefined|reset|rotated|revoked|redacted|hidden|must|should|shall|will|cannot|your|their|this|that|these|with|from"
    "|stored|kept|minimum|maximum|length|string|bytes|added|removed|present|absent|default|configured|protected"
    "|authentication|authorization|bearer|basic|token|digest|apikey"
)
_PLACEHOLDER = (
    rf"(?:(?:{_WORDS})(?![\w-])|\$\{{?[a-z_]{{1,64}}\}}?(?![\w-])|<[a-z _-]{{1,64}}>|\{{\{{?[a-z_ .:]{{1,64}}\}}"
    r"|[*•x.…]{3,}(?!\w)|(?-i:[A-Z]{2,20}(?:_[A-Z0-9]{1,20}){1,6})(?![\w-])|os\.environ)"
)
_NOT_SAID = rf"{NOT_MARKED}(?!{_PLACEHOLDER})"
_NAME = (
    r"(?:password|passwd|passphrase|passcode|(?<![A-Za-z0-9])(?:pwd|pw|pass(?=\s{0,3}=))|secret|token|credentials?"
    r"|(?:api|access|private|secret|account|hmac|signing|encryption|auth|master|shared)[_ -]?key)(?:_base)?"
)
_BARE = r"[^\s\"'&,;}\])<>`]"
_SCHEME = r"(?:(?:bearer|basic|token|digest|apikey)\s{1,3})"

_ASSIGNED = re.compile(
    rf"{_NAME}(?:\\?[\"'`])?\s{{0,3}}(?:=>|:=|[=:])\s{{0,3}}(?P<quote>\\?[\"'`])?"
    rf"{_NOT_SAID}(?P<value>(?(quote)[^\"'`\\\r\n]{{1,300}}|{_BARE}{{4,}}))",
    re.IGNORECASE,
)
_OPTION = re.compile(
    rf"(?<![\w-])--(?:[a-z]+-)?(?:password|passphrase|token|secret|api-key)\s{{1,3}}[\"']?{_NOT_SAID}(?P<value>{_BARE}{{4,}})"
    rf"|(?<!\S)(?:-u|--user)\s{{1,3}}[\"']?[^\s:\"']{{1,64}}:{_NOT_SAID}(?P<login>[^\s\"']{{3,}})",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"\b(?:password|passphrase|passcode|pwd|pin|token|secret|api[ _-]?key)\s{1,3}(?:is|was|ist)\s{1,3}[\"'`]?"
    rf"{_NOT_SAID}(?=[^\s\"'`]{{0,60}}?(?:\d|[!@#$%^&*+=]\w))(?P<value>[^\s\"'`]{{4,}})"
    r"|\bPIN(?:\s(?:code|number))?\s{0,3}[=:]\s{0,3}(?P<pin>\d{4,12})\b",
    re.IGNORECASE,
)
_HEADER = re.compile(
    rf"authorization[\"']?\s{{0,3}}[=:]\s{{0,3}}[\"']?{_SCHEME}?+{_NOT_SAID}(?P<value>[^\s\"',;]{{4,}})"
    rf"|\b{_SCHEME}{_NOT_SAID}(?=\S{{0,64}}?\d|\S{{20}})(?P<credentials>[A-Za-z0-9._~+/=-]{{8,}})"
    rf"|\bcookie[\"']?\s{{0,3}}:\s{{0,3}}[\"']?{NOT_MARKED}(?P<cookie>[\w.-]{{1,64}}=[^\r\n\"']++)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    rf"(?<![A-Za-z0-9+.-])[a-z][a-z0-9+.-]{{1,20}}://[^\s:/@?#]{{0,200}}:{_NOT_SAID}(?P<value>[^\s/?#]{{1,200}})@",
    re.IGNORECASE,
)
_IN_PATH = re.compile(
    rf"/api/webhooks/[^/\s\"'?]{{1,64}}/{NOT_MARKED}(?P<value>[^/\s\"'?{{}}<>\[]{{4,}})"
    rf"|/calendars/learning/{NOT_MARKED}(?P<calendar>[^/\s\"'?{{}}<>\[]{{4,}})"
    rf"|hooks\.slack\.com/(?:services|workflows)/{NOT_MARKED}(?P<hook>[^\s\"'<>)\]]{{8,}})"
    rf"|[?&](?:ticket|sig|signature|x-amz-signature|x-amz-credential|x-amz-security-token)={NOT_MARKED}"
    r"(?P<ticket>[^\s&\"'#\[\]]{6,})",
    re.IGNORECASE,
)
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(?:(?!-----)[\s\S]){0,16000}-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----|[A-Za-z0-9+/=\s\\]{0,16000}+)"
)
_WEB_TOKEN = re.compile(r"(?<![\w-])eyJ[\w-]{8,}+\.[\w-]{8,}+\.[\w-]*+(?:\.[\w-]++){0,2}")
# Letters and digits mixed, or long without a break: what stands behind a vendor's prefix and is no word.
_RANDOM = r"(?=[A-Za-z0-9_-]{0,64}?\d|[A-Za-z0-9]{16})[A-Za-z0-9_-]{16,}+"
_VENDOR_KEY = re.compile(
    rf"\b(?:sk[-_](?:live_|test_|proj-|ant-)?|[pr]k_(?:live|test)_|aur_|gh[opsur]_|github_pat_|gl(?:pat|ptt|dt|rt|soat)-|xox[abeoprs]-"
    rf"|xapp-|whsec_|npm_|pypi-|hf_|do[opr]_v1_|shp(?:at|ca|pa|ss)_|lin_api_|sntry[su]_|glsa_|glc_|hv[bsr]\.|NRAK-|HRKU-"
    rf"|dapi(?=[0-9a-f]{{32}})|GOCSPX-|ya29\.|key-(?=[0-9a-f]{{32}}\b)|tfp_|rnd_|figd_|dckr_pat_|ATATT3|sq0atp-|r8_|gsk_|pplx-){_RANDOM}"
    r"|\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_-]{35}(?![\w-])|\bSG\.[\w-]{16,}+\.[\w-]{16,}+"
    r"|\b\d{8,10}:AA[A-Za-z0-9_-]{33}(?![\w-])"
)

PRIVATE_KEYS = finder("private-key", _PRIVATE_KEY, "private key")
# A text without so many of these in a row has no vendor's key in it.
LONG_RUN = re.compile(r"[A-Za-z0-9_.:-]{16}")
VENDOR_KEYS = finder(
    "key", _VENDOR_KEY,
    "sk-", "sk_", "pk_", "rk_", "aur_", "gho_", "ghp_", "ghs_", "ghu_", "ghr_", "_pat_", "glpat-", "glptt-", "gldt-", "glrt-",
    "glsoat-", "xox", "xapp-", "whsec_", "npm_", "pypi-", "hf_", "_v1_", "shpat_", "shpca_", "shppa_", "shpss_", "lin_api_",
    "sntry", "glsa_", "glc_", "hvb.", "hvs.", "hvr.", "nrak-", "hrku-", "dapi", "gocspx-", "ya29.", "key-", "tfp_", "rnd_",
    "figd_", "atatt3", "sq0atp-", "r8_", "gsk_", "pplx-", "akia", "asia", "abia", "acca", "aiza", "sg.", ":aa",
)  # fmt: skip
_PATHS = ("/webhooks/", "/calendars/", "slack.com/", "ticket=", "sig=", "signature=", "-credential=", "-token=")
SECRETS = (
    finder("secret", _ADDRESS, "://"),
    finder("token", _IN_PATH, *_PATHS),
    finder("token", _WEB_TOKEN, "eyj"),
    finder("secret", _HEADER, "authorization", "bearer", "basic", "token ", "digest", "apikey ", "cookie"),
    finder("secret", _OPTION, "--", "-u "),
    finder("secret", _ASSIGNED, "pass", "pw", "secret", "token", "credential", "key"),
    finder("secret", _SAID, "pass", "pw", "pin", "token", "secret", "key"),
)
# Whether a text in lower case has any of their triggers: one search instead of many.
ANY_TRIGGER = re.compile("|".join(sorted({re.escape(word) for each in SECRETS for word in each.triggers})))
