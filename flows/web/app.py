"""The application: addresses to pages, and what goes wrong to pages that say what to do."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from flows.web.assets import Assets
from flows.web.corpus import Corpus
from flows.web.guard import Guard
from flows.web.pages import Pages
from flows.web.parameters import read_form, search_of
from transforms.errors import IndexUnavailableError, SaringError

VIEWS = ("text", "removed", "versions")


class Site:
    """Answers every address; its methods run in threads."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._assets = Assets()
        self._pages = Pages(self._assets.address)

    def application(self, host: str) -> Guard:
        """The site as an ASGI application that answers to ``host``."""
        routes = [
            Route("/", self.search),
            Route("/article/{id:path}", self.article),
            Route("/static/{name}", self._assets.respond),
        ]
        handlers = {HTTPException: self.http_error, SaringError: self.unavailable, Exception: self.failure}
        return Guard(Starlette(routes=routes, exception_handlers=handlers), host)

    def search(self, request: Request) -> Response:
        """The start page and every page of hits."""
        form = read_form(request.query_params)
        return self._pages.bad_form(form) if form.problems else self._pages.results(form, self._corpus.search(form))

    def article(self, request: Request) -> Response:
        """A document: clean, with what was removed, or with its earlier texts."""
        view = request.query_params.get("view") or "text"
        origin = search_of(request.query_params.get("from", ""))
        document_id = request.path_params["id"]
        if view not in VIEWS:
            known = ", ".join(VIEWS)
            return self._pages.message(400, "No such view", f"An article has these views: {known}.")
        article = self._corpus.article(document_id)
        if article is None:
            sentence = f"The ledger holds no document with the id “{document_id[:200]}”."
            return self._pages.message(404, "No such article", sentence, "Search for words of it instead.")
        if view == "removed":
            return self._pages.removals(article, self._corpus.explanation(article.document), origin)
        return self._pages.article(article, view, origin)

    def http_error(self, _request: Request, error: Exception) -> Response:
        """Addresses that are none, and methods other than GET."""
        status = error.status_code if isinstance(error, HTTPException) else 400
        if status == 405:
            return self._pages.message(status, "Only reading", "These pages are read with GET; they change nothing.")
        return self._pages.message(status, "No such page", "There is nothing at this address. Search instead.")

    def unavailable(self, _request: Request, error: Exception) -> Response:
        """No index or no ledger yet, or one that cannot be opened."""
        if isinstance(error, IndexUnavailableError):
            title, hint = "There is no index to search", "If there was one before, `saring reindex` builds it anew."
        else:
            title, hint = "This cannot be shown", "`saring status` says what is stored and whether it is whole."
        again = "Load this page again then: the server can go on running."
        return self._pages.message(503, title, f"{error}.", hint, again)

    def failure(self, _request: Request, _error: Exception) -> Response:
        """A fault of saring itself."""
        sentence = "Something went wrong inside saring; the terminal that runs `saring web` shows what."
        return self._pages.message(500, "This should not happen", sentence)
