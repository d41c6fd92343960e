"""Search the current generation: ``python -m index.search QUERY``, or :class:`Searcher` for many queries.

Needs the index and nothing else of saring; see ``--help`` for the options and :mod:`index.query` for the language.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from index.analysis import Analyzer
from index.dates import parse_day
from index.generations import Generations
from index.query import Filters, Query, Word, leaves, parse
from transforms.errors import IndexUnavailableError, SaringError

if TYPE_CHECKING:
    from index.engine import WhooshEngine
    from index.ranking import Ranked, Ranker, RankingSettings

Sort = Literal["relevance", "date"]

MAX_PER_PAGE: Final = 200
MAX_DEPTH: Final = 10_000
"""Hits further down than this cannot be paged to."""
SUGGESTION_SECONDS: Final = 0.3

_EXCLUDED_WORD: Final = re.compile(r"-[^-\W].+")


@dataclass(frozen=True, slots=True)
class CopyEntry:
    """Another document with the same text; ``similarity`` between 0 and 1."""

    id: str
    outlet: str | None
    url: str | None
    similarity: float


@dataclass(frozen=True, slots=True)
class Hit:
    """One found document; ``snippet`` is HTML: matches in ``<mark>``, everything else escaped."""

    id: str
    score: float
    title: str | None
    outlet: str | None
    published_at: str | None
    language: str
    url: str | None
    source: str
    snippet: str
    copies: tuple[CopyEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """A page of hits and what is known of the whole result."""

    query: str
    total: int
    page: int
    per_page: int
    took_ms: float
    generation: str
    suggestion: str | None
    facets: dict[str, dict[str, int]] = field(default_factory=dict)
    hits: tuple[Hit, ...] = ()
    warnings: tuple[str, ...] = ()
    """What of the query could not be read, in sentences."""

    def to_json(self) -> dict[str, Any]:
        """The answer as the command line prints it."""
        answer = asdict(self)
        answer["hits"] = [{**hit, "copies": list(hit["copies"])} for hit in answer["hits"]]
        answer["warnings"] = list(self.warnings)
        return answer


@dataclass(frozen=True, slots=True)
class _Open:
    """An open generation; ``stamp`` tells whether a writer has committed since."""

    generation: str
    stamp: tuple[int, ...]
    engine: WhooshEngine
    ranker: Ranker


class Searcher:
    """Answers queries over an index folder; stays open and follows the current generation and its commits."""

    def __init__(self, index_dir: str | Path, settings: RankingSettings | None = None) -> None:
        self._generations = Generations(index_dir)
        self._settings = settings
        self._open: _Open | None = None
        self._analyzers: dict[str, Analyzer] = {}

    def __enter__(self) -> Searcher:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index."""
        if self._open is not None:
            self._open.engine.close()
            self._open = None

    def search(  # noqa: PLR0913 - one keyword for each option of the command line
        self,
        query: str,
        *,
        language: str | None = None,
        outlet: str | None = None,
        since: str | None = None,
        until: str | None = None,
        sort: Sort = "relevance",
        page: int = 1,
        per_page: int = 10,
        all_copies: bool = False,
    ) -> SearchAnswer:
        """Answer one query; see :func:`search`."""
        began = time.perf_counter()
        parsed = _with_options(parse(query), language, outlet, since, until)
        opened = self._current()
        ranked = opened.ranker.rank(parsed)
        page, per_page = max(1, page), max(1, min(per_page, MAX_PER_PAGE))
        docs = self._ordered(opened.engine, ranked, sort, min(page * per_page, MAX_DEPTH))[(page - 1) * per_page :]
        from index.facets import count_facets  # see _current

        return SearchAnswer(
            query=query,
            total=len(ranked.scores),
            page=page,
            per_page=per_page,
            generation=opened.generation,
            suggestion=_suggestion(opened.engine, query, parsed, ranked),
            facets=count_facets(opened.engine, ranked.scores.keys()),
            hits=tuple(self._hits(opened.engine, ranked, docs, all_copies)),
            warnings=ranked.warnings,
            took_ms=round((time.perf_counter() - began) * 1000, 2),
        )

    def _current(self) -> _Open:
        name = self._generations.current()
        path = self._generations.current_path()
        stamp = (path.stat().st_mtime_ns, path.stat().st_ino) if path.is_dir() else ()
        if self._open is None or name != self._open.generation or stamp != self._open.stamp:
            # Loading Whoosh takes longer than a wrong option or a missing index needs to be reported.
            from index.engine import open_engine  # see above
            from index.ranking import Ranker  # see above

            try:
                engine = open_engine(path)
            except IndexUnavailableError:
                if self._generations.current() == name:
                    raise
                return self._current()  # another one was promoted meanwhile, and this one removed
            self.close()
            self._open = _Open(str(name), stamp, engine, Ranker(engine, self._settings))
        return self._open

    def _ordered(self, engine: WhooshEngine, ranked: Ranked, sort: Sort, count: int) -> list[int]:
        """The first ``count`` documents; ties go to the newer, then to the smaller id."""
        from index.ordering import first_documents  # see _current

        return first_documents(engine, ranked.scores, by_date=sort == "date", count=count)

    def _hits(self, engine: WhooshEngine, ranked: Ranked, docs: Sequence[int], all_copies: bool) -> list[Hit]:
        from index.snippets import Highlighter  # see _current

        highlighter = Highlighter(ranked.concepts)
        hits = []
        for doc in docs:
            stored = engine.hit(doc)
            analyzer = self._analyzers.setdefault(stored["language"], Analyzer(stored["language"]))
            hit = Hit(
                id=stored["id"],
                score=round(ranked.scores[doc], 4),
                title=stored["title"],
                outlet=stored["outlet"],
                published_at=stored["published_at"],
                language=stored["language"],
                url=stored["url"],
                source=stored["source"],
                snippet=highlighter.snippet(engine.text(doc), analyzer),
                copies=tuple(CopyEntry(*copy) for copy in stored["copies"]),
            )
            hits.append(hit)
            if all_copies:
                hits += [replace(hit, id=c.id, outlet=c.outlet, url=c.url, copies=()) for c in hit.copies]
        return hits


