"""belongs: options that mean nothing beside the others that were given are refused, not dropped in silence."""

from __future__ import annotations

from collections.abc import Iterable

import typer


def refuse(command_line: typer.Context, names: Iterable[str], why: str) -> None:
    """BadParameter, which is wrong usage, for the first of these that the command line has.

    names   of a command's parameters; given at their defaults they are refused too
    why     the rest of the sentence: "belongs to --build FILTER"
    """
    spelled = {option.name: max(option.opts, key=len) for option in command_line.command.params}
    for name in names:
        source = command_line.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise typer.BadParameter(f"{spelled[name]} {why}")
