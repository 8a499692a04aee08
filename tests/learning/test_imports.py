"""Files of skills, roles, resources and progress: all of each or nothing, and the same again changes nothing."""

import hashlib
import io
import json
from itertools import pairwise

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from audit.models import Record
from aurora_site.accounts.models import Organization
from learning.errors import UnreadableImport
from learning.imports.durations import minutes_from
from learning.models import (
    Completion,
    Evidence,
    Mastery,
    Resource,
    ResourceSkill,
    Role,
    RoleSkill,
    Skill,
    SkillPrerequisite,
)
from learning.services.imports import file_import
from tests.factories.accounts import member_factory, organization_factory
from tests.factories.learning import LearnerFactory, ResourceFactory, SkillFactory

pytestmark = pytest.mark.django_db
PATH = "/api/v1/learning/imports"


@pytest.fixture
def organization():
    return organization_factory()


@pytest.fixture
def load(organization):
    def load(kind, text, form="csv", **options):
        content = text if isinstance(text, bytes) else text.encode()
        return file_import(
            organization_id=organization.pk, actor_id="", kind=kind, content=content, form=form, **options
        )

    return load


def refused(load, kind, text, form="csv"):
    """What is said of each line."""
    with pytest.raises(UnreadableImport) as caught:
        load(kind, text, form)
    return [(row["line"], row["field"], row["reason"]) for row in caught.value.rows] or str(caught.value)


def skills():
    return {
        skill.key: (
            skill.name,
            skill.description,
            sorted(link.prerequisite.key for link in skill.prerequisite_links.all()),
        )
        for skill in Skill.objects.all()
    }


def resources():
    fields = ("key", "title", "url", "kind", "level", "minutes", "rating", "offered")
    return {row[0]: row[1:] for row in Resource.objects.values_list(*fields)}


def gains():
    return sorted(ResourceSkill.objects.values_list("resource__key", "skill__key", "gain"))


def counts(imported):
    return dict(imported.created), dict(imported.updated), dict(imported.unchanged)


def records():
    rows = Record.objects.filter(event="learning.imported").order_by("id")
    return [json.loads(bytes(row.body))["data"] for row in rows]


SKILLS = "key,name,description,prerequisites,external_refs\nlinux,Linux,,,\nk8s,Kubernetes,Pods,linux|docker,esco:http://a/b\ndocker,Docker,,linux,\n"


# Skills


def test_skills_come_with_what_is_before_them(load):
    imported = load("skills", SKILLS)

    assert counts(imported) == ({"skills": 3, "prerequisites": 3}, {}, {})
    assert skills() == {
        "linux": ("Linux", "", []),
        "k8s": ("Kubernetes", "Pods", ["docker", "linux"]),
        "docker": ("Docker", "", ["linux"]),
    }
    assert Skill.objects.get(key="k8s").external_refs == [{"scheme": "esco", "identifier": "http://a/b"}]
    assert records() == [
        {
            "kind": "skills",
            "sha256": hashlib.sha256(SKILLS.encode()).hexdigest(),
            "rows": 3,
            "created": {"prerequisites": 3, "skills": 3},
            "updated": {},
            "unchanged": {},
        }
    ]


def test_the_same_file_again_changes_nothing(load):
    load("skills", SKILLS)
    before = skills()

    assert counts(load("skills", SKILLS)) == ({}, {}, {"skills": 3})
    assert skills() == before


def test_a_column_that_is_missing_leaves_what_is_there(load):
    load("skills", SKILLS)

    changed = load("skills", "key,name\nk8s,K8s\n")

    assert counts(changed) == ({}, {"skills": 1}, {})
    assert skills()["k8s"] == ("K8s", "Pods", ["docker", "linux"])
    load("skills", "key,prerequisites,description\nk8s,docker,\n")
    assert skills()["k8s"] == ("K8s", "", ["docker"])


