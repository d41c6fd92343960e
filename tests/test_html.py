"""Pages to text from outside: the right text, exact places, metadata, and no page that breaks or stalls it."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.models import Hints, RawDocument, TextView
from transforms.parse import parse

FIRST = "Petani di Desa Sukamaju mulai memanen cabai sejak awal pekan ini karena cuaca mendukung."
SECOND = "Harga di tingkat petani mencapai Rp40 ribu per kilogram, kata Ketua Kelompok Tani Rahmat."
THIRD = "“Kami berharap harga bertahan sampai akhir bulan,” ujarnya kepada wartawan di lokasi panen."
BODY = f"<p>{FIRST}</p><p>{SECOND}</p><h2>Harapan petani</h2><p>{THIRD}</p>"
LINES = f"{FIRST}\n{SECOND}\nHarapan petani\n{THIRD}"
PAGE = f"""<!DOCTYPE html>
<html lang="id"><head><title>Panen Cabai Lebih Awal | Kabar Contoh</title>
<link rel="canonical" href="https://kabar.example/panen">
<script>var teks = "<p>Bukan isi berita sama sekali, hanya kode program.</p>";</script></head>
<body class="single-post has-sidebar">
<nav><ul><li><a href="/">Beranda</a></li><li><a href="/p">Politik</a></li></ul></nav>
<div class="content-wrapper"><article><h1>Panen Cabai Lebih Awal</h1><div class="post-meta">Senin, 3 Juni 2024</div>
<div class="entry-content">{BODY}<!-- catatan redaksi --></div>
<div class="share-buttons"><a href="#">Bagikan</a></div></article>
<aside><h3>Terpopuler</h3>
<p><a href="/a">Jalan desa diperbaiki setelah dua tahun menunggu anggaran daerah</a></p></aside></div>
<div id="comments"><p>Semoga harganya tetap bagus terus ya sampai panen berikutnya, salam dari kota.</p></div>
<footer>Hak cipta Kabar Contoh, seluruh isi dilindungi undang-undang yang berlaku.</footer></body></html>"""


def parsed(page: str, **fields: str) -> tuple[TextView, Hints]:
    return parse(RawDocument("a", "a", page, media="html", **fields))  # type: ignore[arg-type] # text fields only


def check_places(view: TextView) -> None:
    """Kept characters and removals are disjoint, in order, and together all of the page but white space."""
    assert view.starts is not None
    assert view.ends is not None
    assert len(view.starts) == len(view.ends) == len(view.text)
    for removal in view.removals:
        assert view.decoded[removal.start : removal.end] == removal.text
    kept = {(start, end) for start, end in zip(view.starts, view.ends, strict=True) if start < end}
    at = 0
    for start, end in sorted(kept | {(removal.start, removal.end) for removal in view.removals}):
        assert start >= at
        assert not view.decoded[at:start].strip()
        at = end
    assert not view.decoded[at:].strip()


def test_the_article_and_nothing_else() -> None:
    view, _ = parsed(PAGE)
    assert view.text == LINES
    check_places(view)
    assert {removal.kind for removal in view.removals} == {"markup"}


def test_each_character_is_traced_to_the_source() -> None:
    view, _ = parsed("<html><body><p>Harga&nbsp;naik &amp; <b>turun</b>&#8217;lah   terus</p></body></html>")
    assert view.text == "Harga naik & turun’lah terus"
    check_places(view)
    sources = {view.decoded[slice(*view.origin(at, at + 1))] for at, char in enumerate(view.text) if char in "&’"}
    assert sources == {"&amp;", "&#8217;"}
    start, end = view.origin(view.text.index("turun"), view.text.index("turun") + 5)
    assert view.decoded[start:end] == "turun"


def test_inline_elements_do_not_break_words_and_blocks_do() -> None:
    view, _ = parsed(
        "<p>Ko<b>ta</b> <i>tua</i>\n<a href=x>ramai</a>.</p><div>Baris satu<br>baris dua</div><ul><li>a<li>b</ul>"
    )
    assert view.text == "Kota tua ramai.\nBaris satu\nbaris dua\na\nb"
    check_places(view)


def test_fragments_are_kept_but_for_furniture() -> None:
    view, _ = parsed("<p>Pendek.</p><div class='share'>Bagikan ke teman</div><p>Akhir</p>")
    assert view.text == "Pendek.\nAkhir"
    assert [removal.rule for removal in view.removals] == ["html.markup", "html.furniture", "html.markup"]


def test_captions_are_named_so() -> None:
    page = PAGE.replace(
        f"<p>{SECOND}", f"<figure><img><figcaption>Cabai di kebun warga. (Foto: Rini)</figcaption></figure><p>{SECOND}"
    )
    view, _ = parsed(page)
    assert view.text == LINES
    assert [removal.kind for removal in view.removals if "Foto: Rini" in removal.text] == ["caption"]


@pytest.mark.parametrize(
    "name", ["sidebar-left", "page modal", "has-comments", "print-area", "ad-layout", "footer-wrap"]
)
def test_a_misleading_name_does_not_lose_the_article(name: str) -> None:
    assert parsed(PAGE.replace("content-wrapper", name))[0].text == LINES
    assert parsed(f"<html><body><div class='{name}'>{BODY}</div></body></html>")[0].text == LINES


def test_line_breaks_instead_of_paragraphs() -> None:
    menu = "<div id=menu><a href=a>Beranda</a></div>"
    page = f"<html><body>{menu}<div>{FIRST}<br><br>{SECOND}<br>{THIRD}</div></body></html>"
    assert parsed(page)[0].text == f"{FIRST}\n{SECOND}\n{THIRD}"


def test_lists_of_the_article_stay() -> None:
    items = "<ul><li>Cabai rawit</li><li>Cabai merah</li></ul>"
    assert parsed(PAGE.replace(BODY, BODY + items))[0].text == f"{LINES}\nCabai rawit\nCabai merah"


def test_who_wrote_it_stays_for_the_text_cleaner() -> None:
    after = "<p>Editor: Rini Contoh</p><p>(rin/abd)</p><p>Bagikan</p>"
    assert parsed(PAGE.replace(BODY, BODY + after))[0].text == f"{LINES}\nEditor: Rini Contoh\n(rin/abd)"


def test_article_body_of_the_metadata_decides() -> None:
    other = "".join(
        f"<p>{sentence}</p>" for sentence in [f"Ringkasan berita lain nomor {n} yang cukup panjang." for n in range(4)]
    )
    data = {"@graph": [{"@type": "NewsArticle", "articleBody": f"{FIRST} {SECOND} {THIRD} " + "kata lain " * 20}]}
    script = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    page = f"<html><body>{script}<div><div>{BODY}</div></div><div><div>{other}</div></div></body></html>"
    assert parsed(page)[0].text == LINES


def test_what_the_page_says_of_itself() -> None:
    hints = parsed(PAGE)[1]
    assert (hints.title, hints.url) == ("Panen Cabai Lebih Awal", "https://kabar.example/panen")
    assert (hints.language, hints.outlet) == ("id", "kabar.example")
    data = {
        "@type": ["NewsArticle"],
        "headline": "Panen &quot;Raya&quot; Cabai",
        "datePublished": "2024-06-03T08:00:00+07:00",
        "author": [{"@type": "Person", "name": "Rini Contoh"}],
        "publisher": {"name": "Kabar Contoh"},
    }
    script = f'<script type="application/ld+json">[{json.dumps(data)}]</script>'
    hints = parsed(PAGE.replace("<head>", "<head>" + script))[1]
    assert hints.title == 'Panen "Raya" Cabai'
    assert (hints.date, hints.authors, hints.outlet) == ("2024-06-03T08:00:00+07:00", ("Rini Contoh",), "Kabar Contoh")


def test_open_graph_and_time() -> None:
    title = '<meta property="og:title" content="Panen Raya - Kabar Contoh">'
    site = '<meta property="og:site_name" content="Kabar Contoh">'
    page = f'<html><head>{title}{site}</head><body><time datetime="2024-06-03T09:00">Senin</time>{BODY}</body></html>'
    hints = parsed(page)[1]
    assert (hints.title, hints.outlet, hints.date) == ("Panen Raya", "Kabar Contoh", "2024-06-03T09:00")


def test_fields_of_the_record_come_first() -> None:
    hints = parsed(PAGE, title="Judul lain", url="https://lain.example/x", language="ms")[1]
    assert (hints.title, hints.url, hints.language) == ("Judul lain", "https://lain.example/x", "ms")


def test_mojibake_in_a_page_is_mended() -> None:
    view, _ = parsed(
        f"<html><body><p>{FIRST}</p><p>Ia berkata, â€œya, hari ini panen rayaâ€\x9d kepada warga.</p></body></html>"
    )
    assert "“ya, hari ini panen raya”" in view.text
    assert len(view.repairs) == 2
    check_places(view)


HOSTILE = {
    "deep": "<html><body>" + "<div>" * 70_000 + BODY,
    "deep_inline": "<html><body>" + "<b>" * 5_000 + BODY,
    "nested_articles": "<html><body>" + "<div class='article-body'>" * 4_000 + BODY,
    "attributes": "<html><body><div " + " ".join(f"a{n}=1" for n in range(150_000)) + f">{BODY}",
    "open_quotes": '<a href="' * 10_000,
    "open_brackets": "<" * 20_000,
    "open_comments": "<!--" * 20_000,
    "open_scripts": "<script>" * 50_000,
    "open_svg": "<svg>" * 50_000,
    "ampersands": "&" * 20_000,
    "unclosed": "<html><body>" + "<p><a href=x><b><i>teks " * 1_000,
    "nul": f"<html>\0<body>{BODY}\0",
    "deep_json": '<html><script type="application/ld+json">' + "[" * 200_000 + f"</script><body>{BODY}",
    "odd_json": '<script type="application/ld+json">{"@type":"NewsArticle","author":[null,3],"headline":[1]}</script>'
    + BODY,
    "private_use": f"<p>\ue0000\ue001 tanda \ue00099\ue001</p>{BODY}",
    "nothing": "",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_end_in_time_and_add_up(name: str) -> None:
    start = time.process_time()
    view, _ = parsed(HOSTILE[name])
    assert time.process_time() - start < 5
    check_places(view)
    if BODY in HOSTILE[name]:
        assert FIRST in view.text


def test_unclosed_links_do_not_lose_the_text() -> None:
    assert parsed(HOSTILE["unclosed"])[0].text.count("teks") == 1_000


TAGS = [
    "<p>",
    "</p>",
    "<div class='share'>",
    "</div>",
    "<b>",
    "<br/>",
    "<!-- x -->",
    "<script>",
    "</script>",
    "<a href='",
    "'>",
    "<",
]


@given(
    st.lists(
        st.sampled_from(
            [
                *TAGS,
                "&amp;",
                "&zzz;",
                "&#0;",
                " ",
                "\n",
                "kata",
                "Kalimat ini panjang dan selesai di sini.",
                "<html><body>",
            ]
        )
    )
)
def test_any_soup_adds_up(parts: list[str]) -> None:
    check_places(parsed("".join(parts))[0])
