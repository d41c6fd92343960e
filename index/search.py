"""Search the current generation: ``python -m index.search QUERY``, or :class:`Searcher` for many queries.

Needs the index and nothing else of saring; see ``--help`` for the options and :mod:`index.query` for the language.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypedDict, Unpack

from index.analysis import Analyzer
from index.answers import CopyEntry, Hit, SearchAnswer
from index.dates import option_day
from index.generations import Generations
from index.query import Filters, Query, parse
from index.ranking_settings import RankingSettings, ranking_settings
from transforms.errors import (
    ConfigError,
    DocumentNotFoundError,
    IndexUnavailableError,
    SaringError,
    explain_os_error,
)

__all__ = ["CopyEntry", "Hit", "SearchAnswer", "SearchOptions", "Searcher", "search"]

if TYPE_CHECKING:
    from index.engine import WhooshEngine
    from index.ranking import Ranked, Ranker

Sort = Literal["relevance", "date"]


class SearchOptions(TypedDict, total=False):
    """What may be asked for beside the query."""

    language: str | None
    """A BCP 47 code."""
    outlet: str | None
    """An outlet, or a part of its name."""
    since: str | None
    """First day: ``2024``, ``2024-06`` or ``2024-06-20``."""
    until: str | None
    """Last day, included."""
    sort: Sort
    page: int
    """From 1, which is the default."""
    per_page: int
    """Hits a page: 10 unless told, 200 at most."""
    all_copies: bool
    """Each copy as a hit of its own after its representative."""


MAX_PER_PAGE: Final = 200
MAX_DEPTH: Final = 10_000
"""Hits further down than this cannot be paged to."""

_EXCLUDED_WORD: Final = re.compile(r"-[^-\W].+")


@dataclass(frozen=True, slots=True)
class _Open:
    """An open generation; ``stamp`` tells whether a writer has committed since."""

    generation: str
    stamp: tuple[int, ...]
    engine: WhooshEngine
    ranker: Ranker


@dataclass(frozen=True, slots=True)
class _Page:
    """Which part of a result is shown, and how."""

    number: int
    size: int
    sort: Sort
    all_copies: bool

    @classmethod
    def asked(cls, options: SearchOptions) -> _Page:
        """The nearest page that can be shown."""
        size = max(1, min(options.get("per_page", 10), MAX_PER_PAGE))
        number = max(1, options.get("page", 1))
        return cls(number, size, options.get("sort", "relevance"), options.get("all_copies", False))


class Searcher:
    """Answers queries over an index folder; stays open and follows the current generation and its commits.

    One object may serve many threads: they take turns, since answering is all Python and would share one processor
    anyway, and so share what is kept in memory.
    """

    def __init__(self, index_dir: str | Path, settings: RankingSettings | None = None) -> None:
        self._generations = Generations(index_dir)
        self._settings = settings
        self._open: _Open | None = None
        self._analyzers: dict[str, Analyzer] = {}
        self._turn = threading.RLock()

    def __enter__(self) -> Searcher:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index."""
        with self._turn:
            if self._open is not None:
                self._open.engine.close()
                self._open = None

    def search(self, query: str, **options: Unpack[SearchOptions]) -> SearchAnswer:
        """Answer one query; see :func:`search`."""
        began = time.perf_counter()
        query = query.encode("utf-8", "replace").decode("utf-8")  # an argument that is no UTF-8 cannot be printed again
        parsed = _with_options(parse(query), options)
        shown = _Page.asked(options)
        with self._turn:
            opened = self._current()
            ranked = opened.ranker.rank(parsed)
            suggestion = _suggestion(query, ranked)
            return self._answer(query, opened, ranked, shown, began, suggestion)

    def similar(self, id_: str, **options: Unpack[SearchOptions]) -> SearchAnswer:
        """Documents like the one with this id, as an answer whose ``query`` is the id; copies of it are not among them.

        Raises DocumentNotFoundError when the index has none: copies are folded, only their representative is there.
        """
        from index.similar import telling_concepts  # see _current

        began = time.perf_counter()
        filters = _with_options(parse(""), options).filters
        shown = _Page.asked(options)
        with self._turn:
            opened = self._current()
            doc = opened.engine.doc_of(id_)
            if doc is None:
                raise DocumentNotFoundError(f"{id_}: no document of this id in generation {opened.generation}")
            concepts = telling_concepts(opened.engine, doc, self._analyzer(opened.engine.hit(doc)["language"]))
            return self._answer(id_, opened, opened.ranker.rank_like(concepts, doc, filters), shown, began, None)

    def _analyzer(self, language: str) -> Analyzer:
        return self._analyzers.setdefault(language, Analyzer(language))

    def _answer(
        self, query: str, opened: _Open, ranked: Ranked, shown: _Page, began: float, suggestion: str | None
    ) -> SearchAnswer:
        from index.facets import count_facets  # see _current
        from index.ordering import first_documents  # see _current

        last = min(shown.number * shown.size, MAX_DEPTH)
        # Ties go to the newer document, then to the smaller id.
        docs = first_documents(opened.engine, ranked.scores, by_date=shown.sort == "date", count=last)
        return SearchAnswer(
            query=query,
            total=len(ranked.scores),
            page=shown.number,
            per_page=shown.size,
            generation=opened.generation,
            suggestion=suggestion,
            facets=count_facets(opened.engine, ranked.scores.keys()),
            hits=tuple(self._hits(opened.engine, ranked, docs[(shown.number - 1) * shown.size :], shown.all_copies)),
            warnings=ranked.warnings,
            took_ms=round((time.perf_counter() - began) * 1000, 2),
        )

    def _current(self) -> _Open:
        path = self._generations.current_path()  # asked once: the next moment another one may be current
        stamp = (path.stat().st_mtime_ns, path.stat().st_ino) if path.is_dir() else ()
        if self._open is None or path.name != self._open.generation or stamp != self._open.stamp:
            # Loading Whoosh takes longer than a wrong option or a missing index needs to be reported.
            from index.engine import open_engine  # see above
            from index.ranking import Ranker  # see above

            try:
                engine = open_engine(path)
            except IndexUnavailableError:
                if self._generations.current_path() == path:
                    raise
                return self._current()  # it was replaced and removed before it could be opened
            self.close()
            self._open = _Open(path.name, stamp, engine, Ranker(engine, self._settings))
        return self._open

    def _hits(self, engine: WhooshEngine, ranked: Ranked, docs: Sequence[int], all_copies: bool) -> list[Hit]:
        from index.snippets import Highlighter  # see _current

        highlighter = Highlighter(ranked.concepts)
        hits = []
        for doc in docs:
            stored = engine.hit(doc)
            hit = Hit(
                id=stored["id"],
                score=round(ranked.scores[doc], 4),
                title=stored["title"],
                outlet=stored["outlet"],
                published_at=stored["published_at"],
                language=stored["language"],
                url=stored["url"],
                source=stored["source"],
                snippet=highlighter.snippet(engine.text(doc), self._analyzer(stored["language"])),
                copies=tuple(CopyEntry(*copy) for copy in stored["copies"]),
            )
            hits.append(hit)
            if all_copies:
                hits += [replace(hit, id=c.id, outlet=c.outlet, url=c.url, copies=()) for c in hit.copies]
        return hits


