from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from audit.models import Record
from aurora_site.accounts.models import Membership, Role, Team, TeamMembership
from tests.factories.accounts import Api, api_key_for, member_factory, organization_factory, session_of, signed_in_as


def role_of(membership: Membership) -> str:
    return Membership.objects.get(pk=membership.pk).role


def path_of(membership: Membership) -> str:
    return f"/api/auth/members/{membership.user_id}"


def test_members_see_who_the_members_are(viewer_api: Api, admin: Membership, viewer: Membership) -> None:
    body = viewer_api.get("/api/auth/members").json()
    assert body["total"] == 2
    assert [(each["user_id"], each["role"]) for each in body["members"]] == [
        (admin.user_id, "admin"),
        (viewer.user_id, "viewer"),
    ]


def test_a_promotion_counts_at_once_and_keeps_the_sign_in(admin_api: Api, viewer: Membership, viewer_api: Api) -> None:
    answer = admin_api.patch(path_of(viewer), {"role": "editor"})
    assert (answer.status_code, answer.json()["role"]) == (200, "editor")
    assert viewer_api.get("/editor").status_code == 200
    record = Record.objects.get(event="accounts.role_changed")
    assert (record.subject_id, record.organization_id) == (viewer.user_id, str(viewer.organization_id))


def test_a_demotion_ends_sign_ins_and_keys(admin_api: Api, admin: Membership) -> None:
    editor = member_factory(admin.organization, Role.EDITOR)
    api, browser, key = signed_in_as(editor), session_of(editor), api_key_for(editor)
    assert admin_api.patch(path_of(editor), {"role": "viewer"}).status_code == 200
    assert api.get("/who").json()["code"] == "SIGN_IN_ENDED"
    assert browser.get("/who").json()["code"] == "SIGN_IN_ENDED"
    assert Client().get("/who", headers={"X-API-Key": key}).json()["code"] == "API_KEY_REVOKED"


def test_removing_ends_sign_ins_keys_and_team_places(admin_api: Api, viewer: Membership) -> None:
    team = Team.objects.create(organization=viewer.organization, name="Platform")
    TeamMembership.objects.create(team=team, user=viewer.user)
    api, key = signed_in_as(viewer), api_key_for(viewer)
    assert admin_api.delete(path_of(viewer)).status_code == 204
    assert not Membership.objects.filter(pk=viewer.pk).exists()
    assert team.team_memberships.count() == 0
    assert api.get("/who").json()["code"] == "SIGN_IN_ENDED"
    assert Client().get("/who", headers={"X-API-Key": key}).status_code == 401
    assert signed_in_as(viewer).get("/who").status_code == 403


def test_keys_of_another_organisation_survive_a_removal(admin_api: Api, viewer: Membership) -> None:
    elsewhere = member_factory(organization_factory(), user=viewer.user)
    key = api_key_for(elsewhere)
    admin_api.delete(path_of(viewer))
    assert Client().get("/who", headers={"X-API-Key": key}).json()["org"] == str(elsewhere.organization_id)


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_the_last_admin_stays(admin_api: Api, admin: Membership, method: str) -> None:
    answer = admin_api.request(method, path_of(admin), {"role": "viewer"})
    assert (answer.status_code, answer.json()["code"]) == (409, "LAST_ADMIN")
    assert role_of(admin) == "admin"
    assert admin_api.get("/who").status_code == 200


def test_an_inactive_admin_is_not_another(admin_api: Api, admin: Membership) -> None:
    member_factory(admin.organization, Role.ADMIN, is_active=False)
    assert admin_api.delete(path_of(admin)).status_code == 409


def test_with_another_admin_one_may_step_down(admin_api: Api, admin: Membership) -> None:
    member_factory(admin.organization, Role.ADMIN)
    assert admin_api.patch(path_of(admin), {"role": "viewer"}).status_code == 200
    assert role_of(admin) == "viewer"


@pytest.mark.django_db(transaction=True)
def test_two_admins_removing_each_other_leave_one() -> None:
    organization = organization_factory()
    first, second = (member_factory(organization, Role.ADMIN) for _ in range(2))
    pairs = [(signed_in_as(first), second), (signed_in_as(second), first)]

    def remove(pair: tuple[Api, Membership]) -> int:
        try:
            return pair[0].delete(path_of(pair[1])).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(remove, pairs))
    # The loser is refused as the last admin's remover, or, if late, as no longer signed in.
    assert statuses[0] == 204 and statuses[1] in {401, 409}
    assert Membership.objects.for_organization(organization).filter(role=Role.ADMIN).count() == 1


