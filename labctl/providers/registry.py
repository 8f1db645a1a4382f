"""The providers there are, in the order in which `auto` tries them, and the choice among them."""

from __future__ import annotations

from dataclasses import dataclass

from labctl.errors import ToolError
from labctl.providers.docker import Docker
from labctl.providers.host import Host
from labctl.providers.interface import Provider
from labctl.providers.libvirt import Libvirt
from labctl.providers.virtualbox import VirtualBox

# Hypervisors first: the tutorial's own nodes are virtual machines.
PROVIDERS: tuple[Provider, ...] = (VirtualBox(), Libvirt(), Docker())


@dataclass(frozen=True)
class Choice:
    """The chosen provider, why it, and why each of the others is not it (one sentence each)."""

    provider: Provider
    reason: str
    others: tuple[str, ...] = ()


def provider_named(name: str) -> Provider:
    """The provider of that name. Raises ToolError naming the ones there are."""
    for provider in PROVIDERS:
        if provider.name == name:
            return provider
    known = ", ".join(provider.name for provider in PROVIDERS)
    raise ToolError(f"there is no provider {name}", hint=f"the providers are {known}")


def choose(wanted: str, host: Host) -> Choice:
    """The provider that lab.yml asks for; for "auto" the first that works here. Raises ToolError where none does."""
    if wanted != "auto":
        provider = provider_named(wanted)
        problem = provider.unusable(host)
        if problem is not None:
            raise ToolError(
                f"the provider {wanted} cannot work on this computer: {problem}",
                hint="install what is missing with `labctl setup`, or write `provider: auto` in the lab file",
            )
        return Choice(provider, "the lab file asks for it")
    passed: list[str] = []
    for provider in PROVIDERS:
        problem = provider.unusable(host) or provider.discouraged(host)
        if problem is None:
            return Choice(provider, "the first that works on this computer", tuple(passed))
        passed.append(f"not {provider.name}: {problem}")
    raise ToolError(
        "no provider works on this computer",
        hint="`labctl setup` installs Vagrant and Docker from the distribution",
        output="\n".join(passed),
    )
