"""``saring web`` as a browser and an attacker ask it: a real server over a real index."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import socket
import time
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from starlette.responses import PlainTextResponse
from web_site import ROOT, ingest, serving, settings

from flows.executors import InlineExecutor
from flows.pipeline import run_reindex
from flows.progress import Silent
from flows.web.guard import Guard
from flows.web.parameters import SearchForm, article_address
from flows.web.server import listen
from flows.web.views import facets
from index.generations import Generations
from index.search import SearchAnswer
from transforms.errors import ConfigError

HOSTILE = "hostile/<script>alert(1)</script>"
RECORD = {
    "id": HOSTILE,
    "title": 'Wali Kota <script>alert("judul")</script> \u202eterbalik',
    "outlet": "<img src=x onerror=alert(2)>",
    "url": "javascript:alert(3)",
    "date": "2023-05-04",
    "text": "Wali Kota Sempana membuka gudang garam <b onclick=alert(4)>baru</b> di Teluk Karimba pada Kamis pagi. "
    "Gudang itu menampung dua ribu ton garam rakyat dari tiga desa & dijaga koperasi.\n"
    "Baca juga: Harga Garam <script>alert(5)</script> Naik Lagi\n"
    "Petani garam menyambut baik gudang itu karena harga panen mereka tidak lagi jatuh saat musim hujan tiba.",
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the examples and one hostile record."""
    folder = tmp_path_factory.mktemp("web")
    records = folder / "hostile.jsonl"
    records.write_text(json.dumps(RECORD) + "\n", encoding="utf-8")
    flood = folder / "banjir.txt"
    flood.write_text("Banjir di Karimba surut pada Senin pagi, kata petugas pintu air.\n", encoding="utf-8")
    ingest(folder / "data", ROOT / "examples/raw", records, flood)
    flood.write_text("Banjir di Karimba naik lagi pada Selasa malam, kata petugas.\n", encoding="utf-8")
    ingest(folder / "data", flood)
    return folder / "data"


@pytest.fixture(scope="module")
def site(data: Path) -> Iterator[httpx.Client]:
    with serving(data) as address, httpx.Client(base_url=address, trust_env=False, timeout=20) as client:
        yield client


def links(page: str, start: str) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="([^"]*)"', page) if link.startswith(start)]


def test_search_shows_hits_with_marks_facets_and_copies(site: httpx.Client) -> None:
    page = site.get("/", params={"q": "pelabuhan"})
    assert page.status_code == 200
    assert "<mark>Pelabuhan</mark>" in page.text
    assert "3 articles" in page.text
    assert "/?q=pelabuhan&language=id" in links(page.text, "/?")
    assert "more cop" in page.text
    assert links(page.text, "/article/")[0].startswith("/article/kabarteluk/pelabuhan-feri?")


def test_facets_narrow_down_and_filters_are_taken_away(site: httpx.Client) -> None:
    start = site.get("/").text
    year = next(link for link in links(start, "/?") if "since=2025" in link)
    narrowed = site.get(year).text
    assert "Date: 2025" in narrowed
    hits = re.findall(r'<time datetime="(\d{4})', narrowed)
    assert hits
    assert set(hits) == {"2025"}
    assert "/" in links(narrowed, "/")


def test_paging_shows_every_hit_once(site: httpx.Client) -> None:
    total = int(re.search(r"(\d+) articles, newest", site.get("/").text)[1])  # type: ignore[index]  # fails if absent
    found = [site.get("/", params={"page": page}).text for page in (1, 2)]
    ids = [link.partition("?")[0] for page in found for link in re.findall(r'class="stop" href="([^"]*)"', page)]
    assert len(ids) == len(set(ids)) == total
    assert 'rel="next"' in found[0]
    assert 'rel="prev"' in found[1]
    assert "ends before page 9" in site.get("/", params={"page": 9}).text