def search(index_dir: str | Path, query: str, **options: Any) -> SearchAnswer:
    """Answer one query over the current generation below ``index_dir``.

    Options: ``language`` (a code), ``outlet`` (a part of its name), ``since`` and ``until`` (``2024``, ``2024-06`` or
    ``2024-06-20``, both included), ``sort`` (``relevance`` or ``date``), ``page`` from 1, ``per_page`` up to 200,
    ``all_copies`` (each copy as a hit of its own after its representative). Never raises because of the query; raises
    IndexUnavailableError when there is no index and ValueError for a date that is none.
    """
    with Searcher(index_dir) as searcher:
        return searcher.search(query, **options)


def _with_options(
    query: Query, language: str | None, outlet: str | None, since: str | None, until: str | None
) -> Query:
    first, last = _day(since, "since"), _day(until, "until")
    filters = query.filters
    return replace(
        query,
        filters=Filters(
            languages=(language.lower(),) if language else filters.languages,
            outlets=(outlet.lower(),) if outlet else filters.outlets,
            not_languages=filters.not_languages,
            not_outlets=filters.not_outlets,
            since=first[0] if first else filters.since,
            until=last[1] if last else filters.until,
        ),
    )


def _day(text: str | None, option: str) -> tuple[int, int] | None:
    if not text:
        return None
    span = parse_day(text)
    if span is None:
        raise ValueError(f"{option}: {text!r} is not a year, month or day such as 2024, 2024-06 or 2024-06-20")
    return span


def _suggestion(engine: WhooshEngine, text: str, query: Query, ranked: Ranked) -> str | None:
    """The query with words that no document has replaced by likely meant ones."""
    from index.schema import SURFACE_FIELDS  # see _current
    from index.spelling import closest  # rarely needed

    missing = {
        concept.source
        for concept in ranked.concepts
        if concept.source.isalpha()
        and len(concept.source) > 3
        and not any(engine.postings(form.field, form.terms[0]).ids for form in concept.forms if not form.positions)
    }
    plain = {leaf.text for leaf in leaves(query.group) if isinstance(leaf, Word) and not leaf.prefix and not leaf.edits}
    began, changed = time.monotonic(), text
    for word in sorted(missing & plain):
        if time.monotonic() - began > SUGGESTION_SECONDS:
            break
        known = chain.from_iterable(engine.terms(name, word[:1].lower()) for name in SURFACE_FIELDS)
        meant = closest(word.lower(), known)
        if meant:
            changed = changed.replace(word, meant)
    return changed if changed != text else None


def main(arguments: Sequence[str] | None = None) -> int:
    """The small search script; gives the exit status."""
    options = _arguments(arguments)
    try:
        answer = search(
            options.index or _configured_index(Path(options.config)),
            " ".join(options.query),
            language=options.language,
            outlet=options.outlet,
            since=options.since,
            until=options.until,
            sort=options.sort,
            page=options.page,
            per_page=options.per_page,
            all_copies=options.all_copies,
        )
    except (SaringError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, ValueError) else 1
    if options.json:
        sys.stdout.write(json.dumps(answer.to_json(), ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(format_answer(answer))
    return 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m index.search", description="Search the current index generation.")
    parser.add_argument("query", nargs="+", help='words, "phrases", -not, OR, title:…, date:2024..2025, word*, word~')
    parser.add_argument("--index", help="index folder (default: data_dir of the configuration, then index)")
    parser.add_argument("--config", default="config.yaml", help="configuration to read data_dir from")
    parser.add_argument("--language", help="BCP 47 code, such as id")
    parser.add_argument("--outlet", help="outlet, or a part of its name")
    parser.add_argument("--since", help="2024, 2024-06 or 2024-06-20, included")
    parser.add_argument("--until", help="as --since, included")
    parser.add_argument("--sort", choices=("relevance", "date"), default="relevance")
    parser.add_argument("--page", type=int, default=1)
    parser.add_argument("--per-page", type=int, default=10)
    parser.add_argument("--all-copies", action="store_true", help="list copies as hits of their own")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    given = sys.argv[1:] if arguments is None else arguments
    # "-opini" is a word of the query; a leading space tells argparse that it is no option.
    return parser.parse_args([f" {part}" if _EXCLUDED_WORD.fullmatch(part) else part for part in given])


def _configured_index(config: Path) -> Path:
    data_dir = "data"
    if config.is_file():
        import yaml  # not needed with --index

        loaded = yaml.safe_load(config.read_text(encoding="utf-8"))
        data_dir = str(loaded.get("data_dir") or data_dir) if isinstance(loaded, dict) else data_dir
    return config.parent / data_dir / "index"


def format_answer(answer: SearchAnswer) -> str:
    """The answer for a terminal."""
    from index.terminal_answer import format_lines  # not needed with --json

    return "\n".join(format_lines(answer)) + "\n"


if __name__ == "__main__":
    sys.exit(main())
