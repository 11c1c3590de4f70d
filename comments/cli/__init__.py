"""``flask comments …``: what an owner does at the command line.

The commands are imported when somebody asks for one. A server never does, and they and what they
need were a twentieth of its start.
"""

import click
from flask.cli import AppGroup


class _OnDemand(AppGroup):
    """The group as an app knows it before it is asked for anything."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return _commands().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _commands().get_command(ctx, cmd_name)


def _commands() -> AppGroup:
    # why: see above
    from comments.cli.commands import group

    return group


group = _OnDemand("comments", help="Threaded comments: the database, settings, upkeep.")