def test_dates_sort_and_suggestion(site: httpx.Client) -> None:
    page = site.get("/", params={"q": "language:id", "sort": "date"}).text
    days = re.findall(r'<time datetime="([^"]{10})', page)
    assert days == sorted(days, reverse=True)
    assert "Did you mean" in site.get("/", params={"q": "pelabuhn"}).text


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"q": "x", "since": "kemarin"}, "From must be a year"),
        ({"q": "x", "until": "2024-13"}, "To must be a year"),
        ({"since": "2025", "until": "2024"}, "To lies before From"),
        ({"q": "x", "page": "0"}, "Page must be a number"),
        ({"q": "x", "page": "١"}, "Page must be a number"),
        ({"q": "x", "page": "9" * 5000}, "Page must be a number"),
        ({"q": "x", "sort": "<b>"}, "Sort must be"),
        ({"language": "x" * 500}, "longer than"),
    ],
)
def test_bad_parameters_are_named_on_the_page(site: httpx.Client, parameters: dict[str, str], said: str) -> None:
    page = site.get("/", params=parameters)
    assert page.status_code == 400
    assert said in page.text
    assert "<b>" not in page.text


@pytest.mark.parametrize(
    "query",
    [
        "(" * 3000,
        "*",
        '"',
        "a" * 5000,
        "\x00",
        "\ud800".encode("utf-8", "surrogatepass"),
        "[a TO z]",
        "%%",
        "date:x..y",
    ],
)
def test_no_query_breaks_the_page(site: httpx.Client, query: str | bytes) -> None:
    assert site.get("/", params={"q": query}).status_code == 200


def test_everything_of_a_document_is_escaped(site: httpx.Client) -> None:
    results = site.get("/", params={"q": "gudang garam karimba"}).text
    address = next(link for link in links(results, "/article/hostile/"))
    shown = [results, site.get(address).text, site.get(address.partition("?")[0] + "?view=removed").text]
    for page in shown:
        assert not re.search(r"<(script>|img|b )", page), "markup of a document became markup of the page"
        assert 'href="javascript' not in page
        assert "\u202e" not in page
        assert "Wali Kota &lt;script&gt;" in page
    assert "Baca juga" not in shown[1]
    assert "Baca juga" in shown[2]
    assert "related link" in shown[2]


def test_the_query_is_escaped(site: httpx.Client) -> None:
    page = site.get("/", params={"q": '"><script>alert(1)</script>', "outlet": '"><img src=x>'}).text
    assert "<script>alert" not in page
    assert "<img" not in page


def test_an_article_is_clean_text_in_its_language(site: httpx.Client) -> None:
    page = site.get("/article/kabarteluk/pelabuhan-feri")
    assert '<div class="text" lang="id">' in page.text
    assert "Facebook Twitter" not in page.text
    assert "Jembatan bergerak itu terakhir diganti" in page.text


def test_an_article_names_similar_ones_but_not_its_copies(site: httpx.Client) -> None:
    page = site.get("/article/kabarteluk/pelabuhan-feri").text
    similar = re.search(r'<ul class="others similar">.*?</ul>', page, re.DOTALL)
    assert similar
    assert "Dermaga Kayu Kampung Bakau" in similar[0]
    assert "/article/kabarteluk/pelabuhan-feri" not in similar[0]


def test_what_was_removed_names_rule_kind_and_reason(site: httpx.Client) -> None:
    page = site.get("/article/kabarteluk/pelabuhan-feri", params={"view": "removed", "from": "/?q=feri&page=2"}).text
    assert re.search(r'<del [^>]*class="cut k-navigation"[^>]*>.*Facebook Twitter', page, re.DOTALL)
    assert "dateline" in page
    assert "/?q=feri&page=2" in links(page, "/?")


@pytest.mark.parametrize(
    "origin", ["//evil.example/", "/\\evil.example", "https://evil.example", "javascript:alert(1)"]
)
def test_the_way_back_stays_on_the_site(site: httpx.Client, origin: str) -> None:
    page = site.get("/article/kabarteluk/pelabuhan-feri", params={"from": origin}).text
    assert "Back to the results" not in page
    assert "evil" not in page


