"""The pages as HTML: templates with everything escaped, and control characters of documents made visible."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import Response

from flows.web.corpus import Article
from flows.web.parameters import SearchForm, article_address
from flows.web.views import active_filters, day_in_words, facets, language_name, last_page, pages, web_address
from index.search import SearchAnswer
from index.terminal import printable
from transforms.explain import Explanation
from transforms.explain_html import explanation_html

TEMPLATES: Final = Path(__file__).parent / "templates"


class Pages:
    """Renders every page; ``asset`` gives the address of a static file by its name."""

    def __init__(self, asset: Callable[[str], str]) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_visible,
        )
        self._environment.globals.update(asset=asset, article_address=article_address)
        self._environment.filters.update(day=day_in_words, language=language_name, web_address=web_address)

    def results(self, form: SearchForm, answer: SearchAnswer) -> Response:
        """A page of hits, or the start page."""
        return self._render(
            "results.html",
            form=form,
            answer=answer,
            # The index escapes what it quotes and adds nothing but <mark>.
            snippets=[Markup(hit.snippet) for hit in answer.hits],
            facets=facets(answer, form),
            filters=active_filters(form),
            pages=pages(answer, form),
            last_page=last_page(answer),
        )

    def bad_form(self, form: SearchForm) -> Response:
        """The form again, saying what in it cannot be used."""
        return self._render("bad_form.html", 400, form=form, filters=active_filters(form))

    def article(self, article: Article, view: str, origin: SearchForm | None) -> Response:
        """The cleaned text or the earlier texts of a document."""
        return self._article(article, view, origin)

    def removals(self, article: Article, explanation: Explanation, origin: SearchForm | None) -> Response:
        """The raw text of a document with every removal in place."""
        return self._article(article, "removed", origin, explanation=Markup(explanation_html(explanation)))

    def message(self, status: int, title: str, *sentences: str) -> Response:
        """A page that says what is wrong and what to do."""
        return self._render("message.html", status, form=SearchForm(), title=title, sentences=sentences)

    def _article(self, article: Article, view: str, origin: SearchForm | None, **more: Any) -> Response:
        form = SearchForm(q=origin.q) if origin else SearchForm()
        return self._render("article.html", form=form, article=article, view=view, origin=origin, **more)

    def _render(self, template: str, status: int = 200, **values: Any) -> Response:
        page = self._environment.get_template(template).render(**values)
        # Damaged input may hold half surrogates, which UTF-8 has no bytes for.
        content = page.encode("utf-8", "backslashreplace")
        return Response(content, status, {"cache-control": "no-cache"}, media_type="text/html")


def _visible(value: Any) -> Any:
    """Bidirectional overrides in a title could make a page read as what it does not say."""
    if isinstance(value, Markup):
        return Markup(printable(value))
    return printable(value) if isinstance(value, str) else value