def test_a_circle_is_named_with_its_lines(load):
    load("skills", "key,name,prerequisites\na,A,\n")

    text = "key,name,prerequisites\nb,B,a\nc,C,b\nd,D,c\na,A,d\n"

    ((line, field, reason),) = refused(load, "skills", text)

    assert (line, field) == (2, "prerequisites")
    circle, _, rest = reason.removeprefix("These go round: ").partition(" (")
    assert rest == "lines 2, 3, 4, 5). Take one out."
    keys = circle.split(" needs ")
    assert keys[0] == keys[-1]
    assert set(pairwise(keys)) == {("b", "a"), ("c", "b"), ("d", "c"), ("a", "d")}
    assert set(skills()) == {"a"}
    assert not SkillPrerequisite.objects.exists()


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        (",,,", None, None),
        ("a key,Name,,", "key", "Give letters, digits, hyphens and underscores, such as a-key."),
        ("x,,,", "name", "This is missing; a new skill needs it."),
        ("x,X,missing,", "prerequisites", "There is no skill missing, neither here nor in the file."),
        ("first,X,,", "key", "first is there already, at line 2."),
        ("x,X,x,", "prerequisites", "These go round: x needs x. Take one out."),
        (f"x,{'n' * 201},,", "name", "Give at most 200 characters; these are 201."),
        ("x,X,,no scheme", "external_refs", "Give scheme:identifier, such as esco:http://data.europa.eu/esco/skill/1."),
        ('x,"two\nlines",,', "name", "Give one line of text."),
        ("x,nul\x00l,,", "name", "Null characters and unpaired surrogates are not allowed."),
        ("x,X,,,,,more", "", "It has 7 cells, the header 4. Is a quote missing?"),
    ],
)
def test_rows_are_refused_with_line_field_and_what_to_do(load, row, field, reason):
    text = f"key,name,prerequisites,external_refs\nfirst,First,,\n{row}\n"

    if field is None:
        assert load("skills", text).rows == 1
        return
    assert refused(load, "skills", text) == [(3, field, reason)]
    assert not Skill.objects.exists()
    assert records() == []


def test_every_bad_line_is_told_up_to_a_hundred(load):
    text = "key,name\n" + "".join(f"k {number},N\n" for number in range(150))

    with pytest.raises(UnreadableImport) as caught:
        load("skills", text)

    assert [row["line"] for row in caught.value.rows] == list(range(2, 102))
    assert caught.value.count == 150
    assert "149 more" in str(caught.value)


# Shapes of files


def test_files_of_spreadsheets_are_read(load):
    text = '\ufeffSkill Key;Name;Description\r\nlinux;"Linux; und ""mehr""";"first\r\nsecond"\r\n\r\nk8s;=1+1;+49\r\n'

    load("skills", text)

    assert skills() == {"linux": ('Linux; und "mehr"', "first\r\nsecond", []), "k8s": ("=1+1", "+49", [])}


def test_lines_are_those_of_the_file_after_quoted_line_breaks(load):
    text = 'key,name,description\na,A,"one\ntwo\n\nthree"\n\nb b,B,\n'

    assert refused(load, "skills", text) == [(7, "key", "Give letters, digits, hyphens and underscores, such as b-b.")]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "There is nothing in the file."),
        (b"\n\n", "There is nothing in the file."),
        (b"key,nome\na,A\n", "Line 1: there is no column nome; give key, name,"),
        (b"key,key\n", "Line 1: the column key is there twice."),
        (b"key,name\na,\xff\n", "The file isn't UTF-8 (line 2)."),
        ("key,name\n".encode("utf-16"), "The file is UTF-16."),
        (b'key,name\na,"' + b"x" * 20_000, "Line 2: a cell has more than 10,000 characters. Is a quote not closed?"),
        (b'key,name\na,"' + b"x" * 200_000, "Line 2: a cell has more than 10,000 characters. Is a quote not closed?"),
        (",".join(f"c{n}" for n in range(60)).encode(), "Line 1: give at most 50 columns."),
    ],
)
def test_what_is_no_table_is_refused(load, content, told):
    assert refused(load, "skills", content).startswith(told)


def test_json_says_the_same(load):
    text = json.dumps(
        {
            "skills": [
                {"key": "linux", "name": "Linux", "external_refs": [{"scheme": "esco", "identifier": "1"}]},
                {"key": "k8s", "name": "Kubernetes", "prerequisites": ["linux"]},
            ],
            "roles": [{"name": "SRE", "skills": {"linux": 0.8, "k8s": "60%"}}],
        }
    )

    imported = load("skills", text, "json")

    assert counts(imported)[0] == {"skills": 2, "prerequisites": 1, "roles": 1, "targets": 2}
    assert skills()["k8s"] == ("Kubernetes", "", ["linux"])
    assert sorted(RoleSkill.objects.values_list("role__name", "skill__key", "level")) == [
        ("SRE", "k8s", 0.6), ("SRE", "linux", 0.8),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "The file isn't JSON:"),
        ("[" * 100_000, "The JSON is nested too deeply."),
        ('{"skill": []}', 'Give a list of objects, or one as {"skills": […]}.'),
        ("[1]", [(1, "", "Give an object.")]),
        ('[{"key": "a", "name": "A"}, {"nome": 1}]', [(2, "nome", None)]),
        ('[{"key": "a", "name": ["A"]}]', [(1, "name", "Give text.")]),
        (
            '[{"key": "a", "name": "\\ud800"}]',
            [(1, "name", "Null characters and unpaired surrogates are not allowed.")],
        ),
    ],
)
def test_json_that_does_not_fit_is_refused(load, text, told):
    found = refused(load, "skills", text, "json")

    if isinstance(told, str):
        assert found.startswith(told)
    else:
        assert [(line, field) for line, field, _ in found] == [(line, field) for line, field, _ in told]
        assert all(reason in (None, found[0][2]) for _, _, reason in told)
    assert not Skill.objects.exists()


