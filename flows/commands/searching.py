"""``saring search`` and ``saring similar``: the current generation, for a person or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from flows.commands.common import (
    ConfigOption,
    JsonOption,
    LanguageOption,
    OutletOption,
    SinceOption,
    UntilOption,
    print_json,
    say,
    wrong_usage,
)
from flows.commands.upgrading import with_readable_index
from flows.settings import Settings, load_settings
from transforms.errors import DocumentNotFoundError

if TYPE_CHECKING:
    from index.answers import SearchAnswer
    from index.search import SearchOptions


SortOption = Annotated[Literal["relevance", "date"], typer.Option(help="Order of the hits.")]
PageOption = Annotated[int, typer.Option(min=1, help="Page of the result, from 1.")]
PerPageOption = Annotated[int, typer.Option(min=1, max=200, help="Hits a page.")]
CopiesOption = Annotated[bool, typer.Option("--all-copies", help="List copies as hits of their own.")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    # A word that begins with a dash is a word to leave out, not an option.
    app.command("search", context_settings={"ignore_unknown_options": True})(search)
    app.command("similar")(similar)


def search(  # noqa: PLR0913, PLR0917 (every option of the command is a parameter)
    query: Annotated[
        list[str],
        typer.Argument(help='Words, "phrases", -not, OR, title:…, outlet:…, date:2024-06..2024-07, word*, word~'),
    ],
    language: LanguageOption = None,
    outlet: OutletOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    sort: SortOption = "relevance",
    page: PageOption = 1,
    per_page: PerPageOption = 10,
    all_copies: CopiesOption = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Search the index and print hits with the passage that matches, and who else printed it.

    Near copies are folded under the copy that represents them.
    """
    from index.search import search as search_index  # start-up time: only what the command needs

    if unknown := [word for word in query if word.startswith("--")]:
        raise typer.BadParameter(f"no such option: {', '.join(unknown)}")
    settings = load_settings(config)
    options: SearchOptions = {"language": language, "outlet": outlet, "since": since, "until": until}
    options |= {"sort": sort, "page": page, "per_page": per_page, "all_copies": all_copies}
    with wrong_usage():
        answer = with_readable_index(
            settings,
            lambda: search_index(settings.index_dir, " ".join(query), settings=settings.search.ranking(), **options),
        )
    _print(answer, json)


def similar(  # noqa: PLR0913, PLR0917 (as search)
    document_id: Annotated[str, typer.Argument(metavar="ID", help="Id of a document, or of a copy of one.")],
    language: LanguageOption = None,
    outlet: OutletOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    sort: SortOption = "relevance",
    page: PageOption = 1,
    per_page: PerPageOption = 10,
    all_copies: CopiesOption = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Find documents about the same matter as the one with this id; its own copies are not among them."""
    from index.search import Searcher  # start-up time: only what the command needs

    settings = load_settings(config)
    options: SearchOptions = {"language": language, "outlet": outlet, "since": since, "until": until}
    options |= {"sort": sort, "page": page, "per_page": per_page, "all_copies": all_copies}
    with wrong_usage(), Searcher(settings.index_dir, settings.search.ranking()) as searcher:
        try:
            answer = with_readable_index(settings, lambda: searcher.similar(document_id, **options))
        except DocumentNotFoundError:
            answer = searcher.similar(_representative(document_id, settings), **options)
    _print(answer, json)


def _representative(document_id: str, settings: Settings) -> str:
    """The document that stands in the index for this one; raises DocumentNotFoundError with the reason for none."""
    from index.ledger import Ledger  # SQLAlchemy takes a while to import; most ids are in the index

    with Ledger.open(settings.ledger_url, read_only=True) as ledger:
        document = ledger.document(document_id)
    if document is None:
        raise DocumentNotFoundError(f"{document_id}: no document of this id; `saring search --json` prints ids")
    if not document.duplicate_kind or document.cluster is None:
        why = f"it is {document.status}" + (f": {document.status_reason}" if document.status_reason else "")
        raise DocumentNotFoundError(f"{document_id} is not in the index; {why}")
    kind = document.duplicate_kind
    say(f"saring: {document_id} is a {kind} copy of {document.cluster}, whose text is searched for instead")
    return document.cluster


def _print(answer: SearchAnswer, json: bool) -> None:
    if json:
        print_json(answer.to_json())
        return
    from index.search import format_answer  # start-up time: only what the command needs

    typer.echo(format_answer(answer), nl=False)
