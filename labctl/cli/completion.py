"""`labctl completion`: the script that teaches a shell to complete labctl's command line."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from labctl.cli.boundary import COMPLETE_VARIABLE


@click.command(
    epilog="""\b
Examples:
  bash   eval "$(labctl completion bash)"      in ~/.bashrc
  zsh    eval "$(labctl completion zsh)"       in ~/.zshrc, after compinit
  fish   labctl completion fish | source       in ~/.config/fish/config.fish"""
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell: bash, zsh or fish."""
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"this click knows no completion for {shell}")
    # Not source(), which would run the shell to ask for its version.
    script = found(context.find_root().command, {}, "labctl", COMPLETE_VARIABLE)
    click.echo(script.source_template % script.source_vars())