# Roles


def test_roles_ask_for_what_the_file_says(load):
    load("skills", SKILLS)
    text = "role,skill,level,description\nSRE,linux,0.8,Runs it\nSRE,k8s,60%,\nDev,docker,1,\n"

    assert counts(load("roles", text)) == ({"roles": 2, "targets": 3}, {}, {})
    assert counts(load("skills", text)) == ({}, {}, {"roles": 2, "targets": 3})
    assert counts(load("roles", "role,skill,level\nSRE,linux,0.5\n")) == ({}, {"targets": 1}, {"roles": 1})

    assert sorted(RoleSkill.objects.values_list("role__name", "skill__key", "level")) == [
        ("Dev", "docker", 1.0), ("SRE", "k8s", 0.6), ("SRE", "linux", 0.5),
    ]  # fmt: skip
    assert Role.objects.get(name="SRE").description == "Runs it"


def test_roles_that_can_not_be_are_refused(load):
    load("skills", SKILLS)
    text = "role,skill,level\nSRE,linux,0\nSRE,unknown,1\n,linux,1\nSRE,k8s,\nDev,k8s,85\nDev,linux,1\nDev,linux,1\n"

    assert [(line, field) for line, field, _ in refused(load, "roles", text)] == [
        (2, "level"), (3, "skill"), (4, "role"), (5, "level"), (6, "level"), (8, "skill"),
    ]  # fmt: skip
    assert not Role.objects.exists()


# The catalogue


def test_resources_come_with_what_they_teach(load):
    load("skills", SKILLS)
    text = (
        "key,title,url,kind,level,duration,rating,skills,offered\n"
        "intro,Intro,https://example.com/intro,video,Beginner,1h 30m,4.5,linux:0.3|k8s:20%,\n"
        "book,Book,,book,advanced,2400,,,no\n"
    )

    assert counts(load("catalog", text)) == ({"resources": 2}, {}, {})
    assert resources() == {
        "intro": ("Intro", "https://example.com/intro", "video", "beginner", 90, 4.5, True),
        "book": ("Book", "", "book", "advanced", 2400, None, False),
    }
    assert gains() == [("intro", "k8s", 0.2), ("intro", "linux", 0.3)]
    assert counts(load("catalog", text)) == ({}, {}, {"resources": 2})
    assert counts(load("catalog", "key,skills\nintro,linux:0.5\n")) == ({}, {"resources": 1}, {})
    assert gains() == [("intro", "linux", 0.5)]


def test_the_older_systems_catalogue_is_read(load):
    load("skills", SKILLS)
    text = "title,tags,url,duration,level\nDocker 101,docker|Linux|devops,https://example.com/d,3h,Beginner\n"

    imported = load("catalog", text)

    assert resources() == {"docker-101": ("Docker 101", "https://example.com/d", "course", "beginner", 180, None, True)}
    assert gains() == [("docker-101", "docker", 0.3), ("docker-101", "linux", 0.3)]
    assert imported.notes == ("Tags that name no skill were passed over (1): devops.",)
    assert counts(load("catalog", text)) == ({}, {}, {"resources": 1})


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("x,,https://example.com,course,beginner,60,4,", "title"),
        ("x,X,ftp://example.com,course,beginner,60,4,", "url"),
        ("x,X,javascript:alert(1),course,beginner,60,4,", "url"),
        ("x,X,,podcast,beginner,60,4,", "kind"),
        ("x,X,,course,guru,60,4,", "level"),
        ("x,X,,course,beginner,,4,", "minutes"),
        ("x,X,,course,beginner,2-3h,4,", "minutes"),
        ("x,X,,course,beginner,0,4,", "minutes"),
        ("x,X,,course,beginner,60,5.1,", "rating"),
        ("x,X,,course,beginner,60,nan,", "rating"),
        ("x,X,,course,beginner,60,4,linux", "skills"),
        ("x,X,,course,beginner,60,4,linux:2", "skills"),
        ("x,X,,course,beginner,60,4,unknown:0.1", "skills"),
        ("x,X,,course,beginner,60,4,linux:0.1|linux:0.2", "skills"),
        ("first,X,,course,beginner,60,4,", "key"),
    ],
)
def test_resources_that_can_not_be_are_refused(load, row, field):
    load("skills", SKILLS)
    header = "key,title,url,kind,level,minutes,rating,skills\nfirst,First,,course,beginner,60,,\n"

    assert [(line, name) for line, name, _ in refused(load, "catalog", f"{header}{row}\n")] == [(3, field)]
    assert resources() == {}


