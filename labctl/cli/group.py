"""The group `labctl`: which commands there are, in which section of the help they stand, and how they are found.

What a command does stands in the file of its name.
"""

from __future__ import annotations

import difflib
import importlib

import click

from labctl import __version__

# Section of the help -> command -> what it does. Each is the click command of that name in the module of that name;
# the words stand here so that `labctl --help` imports none of them.
SECTIONS: dict[str, dict[str, str]] = {
    "The lab": {
        "up": "Bring up the cluster and prove it claim by claim.",
        "status": "Show the lab's nodes and its last run.",
        "history": "Show what was done to the lab, with the time of each step.",
        "verify": "Judge the lab by every claim of the tutorial.",
        "claims": "List the tutorial's claims, or explain one.",
        "collect": "Write an archive for whoever helps you, without secrets.",
        "ssh": "Open a shell on a node, or run a command there.",
        "kubectl": "Run the bundle's kubectl against the lab.",
        "reset": "Make the lab fresh again, whatever was done to it.",
        "snapshot": "Save, list, show, restore and delete states of the lab.",
        "node": "Add workers to the lab, and remove them.",
        "halt": "Stop the lab's machines.",
        "resume": "Start them again, and prove the claims.",
        "destroy": "Remove the lab without a trace.",
    },
    "Before it": {
        "plan": "Show what `labctl up` would bring up, and why.",
        "render": "Write the Vagrantfile, inventory and kubeadm configuration.",
        "bundle": "Make, check and show bundles: all that a lab is made from.",
        "image": "List, bake and prune node images.",
        "setup": "Install what this computer lacks.",
    },
    "For your editor and shell": {
        "schema": "Print the JSON Schema of lab files.",
        "completion": "Print the completion script of bash, zsh or fish.",
    },
}

_EPILOG = """\b
Examples:
  labctl plan            what `labctl up` would do, and why
  labctl up              bring it up and prove it, claim by claim
  labctl ssh node-1      a shell on a node
  labctl destroy         remove the lab without a trace

`labctl COMMAND -h` explains a command, with examples."""


class LabctlGroup(click.Group):
    """Finds commands lazily, lists them in sections, guesses what a misspelt one was meant to be."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order of the help."""
        del ctx
        return [name for names in SECTIONS.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = getattr(importlib.import_module(f"labctl.cli.{cmd_name}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, with a guess."""
        if args and not args[0].startswith("-") and args[0] not in self.list_commands(ctx):
            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            guess = f" Did you mean `{near[0]}`?" if near else " `labctl -h` lists them."
            ctx.fail(f"There is no command `{args[0]}`.{guess}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by section."""
        del ctx
        for section, commands in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl(list(commands.items()))


@click.group(
    cls=LabctlGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
    epilog=_EPILOG,
)
@click.version_option(__version__, prog_name="labctl")
@click.pass_context
def labctl(ctx: click.Context) -> None:
    """Bring up the Kubernetes tutorial's four-node cluster on this computer and prove it, claim by claim."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