def search(
    index_dir: str | Path, query: str, *, settings: RankingSettings | None = None, **options: Unpack[SearchOptions]
) -> SearchAnswer:
    """Answer one query over the current generation below ``index_dir``.

    Never raises because of the query; raises IndexUnavailableError when there is no index and ValueError for an
    option's date that is none.
    """
    with Searcher(index_dir, settings) as searcher:
        return searcher.search(query, **options)


def _with_options(query: Query, options: SearchOptions) -> Query:
    first, last = option_day("since", options.get("since")), option_day("until", options.get("until"))
    language, outlet, filters = options.get("language"), options.get("outlet"), query.filters
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


def _suggestion(text: str, ranked: Ranked) -> str | None:
    """The query with words that no document has replaced by those that were searched for instead."""
    changed = text
    for concept in ranked.concepts:
        if concept.meant:
            changed = re.sub(rf"(?<!\w){re.escape(concept.source)}(?!\w)", concept.meant, changed)
    return changed if changed != text else None


def main(arguments: Sequence[str] | None = None) -> int:
    """The small search script; gives the exit status."""
    options = _arguments(arguments)
    try:
        data_dir, settings = _configured(Path(options.config))
        answer = search(
            options.index or data_dir / "index",
            " ".join(options.query),
            settings=settings,
            language=options.language,
            outlet=options.outlet,
            since=options.since,
            until=options.until,
            sort=options.sort,
            page=options.page,
            per_page=options.per_page,
            all_copies=options.all_copies,
        )
        shown = json.dumps(answer.to_json(), ensure_ascii=False) + "\n" if options.json else format_answer(answer)
        sys.stdout.write(shown)
        sys.stdout.flush()
    except (SaringError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, ValueError | ConfigError) else 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes it once more at the end
        return 0
    except OSError as error:
        sys.stderr.write(f"{explain_os_error(error)}\n")
        return 1
    return 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m index.search", description="Search the current index generation.")
    parser.add_argument("query", nargs="+", help='words, "phrases", -not, OR, title:…, date:2024..2025, word*, word~')
    parser.add_argument("--index", help="index folder (default: that of $SARING_DATA_DIR, or of the configuration)")
    parser.add_argument(
        "--config", default=os.environ.get("SARING_CONFIG") or "config.yaml", help="configuration to read data_dir from"
    )
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


def _configured(config: Path) -> tuple[Path, RankingSettings]:
    """The data folder and the ranking that the environment or a configuration names, or the defaults."""
    given = os.environ.get("SARING_DATA_DIR")
    if not config.is_file():
        return config.parent / (given or "data"), RankingSettings()
    import yaml  # not needed without a configuration

    try:
        loaded = yaml.safe_load(config.read_text(encoding="utf-8"))
        section = loaded if isinstance(loaded, dict) else {}
        return config.parent / (given or str(section.get("data_dir") or "data")), ranking_settings(
            section.get("search")
        )
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ConfigError) as error:
        raise ConfigError(f"{config}: {error}") from None


def format_answer(answer: SearchAnswer) -> str:
    """The answer for a terminal."""
    from index.terminal_answer import format_lines  # not needed with --json

    return "\n".join(format_lines(answer)) + "\n"


if __name__ == "__main__":
    sys.exit(main())