# Progress


@pytest.fixture
def scene(organization):
    """A learner, a resource that teaches a skill, and that skill."""
    learner = LearnerFactory(organization=organization, email="ann@example.com", name="u123")
    resource = ResourceFactory(organization=organization, key="intro", title="Security Basics")
    skill = SkillFactory(organization=organization, key="linux", name="Linux")
    ResourceSkill.objects.create(resource=resource, skill=skill, gain=0.4)
    return learner, resource, skill


def completions():
    fields = ("learner__email", "resource__key", "minutes", "score", "completed_at__date")
    return [(*row[:-1], row[-1].isoformat()) for row in Completion.objects.values_list(*fields)]


def seen():
    return sorted(Evidence.objects.values_list("skill__key", "kind", "value"))


def test_finished_resources_count_once(load, scene):
    text = "learner,resource,status,date,minutes,score\nANN@example.com,intro,Completed,2026-01-05,1h,50%\n"

    assert counts(load("progress", text)) == ({"completions": 1}, {}, {})
    assert completions() == [("ann@example.com", "intro", 60, 0.5, "2026-01-05")]
    assert seen() == [("linux", "resource_completed", 0.2)]
    mean = Mastery.objects.get().mean
    assert counts(load("progress", text)) == ({}, {}, {"completions": 1})
    assert counts(load("progress", text.replace("50%", "100%"))) == ({}, {"completions": 1}, {})
    assert seen() == [("linux", "resource_completed", 0.4)]
    assert Mastery.objects.get().mean > mean


def test_levels_of_skills_are_kept_by_kind_and_date(load, scene):
    text = (
        "learner,skill,kind,value,date\n"
        "ann@example.com,linux,quiz,0.8,2026-01-05\nann@example.com,Linux,self_assessment,0.5,2026-01-05\n"
    )

    assert counts(load("progress", text)) == ({"evidence": 2}, {}, {})
    assert seen() == [("linux", "quiz_result", 0.8), ("linux", "self_assessment", 0.5)]
    assert counts(load("progress", text)) == ({}, {}, {"evidence": 2})
    assert counts(load("progress", text.replace("0.8", "0.9"))) == ({}, {"evidence": 1}, {"evidence": 1})
    assert seen() == [("linux", "quiz_result", 0.9), ("linux", "self_assessment", 0.5)]
    assert Mastery.objects.count() == 1


def test_the_older_systems_courses_are_read(load, scene):
    text = (
        "user_id,course,status,due,attempts\nu123,Security Basics,Completed,2025-01-31,1\nu123,intro,In Progress,,0\n"
    )

    imported = load("progress", text)

    assert [row[:2] for row in completions()] == [("ann@example.com", "intro")]
    assert imported.notes == ("Rows of what isn't finished yet were passed over: 1.",)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("bob@example.com,intro,,,,", "learner"),
        (",intro,,,,", "learner"),
        ("ann@example.com,,,,,", "resource"),
        ("ann@example.com,unknown,,,,", "resource"),
        ("ann@example.com,,unknown,0.5,,", "skill"),
        ("ann@example.com,intro,linux,0.5,,", "skill"),
        ("ann@example.com,,linux,,,", "value"),
        ("ann@example.com,,linux,85,,", "value"),
        ("ann@example.com,intro,,,31.01.2026,", "date"),
        ("ann@example.com,intro,,,2999-01-01,", "date"),
        ("ann@example.com,intro,,,,long", "minutes"),
    ],
)
def test_progress_that_can_not_be_is_refused(load, scene, row, field):
    text = f"learner,resource,skill,value,date,minutes\n{row}\n"

    assert [(line, name) for line, name, _ in refused(load, "progress", text)] == [(2, field)]
    assert (completions(), seen()) == ([], [])


