"""``saring web`` in a real browser: keys, phone width, dark mode, contrast, and no request to anywhere else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chromium import BROWSER, Page, browse
from web_site import ROOT, ingest, serving

pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs Chromium or Chrome, and there is none on the path")

ARTICLE = "/article/kabarteluk/pelabuhan-feri"
LEAST_CONTRAST = 4.5
"""WCAG 2 level AA for text."""

# Every element with text of its own against the first background that is not transparent behind it.
CONTRASTS = """
(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const parts = (colour, below) => {
    canvas.fillStyle = below ? `rgb(${below})` : "#fff";
    canvas.fillRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const chain = [];
    for (let at = element; at; at = at.parentElement) chain.unshift(getComputedStyle(at).backgroundColor);
    return chain.reduce((below, colour) => parts(colour, below), null);
  };
  const found = [];
  for (const element of document.body.querySelectorAll("*")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.getClientRects().length || element.closest("option")) continue;
    const back = behind(element);
    const [a, b] = [light(parts(getComputedStyle(element).color, back)), light(back)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    found.push([ratio, element.tagName + "." + element.className + " " + element.textContent.trim().slice(0, 40)]);
  }
  return found;
})()
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("browsed") / "data"
    ingest(data, ROOT / "examples/raw")
    with serving(data) as address:
        yield address


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browse(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def page(browser: Page) -> Page:
    browser.messages.clear()
    browser.requests.clear()
    return browser


def focused(page: Page) -> str:
    return str(page.value("document.activeElement.textContent.trim() || document.activeElement.id"))


def test_a_search_by_keyboard_alone(page: Page, site: str) -> None:
    page.open(f"{site}/")
    page.press("/")
    assert focused(page) == "q"
    page.type("pelabuhan")
    page.press("Enter")
    page.wait(
        "document.querySelector('h1')?.textContent.includes('for pelabuhan') && document.readyState === 'complete'"
    )
    titles = page.value("[...document.querySelectorAll('.hits h2')].map((title) => title.textContent.trim())")
    page.press("j")
    assert focused(page) == titles[0]
    assert page.value("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.press("j")
    assert focused(page) == titles[1]
    page.press("k")
    page.press("Enter")
    page.wait("location.pathname.startsWith('/article/') && document.readyState === 'complete'")
    assert page.value("document.querySelector('h1').textContent") == titles[0]
    assert page.value("document.querySelector('#q').value") == "pelabuhan"
    assert not page.messages


def test_typing_j_in_the_box_types_it(page: Page, site: str) -> None:
    page.open(f"{site}/?q=feri")
    page.press("/")
    page.press("j")
    assert page.value("document.querySelector('#q').value") == "j"


def test_copies_unfold(page: Page, site: str) -> None:
    page.open(f"{site}/?q=pelabuhan")
    assert not page.value("document.querySelector('.copies li').checkVisibility()")
    page.value("document.querySelector('.copies summary').click()")
    assert page.value("document.querySelector('.copies li').checkVisibility()")


def test_removals_are_coloured_explained_and_hidden_on_demand(page: Page, site: str) -> None:
    page.open(f"{site}{ARTICLE}?view=removed")
    backgrounds = page.value(
        "[...document.querySelectorAll('.cut')].map((cut) => getComputedStyle(cut).backgroundColor)"
    )
    assert len(set(backgrounds)) > 2
    page.press("j")
    assert page.value(
        "document.activeElement.matches('.cut') && document.activeElement.querySelector('.why').checkVisibility()"
    )
    page.value("document.querySelector('.switch input').click()")
    assert not page.value("document.querySelector('.cut').checkVisibility()")
    assert "Pelabuhan feri Muara Lintang akan ditutup" in page.value("document.querySelector('.raw').innerText")


@pytest.mark.parametrize("address", ["/", "/?q=pelabuhan", ARTICLE, f"{ARTICLE}?view=removed", "/?since=x", "/nowhere"])
def test_a_phone_shows_everything_without_scrolling_sideways(page: Page, site: str, address: str) -> None:
    page.open(site + address, width=390, height=844)
    assert page.value("document.documentElement.scrollWidth") == 390
    assert page.value("document.querySelector('#q').getBoundingClientRect().width") > 200


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("address", ["/?q=pelabuhan&language=id", ARTICLE, f"{ARTICLE}?view=removed", "/?page=x"])
def test_text_stands_out_in_both_schemes(page: Page, site: str, address: str, dark: bool) -> None:
    page.open(site + address, dark=dark)
    shade = page.value("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, shade[4:-1].split(","))) < 3 * 128) is dark
    faint = [(round(ratio, 2), what) for ratio, what in page.value(CONTRASTS) if ratio < LEAST_CONTRAST]
    assert not faint


def test_nothing_is_refused_and_nothing_is_asked_elsewhere(page: Page, site: str) -> None:
    for address in ("/", "/?q=pelabuhan", ARTICLE, f"{ARTICLE}?view=removed"):
        page.open(site + address)
    assert page.messages == []
    assert [address for address in page.requests if not address.startswith(f"{site}/")] == []


def test_landmarks_labels_and_languages(page: Page, site: str) -> None:
    page.open(f"{site}/?q=pelabuhan")
    assert page.value("document.querySelectorAll('main').length") == 1
    assert page.value("document.querySelectorAll('h1').length") == 1
    assert page.value(
        "[...document.querySelectorAll('input:not([type=hidden]), select')].every((f) => f.labels.length)"
    )
    assert page.value("document.querySelector('.snippet').lang") == "id"
    assert page.value("document.documentElement.lang") == "en"
