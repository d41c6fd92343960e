"""Plain text to a view: nothing changes but mojibake, and every character can be traced back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from transforms.models import RawDocument
from transforms.parse import host_of, parse, text_view


def test_plain_text_is_its_own_view() -> None:
    text = "“Siap,” kata Ibu Rini – di café… ﬁlm ＡＢＣ\u00a0\r\nBaris dua."
    view = text_view(text)
    assert view.text is text
    assert view.starts is None
    assert view.repairs == ()


def test_mojibake_is_mended_and_traced() -> None:
    text = "Kata dia, â€œKami siapâ€\x9d dan cafÃ© itu “tetap” buka."
    view = text_view(text)
    assert view.text == "Kata dia, “Kami siap” dan café itu “tetap” buka."
    assert [repair.kind for repair in view.repairs] == ["mojibake"] * 3
    at = view.text.index("“Kami")
    start, end = view.origin(at, at + 1)
    assert text[start:end] == "â€œ"
    start, end = view.origin(view.text.index("buka"), len(view.text))
    assert text[start:end] == "buka."


def test_other_kinds_of_mojibake() -> None:
    assert text_view("katanya.,‚ÄúProgram ini‚Äù").text == "katanya.,“Program ini”"
    assert text_view("ia berkata \x93ya\x94").text == "ia berkata “ya”"


def test_words_that_look_odd_are_left_alone() -> None:
    for text in ("Ångström, Čapek, Łódź, São Paulo, naïve, Kür", "إن شاء الله", "中文新闻", "50 °C ± 2 µm"):
        assert text_view(text).text == text


def test_own_fields_become_hints() -> None:
    raw = RawDocument("a", "a", "Isi.", title=" Panen \n raya ", url="https://www.kabar.example/1", language="id")
    hints = parse(raw)[1]
    assert (hints.title, hints.outlet, hints.language, hints.date) == ("Panen raya", "kabar.example", "id", None)


def test_hosts() -> None:
    assert host_of("https://m.kabar.example:8080/a") == "kabar.example"
    assert host_of("kabar.example/a") == "kabar.example"
    assert host_of("bukan url") is None
    assert host_of("http://[rusak") is None


@given(st.text(st.sampled_from("ab .“”â€œÃ©™\x93\x9d‚Äú \nكتاب—"), max_size=80))
def test_views_map_onto_the_input_in_order(text: str) -> None:
    view = text_view(text)
    if view.starts is None or view.ends is None:
        assert view.text == text
        return
    assert len(view.starts) == len(view.ends) == len(view.text)
    mended = {repair.at for repair in view.repairs}
    for at, char in enumerate(view.text):
        start, end = view.starts[at], view.ends[at]
        assert 0 <= start < end <= len(text)
        assert text[start:end] == char or any(start - 40 <= place <= end for place in mended)
    assert list(view.starts) == sorted(view.starts)
    assert list(view.ends) == sorted(view.ends)
