"""Teams for tests."""

from learning.models import Team, TeamLead, TeamMember


def team_of(organization, learners, leads=(), name="Platform"):
    team = Team.objects.create(organization=organization, name=name)
    TeamMember.objects.bulk_create(TeamMember(team=team, learner=learner) for learner in learners)
    TeamLead.objects.bulk_create(TeamLead(team=team, user=user) for user in leads)
    return team
