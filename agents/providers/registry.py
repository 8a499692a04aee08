"""Which providers answer, in order: the chosen model, the chain behind it, then quoting from the documents."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from agents.providers import failover
from agents.providers.base import Provider
from agents.providers.extractive import ExtractiveProvider
from agents.providers.tokens import prices
from agents.providers.unconfigured import UnconfiguredProvider

if TYPE_CHECKING:
    from openai import AsyncOpenAI

KINDS = ("openai", "ollama", "extractive")
MODEL_KINDS = ("openai", "ollama")
DEFAULT_MODEL = "gpt-4o-mini"
Entry = tuple[str, str]


@dataclass(frozen=True)
class ProviderConfig:
    """Where models are, and which ones answer when nobody chose. An empty key and address mean that there is none.

    ``chain`` and ``prices`` hold the entries of ``AURORA_MODEL_CHAIN`` and ``AURORA_MODEL_PRICES`` as they are written.
    """

    openai_api_key: str = ""
    openai_base_url: str = ""
    ollama_base_url: str = ""
    model: str = ""
    chain: tuple[str, ...] = ()
    prices: tuple[str, ...] = ()

    @classmethod
    def from_settings(cls, settings: Any) -> ProviderConfig:
        """The configuration that an object with Aurora's settings holds."""
        return cls(
            openai_api_key=settings.OPENAI_API_KEY,
            openai_base_url=settings.OPENAI_BASE_URL,
            ollama_base_url=settings.OLLAMA_BASE_URL,
            model=settings.AURORA_MODEL,
            chain=tuple(settings.AURORA_MODEL_CHAIN),
            prices=tuple(settings.AURORA_MODEL_PRICES),
        )

    def default_kind(self) -> str:
        """The kind that answers when nobody chose: OpenAI-compatible, else Ollama, else extractive."""
        return next((kind for kind in MODEL_KINDS if self.configured(kind)), "extractive")

    def configured(self, kind: str) -> bool:
        """Whether a kind has an address to call."""
        addresses = {"openai": self.openai_api_key or self.openai_base_url, "ollama": self.ollama_base_url}
        return bool(addresses.get(kind, True))


@lru_cache(maxsize=8)
def chain_entries(entries: tuple[str, ...]) -> tuple[Entry, ...]:
    """The (kind, model) pairs of entries ``provider:model``. Raises ValueError for one that can't be used."""
    pairs = []
    for entry in entries:
        kind, colon, model = entry.partition(":")
        if kind.strip() not in MODEL_KINDS or not colon or not model.strip():
            raise ValueError(
                f"AURORA_MODEL_CHAIN: {entry[:80]!r} is not `provider:model`; providers are {', '.join(MODEL_KINDS)}."
            )
        pairs.append((kind.strip(), model.strip()))
    return tuple(pairs)


def prepare(config: ProviderConfig) -> None:
    """Import what models need, in a thread: the first question shouldn't wait for it. Nothing to do without models."""
    if config.default_kind() != "extractive":
        threading.Thread(target=_import_sdk, name="import-sdk", daemon=True).start()


def _import_sdk() -> None:
    import openai.resources.chat.completions  # noqa: F401

    import agents.providers.openai_compatible  # noqa: F401


def providers_for(config: ProviderConfig, kind: str = "", model: str = "") -> Sequence[Provider]:
    """The chain for a choice of kind and model (either may be empty), ending with the extractive provider.

    Call on an event loop: providers made on it share its connections. Raises ValueError for a chain or prices that
    can't be used.
    """
    if kind == "extractive":
        return [ExtractiveProvider()]
    chain = chain_entries(config.chain)
    wanted = dict.fromkeys([*_first(config, chain, kind, model), *chain])
    return [*(_provider(config, *entry) for entry in wanted), ExtractiveProvider()]


def _first(config: ProviderConfig, chain: Sequence[Entry], kind: str, model: str) -> list[Entry]:
    """What stands before the chain: the chosen model, or the one of AURORA_MODEL."""
    nobody_chose = not (kind or model or config.model)
    kind = kind or config.default_kind()
    if kind == "extractive" or (nobody_chose and chain):
        return []
    if model or (config.model and kind == config.default_kind()):
        return [(kind, model or config.model)]
    of_kind = next((entry for entry in chain if entry[0] == kind), None)
    return [of_kind or (kind, config.model or DEFAULT_MODEL)]


def _provider(config: ProviderConfig, kind: str, model: str) -> Provider:
    if not config.configured(kind):
        return UnconfiguredProvider(kind, model)
    # The SDK takes most of a second to import, which an installation without a model should not spend at start.
    from agents.providers.ollama import OllamaProvider, api_address
    from agents.providers.openai_compatible import OpenAICompatibleProvider

    price = prices(config.prices).get(model)
    if kind == "ollama":
        address = api_address(config.ollama_base_url)
        provider: Provider = OllamaProvider(client=_client(address, ""), model=model, price=price)
    else:
        address = config.openai_base_url
        client = _client(address, config.openai_api_key)
        provider = OpenAICompatibleProvider(name=kind, client=client, model=model, price=price)
    return failover.Guarded(provider, failover.circuit_for(kind, address, model))


_clients: dict[asyncio.AbstractEventLoop, dict[tuple[str, str], AsyncOpenAI]] = {}
_clients_lock = threading.Lock()


def _client(base_url: str, api_key: str) -> AsyncOpenAI:
    """The client of the running loop for an address and a key; those of loops that are closed are forgotten."""
    from agents.providers.openai_compatible import make_client

    loop = asyncio.get_running_loop()
    with _clients_lock:
        for closed in [known for known in _clients if known.is_closed()]:
            del _clients[closed]
        clients = _clients.setdefault(loop, {})
    if (base_url, api_key) not in clients:
        clients[base_url, api_key] = make_client(base_url, api_key)
    return clients[base_url, api_key]
