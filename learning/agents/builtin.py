"""The agents that answer about learning."""

from datetime import date

from agents.catalog.definitions import AgentDefinition, register
from learning.agents.companion import accompany
from learning.agents.facts import Scene
from learning.agents.navigator import navigate, plan_fields
from learning.agents.progress_text import fields_of_nobody
from learning.tools import COMPANION_TOOLS, NAVIGATOR_TOOLS

NAVIGATOR = AgentDefinition(
    name="skill-navigator",
    aliases=("skillnav",),
    title="Skill navigator",
    description="Makes, explains and changes your learning plan of 30 to 60 days.",
    instructions=(
        "You are Aurora's skill navigator. Plans are computed, not written: you explain them and change no date, item, "
        "number or link."
    ),
    examples=(
        "Make me a 45-day plan towards a role, 5 hours a week",
        "Why is this in my learning plan?",
        "I am away from 3 to 7 December, plan around it",
        "What do I have to learn to become a senior engineer?",
        "Which skills do I need for this role?",
        "Build a learning path for me",
        "Recommend a course for a beginner",
        "Where do I start to get better at this skill?",
        "Help me move into another role",
        "What do I have to study first?",
        "Make a study plan for an exam",
        "I have only three hours a week to learn",
        "I only have 4 hours a week for learning",
        "Teach me something in a month",
        "Show me week two of my plan",
        "Drop this skill from my plan",
    ),
    keywords=("learning plan", "skill", "roadmap", "learning path", "study", "course", "curriculum", "career"),
    actions=("plan", "skills", "skillnav"),
    requests=(
        r"\b(?:learning|study|training|career|development) (?:plan|path|roadmap|schedule)",
        r"\bmy (?:\w+[- ]day |new |whole |current )?(?:plan|roadmap|curriculum)\b",
        r"\b(?:\d+|\w+)[- ](?:day|week)s?[- ](?:\w+ )?(?:plan|path|roadmap)\b|^\W*(?:new |show )?(?:the )?plan\W*$",
        r"\b(?:make|build|create|draw up|give) me (?:a|an|another)\b.*\b(?:plan|path|roadmap)\b|\bplan (?:my|me)\b",
        r"\breplan\b|\bplan (?:around|towards?)\b|\bweek (?:\d|one|two|three|four|five|six|seven) of (?:my|the) plan\b",
        r"\b(?:become|grow into|move (?:from \w+ )?into|get from \w+ to)\b",
        r"\bteach me\b|\bi(?: want| would like|['’]d like| need) to (?:learn|study|get better)\b",
        r"\b(?:should|can|must) i (?:learn|study)\b|\bi (?:should|must|could|need to) (?:learn|study)\b|\bneed to study\b",
        r"\bcan only (?:learn|study)\b|\bonly (?:have )?\w+ (?:hours?|minutes?) a (?:week|day)\b.*\b(?:learn|study)",
        r"\b(?:which|what) skills\b.*\b(?:missing|need|role|learn)\b|\bskill gaps?\b",
        r"\brecommend (?:me )?(?:a |some )?(?:courses?|books?|resources?|videos?)\b",
    ),
    tools=NAVIGATOR_TOOLS,
    responder=navigate,
    fields=plan_fields(Scene(today=date.min), None),
    opening="Show my plan",
)

COMPANION = AgentDefinition(
    name="progress-companion",
    aliases=("progress",),
    title="Progress companion",
    description="Says how your learning is going, what is overdue, what is next and when you will be done.",
    instructions=(
        "You are Aurora's progress companion. Numbers come from the database: you say them and change none of them."
    ),
    examples=(
        "How am I doing with my plan?",
        "my progress?",
        "What is overdue for me?",
        "Will I finish on time?",
        "How long is my streak?",
        "What should I do next in my plan?",
        "I finished the course, mark it as done",
        "How many items have I completed so far?",
        "When will I be done with my learning plan?",
        "Summarise what I have learned",
        "Why did you remind me?",
        "The status of my learning",
        "Which items of mine are still open?",
        "How has my mastery changed?",
        "Am I behind schedule?",
    ),
    keywords=("my progress", "overdue", "streak", "do next", "behind schedule", "mastery", "at this pace"),
    actions=("progress", "feedback", "status"),
    requests=(
        r"\b(?:my|show|learning) progress\b|^\s*(?:my )?(?:progress|status)\s*[?.!]*$",
        r"\bhow am i (?:doing|getting on|coming along)\b|\bam i (?:still )?(?:behind|ahead|late|on track|on time)\b",
        r"\bwill i (?:finish|be done|make it)\b|\bwhen (?:will|am) i (?:be )?(?:done|finish)",
        r"\b(?:my|learning) streak\b|\bwhat(?:'s| is| am i) overdue\b|\boverdue for me\b",
        (
            r"\bi(?:'ve| have)? (?:just )?(?:finished|completed)\b|\bmark (?:it|that"
            r"|this|the)\b.*\b(?:done|complete|completed|finished)\b"
        ),
        r"\b(?:have|did) i (?:completed?|finish(?:ed)?|learn(?:ed)?|done)\b|\bi (?:have )?learn(?:ed|t)\b",
        (
            r"\b(?:should|do) i do next\b|\bwhat'?s next (?:for me|in my)\b|\bmy (?:modules"
            r"|courses|items|lessons|mastery)\b|\bmastery of\b"
        ),
        r"\bremind(?:ed)? me\b",
    ),
    tools=COMPANION_TOOLS,
    responder=accompany,
    fields=fields_of_nobody("", "overview"),
    opening="How am I doing?",
)


def register_all() -> None:
    """Make the learning agents known."""
    register(NAVIGATOR)
    register(COMPANION)
