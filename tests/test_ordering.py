"""The order of a result: whole, whatever is looked at first."""

from __future__ import annotations

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from index.engine import WhooshEngine
from index.ordering import SCORE_DIGITS, first_documents


class Documents:
    """As much of an engine as an order needs; ids fall as the numbers of documents rise."""

    def __init__(self, dates: list[int]) -> None:
        self._dates = dates

    def published(self) -> list[int]:
        return self._dates

    def hit(self, doc: int) -> dict[str, Any]:
        return {"id": f"{1_000 - doc:04d}"}

    def id_rank(self, doc: int) -> int:
        return 1_000 - doc


@given(
    st.lists(st.tuples(st.sampled_from([0.5, 0.5 + 1e-10, 0.5 + 1e-8, 1.0, 2.0]), st.integers(0, 3)), max_size=40),
    st.booleans(),
    st.integers(1, 45),
)
def test_the_first_documents_are_those_of_the_whole_order(
    documents: list[tuple[float, int]], by_date: bool, count: int
) -> None:
    scores = {doc: score for doc, (score, _) in enumerate(documents)}
    engine = Documents([date for _, date in documents])

    def key(doc: int) -> tuple[Any, ...]:
        score, date = -round(scores[doc], SCORE_DIGITS), -documents[doc][1]
        return (*((date, score) if by_date else (score, date)), engine.id_rank(doc))

    found = first_documents(cast("WhooshEngine", engine), scores, by_date=by_date, count=count)
    assert found == sorted(scores, key=key)[:count]
