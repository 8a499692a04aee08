"""Words that a text may hold whatever it is about: what sentences begin with, what joins them, what counts and when."""

from __future__ import annotations


def word_list(text: str) -> list[str]:
    """The words of a text that spaces part."""
    return text.split()


def word_set(text: str) -> frozenset[str]:
    """The same as a set."""
    return frozenset(text.split())


UNITS_TO_TWENTY = word_list(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
TENS = dict(zip(word_list("twenty thirty forty fifty sixty seventy eighty ninety"), range(20, 100, 10), strict=True))
NUMBERS = {word: number for number, word in enumerate(UNITS_TO_TWENTY)} | TENS
LARGE = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "dozen": 12}
ORDINALS = {
    word: number
    for number, word in enumerate(
        word_list("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"), start=1
    )
}
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"), ("may",), ("june", "jun"),
            ("july", "jul"), ("august", "aug"), ("september", "sept", "sep"), ("october", "oct"),
            ("november", "nov"), ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}  # fmt: skip
WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            ("monday", "mon"), ("tuesday", "tues", "tue"), ("wednesday", "wed"), ("thursday", "thurs", "thur", "thu"),
            ("friday", "fri"), ("saturday", "sat"), ("sunday", "sun"),
        )
    )
    for name in names
}  # fmt: skip
# What a number may be a number of; plural and short forms lead to one.
UNITS = {
    "day": "day", "days": "day", "d": "day", "week": "week", "weeks": "week", "wk": "week", "month": "month",
    "months": "month", "year": "year", "years": "year", "hour": "hour", "hours": "hour", "h": "hour", "hr": "hour",
    "hrs": "hour", "minute": "minute", "minutes": "minute", "min": "minute", "mins": "minute", "%": "%",
    "percent": "%", "item": "item", "items": "item", "task": "item", "tasks": "item", "skill": "skill",
    "skills": "skill", "milestone": "milestone", "milestones": "milestone", "review": "review", "reviews": "review",
    "resource": "resource", "resources": "resource", "course": "course", "courses": "course", "freeze": "freeze",
    "freezes": "freeze", "project": "project", "projects": "project", "part": "part", "parts": "part",
    "version": "version", "versions": "version",
}  # fmt: skip
# Words that say where a person or a plan stands. They count with their negation.
STANDING = word_set(
    "ahead behind overdue late early earlier later sooner on-track track finished finish done complete completed "
    "skipped started passed failed feasible infeasible possible impossible reached fits fit enough mastered "
    "expired missed postponed cancelled canceled dropped removed added extended shortened guaranteed certified "
    "promoted approved"
)
NEGATIONS = word_set(
    "not no never without hardly barely cannot can't isn't aren't wasn't weren't won't don't doesn't didn't haven't "
    "hasn't hadn't couldn't wouldn't shouldn't nothing none nobody"
)
# Words that count without a numeral.
AMOUNTS = word_set(
    "half quarter twice double doubled triple thrice couple pair dozen dozens"
    " hundreds thousands all none most everything "
    "nothing majority zero entire entirely fully"
)
# Words that date without a date.
RELATIVE_DAYS = word_set(
    "today tomorrow yesterday tonight fortnight weekend weekends weekday weekdays daily weekly monthly"
)
COMMON = word_set(
    "a about above across after again against along already also although always am among an and another any "
    "anything are around as ask asks at away back balance based be because become been before begin begins being "
    "below best better between big both bring brings build builds building but by called came can change changes "
    "clear come comes coming come could day days did different do does doing down due during each easier easy "
    "either else end ends even every everyone everything exactly explain far few find first fit focus follow "
    "follows for forward from front full further gap get gets getting give gives giving go goal goals goes going "
    "good great grow had has have having help helps here hour hours how however i if in instead into is isn't it "
    "item items its itself just keep keeps kind know known last later lead leads learn learning least leave "
    "leaves left less let level like little live long look looks lot make makes making many matter matters may "
    "mean means might minute minutes more moves much must my need needed needs never new next no nor not now of "
    "off often old on once one ones only open opens or other others our out over own pace part parts pick piece "
    "pieces place plan planned plans please point possible practice practise prepare put quite rather reach "
    "reaches read ready really reason rest rests review right role room same say says schedule second see set "
    "shape short should show shows since skill skills small so solid some something soon stand start starts stay "
    "stays step steps still study such sure take takes task tasks teach teaches than that that's the their them "
    "then there there's these they they're thing things think third this those though three through time to "
    "together too toward towards track try turn two under until up us use used useful uses using very want was "
    "way we week weeks well were what when where whether which while who whole why will with within without won't "
    "work works worth would yes yet you you'll you're you've your yours well-placed isn't aren't don't doesn't "
    "it's let's here's"
)
# What sentences may begin with although the facts don't say it; names must not pass for one of these.
OPENERS = COMMON | word_set(
    "additionally afterwards altogether briefly certainly congratulations consider continue currently finally "
    "firstly fortunately good great hello hi importantly inside key meanwhile moreover nice nicely note notably "
    "overall otherwise perfect putting remember secondly simply sticking summary taking thanks therefore thus "
    "ultimately understanding unfortunately welcome working"
)