def test_copies_lead_to_each_other(site: httpx.Client) -> None:
    copies = re.search(
        r'<details class="copies">.*?</details>', site.get("/", params={"q": "pelabuhan"}).text, re.DOTALL
    )
    assert copies
    copy = site.get(links(copies[0], "/article/")[0]).text
    assert "which is indexed for both" in copy
    assert "indexed for all of them" in copy


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/article/none-such", 404, "No such article"),
        ("/article/%00%FF", 404, "No such article"),
        ("/article/", 404, "No such article"),
        ("/article/x?view=all", 400, "No such view"),
        ("/etc/passwd", 404, "No such page"),
        ("/static/..%2f..%2fapp.py", 404, ""),
    ],
)
def test_addresses_that_are_none(site: httpx.Client, address: str, status: int, said: str) -> None:
    page = site.get(address)
    assert page.status_code == status
    assert said in page.text


def test_only_reading(site: httpx.Client) -> None:
    assert site.post("/", data={"q": "x"}).status_code == 405
    assert site.head("/").status_code == 200


@pytest.mark.parametrize("address", ["/", "/?q=feri", "/?page=x", "/article/x", "/nowhere", "/static/style.css"])
def test_every_answer_carries_the_security_headers(site: httpx.Client, address: str) -> None:
    headers = site.get(address).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers


class Tags(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("address", ["/", "/?q=pelabuhan", "/article/kabarteluk/pelabuhan-feri?view=removed"])
def test_pages_hold_no_inline_code_and_load_nothing_from_elsewhere(site: httpx.Client, address: str) -> None:
    tags = Tags(site.get(address).text).found
    assert not [tag for tag, attributes in tags if tag == "style" or any(name[:2] == "on" for name in attributes)]
    assert not [tag for tag, attributes in tags if "style" in attributes]
    loaded = [
        attributes.get("src") or attributes.get("href") for tag, attributes in tags if tag in ("link", "script", "img")
    ]
    assert loaded
    assert all(str(target).startswith("/static/") for target in loaded)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "192.168.1.9", ""])
def test_a_request_to_another_name_is_refused(site: httpx.Client, host: str) -> None:
    answer = site.get("/", headers={"host": host})
    assert answer.status_code == 421
    assert "articles" not in answer.text


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "[::1]:80"])
def test_this_machine_may_be_called_by_its_names(site: httpx.Client, host: str) -> None:
    assert site.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("192.168.1.9:8000", 200),
        ("10.0.0.7", 200),
        ("localhost", 200),
        (socket.gethostname(), 200),
        ("evil.example", 421),
        ("", 421),
    ],
)
def test_on_a_network_only_numbers_and_own_names_are_answered(header: str, status: int) -> None:
    guarded = Guard(PlainTextResponse("inside"), "192.168.1.9")

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(guarded), base_url="http://192.168.1.9") as client:
            return await client.get("/", headers={"host": header})

    answer = asyncio.run(ask())
    assert answer.status_code == status
    assert ("inside" in answer.text) is (status == 200)
    assert "content-security-policy" in answer.headers


