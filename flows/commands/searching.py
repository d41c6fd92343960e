"""``saring search``: the current generation, for a person or as JSON."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from flows.commands.common import ConfigOption, JsonOption, print_json
from flows.settings import load_settings
from transforms.errors import ConfigError


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    # A word that begins with a dash is a word to leave out, not an option.
    app.command("search", context_settings={"ignore_unknown_options": True})(search)


def search(  # noqa: PLR0913, PLR0917 (every option of the command is a parameter)
    query: Annotated[
        list[str],
        typer.Argument(help='Words, "phrases", -not, OR, title:…, outlet:…, date:2024-06..2024-07, word*, word~'),
    ],
    language: Annotated[str | None, typer.Option(help="BCP 47 code, such as id.")] = None,
    outlet: Annotated[str | None, typer.Option(help="Outlet, or a part of its name.")] = None,
    since: Annotated[str | None, typer.Option(help="First day: 2024, 2024-06 or 2024-06-20.")] = None,
    until: Annotated[str | None, typer.Option(help="Last day, included; as --since.")] = None,
    sort: Annotated[Literal["relevance", "date"], typer.Option(help="Order of the hits.")] = "relevance",
    page: Annotated[int, typer.Option(min=1, help="Page of the result, from 1.")] = 1,
    per_page: Annotated[int, typer.Option(min=1, max=200, help="Hits a page.")] = 10,
    all_copies: Annotated[bool, typer.Option("--all-copies", help="List copies as hits of their own.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Search the index and print hits with the passage that matches, and who else printed it.

    Near copies are folded under the copy that represents them.
    """
    from index.search import format_answer  # start-up time: only what the command needs
    from index.search import search as search_index  # as above

    settings = load_settings(config)
    try:
        answer = search_index(
            settings.index_dir,
            " ".join(query),
            language=language,
            outlet=outlet,
            since=since,
            until=until,
            sort=sort,
            page=page,
            per_page=per_page,
            all_copies=all_copies,
        )
    except ValueError as error:
        raise ConfigError(str(error)) from None
    if json:
        print_json(answer.to_json())
    else:
        typer.echo(format_answer(answer), nl=False)