def test_learners_of_elsewhere_are_not_found(load, scene):
    stranger = LearnerFactory(email="eve@example.com")

    for name in ("eve@example.com", stranger.pk):
        assert refused(load, "progress", f"learner,resource\n{name},intro\n")[0][:2] == (2, "learner")
    assert completions() == []


def test_two_who_are_called_the_same_are_told_apart_by_id(load, organization, scene):
    LearnerFactory(organization=organization, name="u123")

    ((line, field, reason),) = refused(load, "progress", "learner,resource\nu123,intro\n")

    assert (line, field, reason) == (2, "learner", "Several are called u123; give an id.")


# All or nothing


def test_a_bad_last_row_of_ten_thousand_leaves_nothing(load, organization):
    SkillFactory(organization=organization, key="kept")
    rows = "".join(f"s{number},Skill {number},kept\n" for number in range(9_999))
    ledger = Record.objects.count()

    found = refused(load, "skills", f"key,name,prerequisites\n{rows}last,Last,missing\n")

    assert found == [(10_001, "prerequisites", "There is no skill missing, neither here nor in the file.")]
    assert list(Skill.objects.values_list("key", flat=True)) == ["kept"]
    assert SkillPrerequisite.objects.count() == 0
    assert Record.objects.count() == ledger


def test_what_fails_while_it_is_written_leaves_nothing(load, organization, scene):
    """A circle is found only after the skills were stored."""
    ledger = Record.objects.count()

    refused(load, "skills", "key,name,prerequisites\na,A,b\nb,B,a\n")

    assert set(skills()) == {"linux"}
    assert Record.objects.count() == ledger


def test_a_dry_run_says_what_it_would_do(load):
    imported = load("skills", SKILLS, dry_run=True)

    assert (imported.dry_run, counts(imported)[0]) == (True, {"skills": 3, "prerequisites": 3})
    assert skills() == {}
    assert records() == []


def test_ten_times_the_rows_take_ten_chunks_more(load, django_assert_max_num_queries):
    rows = "".join(f"r{number},Resource {number},30\n" for number in range(3_000))

    with django_assert_max_num_queries(30):
        assert load("catalog", f"key,title,minutes\n{rows}").rows == 3_000


# The commands


def run(name, *arguments):
    out, errors = io.StringIO(), io.StringIO()
    call_command(name, *map(str, arguments), stdout=out, stderr=errors)
    return out.getvalue()


def test_the_commands_say_what_came_of_it(organization, tmp_path):
    file = tmp_path / "skills.csv"
    file.write_text(SKILLS)

    out = run("import_skills", file, "--organization", organization.slug)

    digest = hashlib.sha256(SKILLS.encode()).hexdigest()
    assert out.splitlines() == [
        "skills: 3 created, 0 updated, 0 unchanged",
        "prerequisites: 3 created, 0 updated, 0 unchanged",
        f"3 rows, SHA-256 {digest}.",
    ]
    dry = run("import_skills", file, "--organization", organization.slug, "--dry-run")
    assert dry.splitlines()[-1] == f"3 rows, SHA-256 {digest}. Nothing was changed: a dry run."


def test_the_commands_say_every_bad_line(organization, tmp_path):
    file = tmp_path / "catalogue.txt"
    file.write_text("key,title,minutes\na,A,1\nb,B,soon\nc,,5\n")
    errors = io.StringIO()

    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("import_catalog", str(file), "--organization", organization.slug, "--format", "csv", stderr=errors)

    assert [line.split(":")[0] for line in errors.getvalue().splitlines()] == ["3, minutes", "4, title"]
    assert resources() == {}


def test_ten_organisations_are_named_and_that_there_are_more(organization, tmp_path):
    slugs = [f"a-{number:02}" for number in range(11)]
    Organization.objects.bulk_create(Organization(slug=slug, name=slug) for slug in slugs)

    with pytest.raises(CommandError) as refusal:
        run("import_skills", str(tmp_path / "no.csv"), "--organization", "nowhere")

    assert str(refusal.value) == f"There is no organisation nowhere. There are: {', '.join(slugs[:10])}, and more."


