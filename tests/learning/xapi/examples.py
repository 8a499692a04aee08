"""Statements of every kind that the standard describes, after its own examples (xAPI 1.0.3, part 2, appendix A)."""

ADL = "http://adlnet.gov/expapi/verbs/"
ANN = {"objectType": "Agent", "name": "Ann", "mbox": "mailto:ann@example.com"}
BOB = {"account": {"homePage": "https://directory.example.com/", "name": "1625378"}}
COURSE = {"objectType": "Activity", "id": "https://example.com/courses/kubernetes"}


def verb(name):
    return {"id": ADL + name, "display": {"en-GB": name, "de": f"hat {name}"}}


def interaction(kind, **parts):
    definition = {"type": "http://adlnet.gov/expapi/activities/cmi.interaction", "interactionType": kind, **parts}
    return {
        "actor": ANN,
        "verb": verb("answered"),
        "object": {"id": f"https://example.com/questions/{kind}", "definition": definition},
        "result": {"response": "a[,]b", "success": True},
    }


CHOICES = [{"id": "golf", "description": {"en-US": "Golf Example"}}, {"id": "tetris"}]

STATEMENTS = {
    "simple": {"actor": ANN, "verb": verb("experienced"), "object": COURSE},
    "bare": {
        "actor": {"mbox": "mailto:xapi@adlnet.gov"},
        "verb": {"id": ADL + "created"},
        "object": {"id": "http://example.adlnet.gov/xapi/example/activity"},
    },
    "completion": {
        "actor": ANN,
        "verb": verb("completed"),
        "object": COURSE,
        "result": {"completion": True, "success": True, "response": "well…", "duration": "PT1H30M12.5S"},
    },
    "score": {
        "actor": ANN,
        "verb": verb("scored"),
        "object": COURSE,
        "result": {"score": {"scaled": 0.95, "raw": 9.5, "min": 0, "max": 10}},
    },
    "progress": {
        "actor": ANN,
        "verb": verb("progressed"),
        "object": COURSE,
        "result": {
            "extensions": {
                "https://w3id.org/xapi/cmi5/result/extensions/progress": 40,
                "http://example.com/nothing": None,
                "http://example.com/deep": {"list": [1, 2.5, {"null": None}]},
            }
        },
    },
    "hashed actor": {
        "actor": {"mbox_sha1sum": "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"},
        "verb": verb("attempted"),
        "object": COURSE,
    },
    "open id": {"actor": {"openid": "http://toby.openid.example.org/"}, "verb": verb("attempted"), "object": COURSE},
    "group": {
        "actor": {
            "objectType": "Group",
            "name": "Team PB",
            "mbox": "mailto:teampb@example.com",
            "member": [ANN, BOB, {"objectType": "Agent", "openid": "http://toby.openid.example.org/"}],
        },
        "verb": verb("attended"),
        "object": COURSE,
    },
    "anonymous group": {
        "actor": {"objectType": "Group", "member": [ANN, BOB]},
        "verb": verb("attended"),
        "object": COURSE,
    },
    "reference": {
        "actor": ANN,
        "verb": verb("commented"),
        "object": {"objectType": "StatementRef", "id": "8f87ccde-bb56-4c2e-ab83-44982ef22df0"},
        "result": {"response": "Wow, nice work!"},
    },
    "sub-statement": {
        "actor": ANN,
        "verb": {"id": "http://example.com/planned", "display": {"en-US": "planned"}},
        "object": {
            "objectType": "SubStatement",
            "actor": ANN,
            "verb": {"id": "http://example.com/visited", "display": {"en-US": "will visit"}},
            "object": {"id": "http://example.com/website", "definition": {"name": {"en-US": "Some Awesome Website"}}},
            "context": {"platform": "web", "instructor": BOB},
            "timestamp": "2026-01-06T10:00:00+01:00",
        },
    },
    "about an agent": {"actor": ANN, "verb": verb("interacted"), "object": {**BOB, "objectType": "Agent"}},
    "about a group": {
        "actor": ANN,
        "verb": verb("interacted"),
        "object": {"objectType": "Group", "account": {"homePage": "http://example.com", "name": "group"}},
    },
    "true-false": interaction("true-false", correctResponsesPattern=["true"]),
    "choice": interaction("choice", correctResponsesPattern=["golf[,]tetris"], choices=CHOICES),
    "fill-in": interaction("fill-in", correctResponsesPattern=["Bob's your uncle"]),
    "long-fill-in": interaction("long-fill-in", correctResponsesPattern=["{case_matters=false}{lang=en}To store."]),
    "likert": interaction("likert", correctResponsesPattern=["likert_3"], scale=CHOICES),
    "matching": interaction("matching", correctResponsesPattern=["ben[.]3"], source=CHOICES, target=CHOICES),
    "performance": interaction("performance", correctResponsesPattern=["pong[.]1:"], steps=CHOICES),
    "sequencing": interaction("sequencing", correctResponsesPattern=["tim[,]mike"], choices=CHOICES),
    "numeric": interaction("numeric", correctResponsesPattern=["4[:]"]),
    "other": interaction("other", correctResponsesPattern=["(35.937432,-86.868896)"]),
    "context": {
        "actor": ANN,
        "verb": verb("attended"),
        "object": {
            "id": "http://www.example.com/meetings/occurances/34534",
            "definition": {
                "extensions": {"http://example.com/profiles/meetings/activitydefinitionextensions/room": {"name": "K"}},
                "name": {"en-GB": "example meeting", "zh-Hans": "例会", "sr-Latn-RS": "sastanak"},
                "description": {"en-GB": "An example meeting", "de-DE-1996": "Ein Treffen"},
                "type": "http://adlnet.gov/expapi/activities/meeting",
                "moreInfo": "http://virtualmeeting.example.com/345256",
            },
        },
        "context": {
            "registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7",
            "instructor": {"name": "Andrew", "objectType": "Agent", **BOB},
            "team": {"name": "Team PB", "mbox": "mailto:teampb@example.com", "objectType": "Group"},
            "contextActivities": {
                "parent": [{"id": "http://www.example.com/meetings/series/267", "objectType": "Activity"}],
                "grouping": {"id": "http://www.example.com/meetings/grouping"},
                "category": [{"id": "http://www.example.com/meetings/categories/teammeeting"}],
                "other": [{"id": "http://www.example.com/meetings/occurances/34257"}, {"id": "urn:isbn:1234"}],
            },
            "revision": "2",
            "platform": "Example virtual meeting software",
            "language": "tlh",
            "statement": {"objectType": "StatementRef", "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"},
            "extensions": {"http://example.com/weather": "fine"},
        },
        "timestamp": "2026-01-05T09:30:00.123456+05:30",
    },
    "attachment": {
        "actor": ANN,
        "verb": verb("completed"),
        "object": COURSE,
        "attachments": [
            {
                "usageType": "http://adlnet.gov/expapi/attachments/certificate",
                "display": {"en-US": "A certificate"},
                "description": {"en-US": "It says who"},
                "contentType": "application/pdf",
                "length": 4096,
                "sha2": "495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a",
                "fileUrl": "https://example.com/certificate.pdf",
            }
        ],
    },
    "whole": {
        "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
        "actor": BOB,
        "verb": verb("passed"),
        "object": COURSE,
        "version": "1.0.0",
        "timestamp": "2026-01-05T09:30:00Z",
        "stored": "2020-01-01T00:00:00Z",
        "authority": {"mbox": "mailto:lrs@example.com"},
    },
}