def test_static_files_are_kept_by_the_browser(site: httpx.Client) -> None:
    address = links(site.get("/").text, "/static/style.css")[0]
    first = site.get(address)
    assert "immutable" in first.headers["cache-control"]
    assert site.get("/static/style.css").headers["cache-control"] == "no-cache"
    again = site.get(address, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def waiting_for(path: Path) -> str:
    until = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < until, f"{path} does not appear"
        time.sleep(0.02)
    return path.read_text(encoding="utf-8").strip()


def test_a_server_shows_itself_and_follows_ingests_new_generations_and_rollbacks(data: Path, tmp_path: Path) -> None:
    copy, shown, browser = tmp_path / "data", tmp_path / "shown", tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {shown}.part && mv {shown}.part {shown}\n', encoding="utf-8")
    browser.chmod(0o755)
    with (
        serving(copy, "--open", BROWSER=f"{browser} %s") as address,
        httpx.Client(base_url=address, trust_env=False, timeout=20) as client,
    ):
        assert waiting_for(shown) == f"{address}/"
        empty = client.get("/", params={"q": "nelayan"})
        assert empty.status_code == 503
        assert "saring ingest" in empty.text
        assert client.get("/article/x").status_code == 503

        # What an ingest makes, for the price of a copy.
        shutil.copytree(data, copy, dirs_exist_ok=True)
        assert client.get("/", params={"q": "gudang garam"}).status_code == 200

        (tmp_path / "baru.txt").write_text("Jembatan Wanasari dibuka kembali oleh Bupati Lintang.\n", encoding="utf-8")
        ingest(copy, tmp_path / "baru.txt")
        assert "1 article for" in re.sub(r"<[^>]*>|\s+", " ", client.get("/", params={"q": "wanasari"}).text)

        before = (copy / "index" / "CURRENT").read_text(encoding="utf-8")
        run_reindex(settings(copy), InlineExecutor(), from_raw=False, progress=Silent())
        assert (copy / "index" / "CURRENT").read_text(encoding="utf-8") != before
        assert client.get("/", params={"q": "wanasari"}).status_code == 200
        assert Generations(copy / "index").rollback() == before
        assert client.get("/", params={"q": "wanasari"}).status_code == 200


@pytest.mark.sqlite("its file is damaged")
def test_damaged_files_make_a_page_that_says_so(data: Path, tmp_path: Path) -> None:
    shutil.copytree(data / "index", tmp_path / "data" / "index")
    for segment in (tmp_path / "data" / "index").rglob("*.seg"):
        segment.write_bytes(segment.read_bytes()[:100])
    (tmp_path / "data" / "ledger.sqlite").write_bytes(b"this is no database" * 500)
    with serving(tmp_path / "data") as address, httpx.Client(base_url=address, trust_env=False, timeout=20) as client:
        for asked in ("/?q=feri", "/article/banjir"):
            page = client.get(asked)
            assert page.status_code in (500, 503)
            assert "<h1>" in page.text
            assert "Traceback" not in page.text
            assert "content-security-policy" in page.headers


def test_months_are_offered_within_one_year() -> None:
    counts = {"language": {}, "outlet": {}, "year": {"2024": 3}, "month": {"2024-11": 1, "2024-06": 2}}
    answer = SearchAnswer("x", 3, 1, 20, 1.0, "g", None, facets=counts)
    facet = facets(answer, SearchForm(q="x"))[0]
    assert [(link.label, link.count) for link in facet.links] == [("November 2024", 1), ("June 2024", 2)]
    assert facet.links[1].address == "/?q=x&since=2024-06&until=2024-06"
    several = SearchAnswer("x", 3, 1, 20, 1.0, "g", None, facets={**counts, "year": {"2024": 3, "2023": 1}})
    assert facets(several, SearchForm(q="x"))[0].label == "Year"


@pytest.mark.parametrize("document_id", ["a/b", "a//b", "../b", "a/./b", "ä ?#%2F~b", "a\\b", "..."])
def test_every_id_makes_an_address_that_leads_to_it(document_id: str) -> None:
    address = httpx.URL("http://127.0.0.1").join(article_address(document_id))
    assert unquote(address.raw_path.decode()) == f"/article/{document_id}"


def test_earlier_texts_are_shown(site: httpx.Client) -> None:
    page = site.get("/article/banjir").text
    assert "Earlier texts (1)" in page
    assert "surut" not in page
    assert re.search("<del>[^<]*surut", site.get("/article/banjir?view=versions").text)
    assert "no earlier texts" in site.get("/article/kabarteluk/pelabuhan-feri?view=versions").text


def test_a_port_in_use_is_named(site: httpx.Client) -> None:
    with pytest.raises(ConfigError, match="--port"):
        listen("127.0.0.1", site.base_url.port or 0)


def test_an_address_that_is_none_is_named() -> None:
    with pytest.raises(ConfigError, match="no such address"):
        listen("no.such.host.invalid", 0)