@pytest.mark.parametrize(
    ("bad", "ending"), [(1, "."), (2, " There is 1 more problem."), (3, " There are 2 more problems.")]
)
def test_a_refusal_counts_the_other_problems(load, bad, ending):
    with pytest.raises(UnreadableImport) as refusal:
        load("catalog", "key,title,minutes\n" + "".join(f"k{number},K,soon\n" for number in range(bad)))

    text = str(refusal.value)
    assert text.startswith("Nothing was imported. Line 2, minutes: ")
    assert text.endswith(ending)
    assert ("more" in text) == (bad > 1)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["missing.csv", "--organization", "{slug}"], "can't be read"),
        (["file.txt", "--organization", "{slug}"], "give --format"),
        (["file.txt", "--organization", "nowhere"], "There is no organisation nowhere. There are: {slug}.$"),
    ],
)
def test_the_commands_need_a_file_and_an_organisation(organization, tmp_path, monkeypatch, arguments, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.txt").write_text("key\n")

    with pytest.raises(CommandError, match=told.format(slug=organization.slug)):
        run("import_progress", *(argument.format(slug=organization.slug) for argument in arguments))


# By REST


def test_files_are_sent_as_they_are_or_in_a_form(client_of, organization):
    api = client_of(member_factory(organization, "editor"))

    dry = api.generic("POST", f"{PATH}/skills?dry_run=true", SKILLS.encode(), content_type="text/csv")
    form = api.post(f"{PATH}/skills", {"file": SimpleUploadedFile("s.csv", SKILLS.encode())}, format="multipart")
    entries = api.post(f"{PATH}/catalog", [{"title": "Book", "minutes": 60}], format="json")

    assert [answer.status_code for answer in (dry, form, entries)] == [200, 200, 200]
    assert form.json() == {
        "kind": "skills",
        "rows": 3,
        "sha256": hashlib.sha256(SKILLS.encode()).hexdigest(),
        "created": {"skills": 3, "prerequisites": 3},
        "updated": {},
        "unchanged": {},
        "notes": [],
        "dry_run": False,
    }
    assert (dry.json()["dry_run"], set(resources())) == (True, {"book"})
    assert len(records()) == 2


def test_bad_lines_are_answered(client_of, organization):
    api = client_of(member_factory(organization, "editor"))

    answer = api.generic("POST", f"{PATH}/skills", b"key,name\na b,A\n", content_type="text/csv")

    assert (answer.status_code, answer.json()["code"], answer.json()["refused"]) == (400, "VALIDATION_ERROR", 1)
    assert answer.json()["rows"] == [
        {"line": 2, "field": "key", "reason": "Give letters, digits, hyphens and underscores, such as a-b."}
    ]


@pytest.mark.parametrize(("role", "kind", "media_type", "status"), [
    ("viewer", "skills", "text/csv", 403), ("editor", "people", "text/csv", 404), ("editor", "skills", "image/png", 415),
])  # fmt: skip
def test_who_and_what_may_be_sent(client_of, organization, role, kind, media_type, status):
    api = client_of(member_factory(organization, role))

    answer = api.generic("POST", f"{PATH}/{kind}", SKILLS.encode(), content_type=media_type)

    assert answer.status_code == status
    assert skills() == {}


# How long things take


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("45", 45), ("3h 30m", 210), ("3h30m", 210), ("1.5 hours", 90), ("1,5h", 90), ("90 min", 90), ("2 days", 960),
        ("1 week", 2400), ("3:30", 210), ("PT3H30M", 210), ("P1D", 1440), ("3 hours and 20 minutes", 200), ("1 Stunde", 60),
        ("", None), ("0", None), ("h", None), ("2-3h", None), ("1h30", None), ("-5", None), ("3 h ours", None),
        ("about 2h", None), ("1e3", None), ("٣h", None), ("1 month", None),
    ],
)  # fmt: skip
def test_durations_are_read_as_people_write_them(text, minutes):
    assert minutes_from(text) == minutes


@given(
    st.integers(0, 999),
    st.integers(0, 59),
    st.sampled_from(["{}h {}m", "{} hours, {} minutes", "PT{}H{}M", "{}hrs{}min"]),
)
def test_hours_and_minutes_add_up(hours, minutes, form):
    assert minutes_from(form.format(hours, minutes)) == (hours * 60 + minutes or None)


@given(st.text(alphabet="0123456789hmdwPT:., -", max_size=20))
def test_any_text_is_minutes_or_nothing(text):
    found = minutes_from(text)

    assert found is None or found >= 1
