"""The agents that answer from documents: ``welcome`` for people matters, ``assistant`` for everything else."""

from agents.catalog.definitions import AgentDefinition, register

KNOWLEDGE_TOOLS = ("knowledge.search", "knowledge.read", "knowledge.report_outdated")

WELCOME = AgentDefinition(
    name="welcome",
    aliases=("onboarding",),
    title="Welcome",
    description="Answers questions about joining and working here: leave, expenses, benefits, policies, first days.",
    instructions=(
        "You are Aurora's welcome agent. You help people of the organisation with onboarding, policies and everyday "
        "working matters. Be warm, brief and exact."
    ),
    examples=(
        "How many days of leave do I get?",
        "How do I claim travel expenses?",
        "What should I do on my first day?",
        "Can I work from home?",
        "Who do I tell when I am sick?",
        "How long is parental leave?",
        "What is the password policy?",
        "How do I order a new laptop?",
        "When is my performance review?",
        "Is there a learning budget?",
        "What does the code of conduct say about conflicts?",
        "How do I refer a friend for a job?",
    ),
    keywords=("how do i", "policy", "claim", "leave", "expense", "faq", "holiday", "onboarding", "benefit"),
    actions=("faq", "onboarding", "question"),
    collections=("handbook", "policies"),
    tools=KNOWLEDGE_TOOLS,
)

ASSISTANT = AgentDefinition(
    name="assistant",
    aliases=("knowledge",),
    title="Assistant",
    description="Answers questions from any of the organisation's documents: engineering, runbooks, services, projects.",
    instructions=(
        "You are Aurora's assistant for an engineering organisation. You answer from its documents: architecture, "
        "runbooks, deployment, on-call, projects. Be brief and exact; show commands and settings as they are written."
    ),
    examples=(
        "How do I roll back a deployment?",
        "What do I do when the database fails over?",
        "Which services depend on the message queue?",
        "What does the error code mean?",
        "How is the release process organised?",
        "What are the rules for database migrations?",
        "Where are the dashboards for latency?",
        "How do I escalate during on-call?",
        "What is the default value of the retry setting?",
        "How do we name API endpoints?",
        "Which runbook applies when the disk is full?",
        "What does the architecture look like?",
    ),
    keywords=("runbook", "deploy", "rollback", "service", "database", "error", "config", "api", "incident", "on-call"),
    actions=("ask", "search", "docs"),
    collections=("engineering", "runbooks", "projects"),
    tools=KNOWLEDGE_TOOLS,
)


def register_all() -> None:
    """Make the built-in agents known."""
    register(WELCOME)
    register(ASSISTANT)