@pytest.mark.parametrize("role", ["viewer", "editor"])
@pytest.mark.parametrize(("method", "body"), [("patch", {"role": "admin"}), ("delete", None)])
def test_only_admins_change_members(admin: Membership, role: str, method: str, body: Any) -> None:
    member = member_factory(admin.organization, role)
    api = signed_in_as(member)
    for target in (admin, member):
        assert api.request(method, path_of(target), body).status_code == 403
    assert (role_of(admin), role_of(member)) == ("admin", role)


@pytest.mark.parametrize(("method", "body"), [("patch", {"role": "viewer"}), ("delete", None)])
def test_another_organisation_s_members_are_not_found(
    admin_api: Api, other_admin: Membership, method: str, body: Any
) -> None:
    assert admin_api.request(method, path_of(other_admin), body).status_code == 404
    assert role_of(other_admin) == "admin"


@pytest.mark.parametrize("body", [{}, {"role": "owner"}, {"role": None}, {"role": ["admin"]}])
def test_an_unknown_role_is_refused(admin_api: Api, viewer: Membership, body: Any) -> None:
    answer = admin_api.patch(path_of(viewer), body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["role"])
    assert role_of(viewer) == "viewer"


def test_members_are_paged(admin_api: Api, viewer: Membership) -> None:
    body = admin_api.get("/api/auth/members?limit=1&offset=1").json()
    assert ([each["user_id"] for each in body["members"]], body["total"]) == ([viewer.user_id], 2)


class TestTeams:
    def test_an_admin_makes_fills_and_deletes_a_team(self, admin_api: Api, viewer_api: Api, viewer: Membership) -> None:
        made = admin_api.post("/api/auth/teams", {"name": "Platform"})
        assert made.status_code == 201
        path = f"/api/auth/teams/{made.json()['id']}"
        put = {"user_id": viewer.user_id, "is_lead": True}
        assert admin_api.post(f"{path}/members", put).json() == {
            "user_id": viewer.user_id,
            "name": viewer.user.name,
            "is_lead": True,
        }
        assert admin_api.post(f"{path}/members", {**put, "is_lead": False}).status_code == 201
        assert viewer_api.get(path).json()["members"] == [
            {"user_id": viewer.user_id, "name": viewer.user.name, "is_lead": False}
        ]
        assert viewer_api.get("/api/auth/teams").json() == {
            "teams": [{"id": made.json()["id"], "name": "Platform", "member_count": 1}],
            "total": 1,
        }
        assert admin_api.delete(f"{path}/members/{viewer.user_id}").status_code == 204
        assert admin_api.delete(f"{path}/members/{viewer.user_id}").status_code == 404
        assert admin_api.delete(path).status_code == 204
        assert admin_api.get(path).status_code == 404

    def test_a_name_is_taken_once_in_each_organisation(self, admin_api: Api, other_admin: Membership) -> None:
        assert admin_api.post("/api/auth/teams", {"name": "Platform"}).status_code == 201
        again = admin_api.post("/api/auth/teams", {"name": "Platform"})
        assert (again.status_code, again.json()["code"]) == (409, "TEAM_NAME_TAKEN")
        assert signed_in_as(other_admin).post("/api/auth/teams", {"name": "Platform"}).status_code == 201

    def test_outsiders_can_not_be_put_in(self, admin_api: Api, admin: Membership, other_admin: Membership) -> None:
        team = Team.objects.create(organization=admin.organization, name="Platform")
        answer = admin_api.post(f"/api/auth/teams/{team.pk}/members", {"user_id": other_admin.user_id})
        assert (answer.status_code, team.team_memberships.count()) == (404, 0)

    def test_viewers_change_nothing(self, viewer_api: Api, viewer: Membership) -> None:
        team = Team.objects.create(organization=viewer.organization, name="Platform")
        assert viewer_api.post("/api/auth/teams", {"name": "Mine"}).status_code == 403
        assert viewer_api.post(f"/api/auth/teams/{team.pk}/members", {"user_id": viewer.user_id}).status_code == 403
        assert viewer_api.delete(f"/api/auth/teams/{team.pk}").status_code == 403
        assert (Team.objects.count(), TeamMembership.objects.count()) == (1, 0)

    def test_another_organisation_s_teams_are_not_found(self, admin: Membership, other_admin: Membership) -> None:
        team = Team.objects.create(organization=admin.organization, name="Platform")
        TeamMembership.objects.create(team=team, user=admin.user)
        api, path = signed_in_as(other_admin), f"/api/auth/teams/{team.pk}"
        assert api.get("/api/auth/teams").json()["total"] == 0
        assert api.get(path).status_code == 404
        assert api.delete(path).status_code == 404
        assert api.post(f"{path}/members", {"user_id": other_admin.user_id}).status_code == 404
        assert api.delete(f"{path}/members/{admin.user_id}").status_code == 404
        assert team.team_memberships.count() == 1
