"""Lines that an outlet prints on many pages: what is counted, learned, proposed, decided and cut."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from flows.cli import app
from flows.executors import InlineExecutor, ProcessExecutor
from flows.pipeline import run_ingest
from flows.progress import Silent
from flows.settings import Settings
from index import ledger_lines
from index.ledger import Ledger
from index.ledger_codec import storable
from transforms.clean import clean
from transforms.lines import make_page, page_of_lines
from transforms.models import RawDocument
from transforms.outlet_lines import (
    MIN_DAYS,
    MIN_DOCUMENTS,
    Knowledge,
    LineFigures,
    count_document,
    form_of,
    line_key,
    normal_line,
    number_of,
    outlet_key,
    sign_of,
    state_of,
)
from transforms.parse import mended, parse, text_view
from transforms.related import normal_title
from transforms.rules import load_rules

STOCK = "Simak siaran radio pesisir di YouTube Muara"
PROMO = "Cek seputar pesisir di Telegram Kabar Muara"
HEADING = "Kronologi singkat"
SUBJECTS = "Nelayan Petani Guru Bupati Pedagang Camat Perawat Pelajar Sopir Peternak Penenun Pengrajin".split()
VERBS = "memperbaiki membersihkan meninjau membangun menanam merawat mengecat menghitung menjaga mengangkut".split()
THINGS = "perahu jembatan sekolah tanggul kebun pasar saluran balai dermaga gudang sumur lumbung".split()


def body(draw: random.Random) -> str:
    lines = []
    for _ in range(4):
        words = [draw.choice(SUBJECTS), draw.choice(VERBS), draw.choice(THINGS), "di", "desa", draw.choice(THINGS)]
        lines.append(
            " ".join([*words, "bersama", "warga", "sejak", draw.choice(THINGS), "lama", "rusak", "parah"]) + "."
        )
    lines.insert(2, HEADING)
    return "\n".join(lines)


def article(number: int, ending: str = PROMO, outlet: str = "kabarmuara.example") -> dict[str, str]:
    draw = random.Random(number)
    return {
        "id": f"m{number:03d}",
        "outlet": outlet,
        "title": f"Kabar ke-{number} dari muara dan {draw.choice(THINGS)} tua",
        "date": f"2024-03-{1 + number % 9:02d}",
        "text": f"{body(draw)}\n{ending}",
    }


def write(path: Path, records: list[dict[str, str]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def ingest(settings: Settings, source: Path, executor=None, **options):
    report = run_ingest(settings, [str(source)], executor or InlineExecutor(), full=False, progress=Silent(), **options)
    assert report.balanced
    return report


def texts(settings: Settings) -> dict[str, str]:
    with Ledger.open(settings.ledger_url, read_only=True) as ledger:
        return {record.id: record.text for record in ledger.live_representatives()}


def review(settings: Settings, outlet: str = "kabarmuara.example") -> dict[str, ledger_lines.ReviewedLine]:
    with Ledger.open(settings.ledger_url, read_only=True) as ledger, ledger.reading() as connection:
        return {line.text: line for line in ledger_lines.review(connection, outlet)}


def settings(folder: Path, **changes) -> Settings:
    return Settings(data_dir=folder / "data", **changes)


@pytest.mark.parametrize(
    ("line", "look"),
    [
        ("Ikuti berita Kabar Muara lainnya di Google News", "furniture"),
        ("Baca berita terbaru kami lewat saluran WhatsApp", "furniture"),
        ("(abc/def)", "furniture"),
        ("(Sari Melati)", "furniture"),
        ("* * *", "furniture"),
        ("Kesimpulan", "unsure"),
        ("Timnas Indonesia", "unsure"),
        ("Baca juga:", "unsure"),
        ("Simak informasi selengkapnya berikut ini.", "unsure"),
        ("Harga di atas sudah termasuk pajak dan dapat berubah sewaktu-waktu di setiap gerai.", "body"),
        ("Emas 5 gram: Rp 7.500.000", "body"),
        ("Semoga Tuhan memberi kekuatan kepada semua warga yang terkena musibah ini.", "body"),
        ('"Kami akan membaca laporan itu di WhatsApp," ujarnya', "body"),
    ],
)
def test_form_tells_furniture_from_text(line, look):
    assert form_of(normal_line(line)).look == look


def test_frequency_alone_decides_nothing():
    often = LineFigures(500, 100, 500)
    assert state_of(form_of("kesimpulan"), often, None) == "proposed"
    assert state_of(form_of("semoga warga di sana selalu diberi kesehatan dan keselamatan."), often, None) == "body"
    stock = form_of(normal_line(PROMO))
    assert state_of(stock, often, None) == "learned"
    assert state_of(stock, often, None, learn=False) == "proposed"
    assert state_of(stock, LineFigures(MIN_DOCUMENTS - 1, 7, 7), None) == "proposed"
    assert state_of(stock, LineFigures(500, MIN_DAYS - 1, 500), None) == "proposed"
    assert state_of(stock, LineFigures(500, 100, 300), None) == "proposed"
    assert state_of(stock, often, "veto") == "vetoed"


@given(st.text(max_size=60))
def test_case_space_and_digits_make_no_difference(line):
    assert normal_line(f"  {line}\t") == normal_line(normal_line(line))


@hypothesis_settings(deadline=None)  # the first text loads what mends mojibake
@given(st.lists(st.text(max_size=90), max_size=40), st.none() | st.text(max_size=12))
def test_any_text_can_be_counted(lines, outlet):
    raw = RawDocument("x", "x", "\n".join(lines), outlet=outlet)
    counted = count_document(raw, "x", "hash")
    assert len({line.key for line in counted.lines}) == len(counted.lines) <= 24


PIECES = (*" \t\xa0\u2003\u200b\x1f\n\r\x85\u2028\x1c", "â€œ", "Ã©", "Baca juga")


@hypothesis_settings(deadline=None)  # as above
@given(st.lists(st.text(max_size=8) | st.sampled_from(PIECES), max_size=40).map("".join))
def test_the_lines_that_are_counted_are_those_of_the_page_that_is_cleaned(text):
    counted, cleaned = page_of_lines(mended(text)), make_page(text_view(text).text)
    assert counted.lines == cleaned.lines
    assert (counted.text, counted.head_end, counted.tail_start) == (cleaned.text, cleaned.head_end, cleaned.tail_start)


def test_sentences_at_either_end_of_a_long_line_are_counted():
    text = " ".join(f"Warga {name} memperbaiki perahu." for name in ("satu", *SUBJECTS * 9, "dua"))
    counted = [line.text for line in count_document(RawDocument("x", "x", text, outlet="m"), "x", "hash").lines]
    named = ["satu", "nelayan", "peternak", "penenun", "pengrajin", "dua"]
    assert counted == [f"warga {name} memperbaiki perahu." for name in named]


@pytest.mark.parametrize("signed", [False, True])
def test_learned_lines_are_cut_and_cleaning_again_changes_nothing(signed):
    rules = load_rules()
    outlet = str(outlet_key("kabarmuara.example"))
    signs = {outlet: [sign_of(normal_line(PROMO)), sign_of(normal_line(STOCK))]} if signed else {}
    known = Knowledge({outlet: {line_key(outlet, normal_line(STOCK)): "promo"}}, signs)
    record = article(1, STOCK)
    raw = RawDocument("m", "m", record["text"], outlet=record["outlet"])
    cleaned = clean(*parse(raw), rules, known)
    assert [(r.rule, r.kind, r.text) for r in cleaned.removals if r.rule == "outlet.line"] == [
        ("outlet.line", "promo", STOCK)
    ]
    again = clean(*parse(replace(raw, text=cleaned.text)), rules, known)
    assert (again.text, again.removals) == (cleaned.text, ())
    elsewhere = clean(*parse(replace(raw, outlet="lain.example")), rules, known)
    assert STOCK in elsewhere.text


@given(st.text(st.characters(exclude_characters="\n"), max_size=40), st.text(max_size=8), st.text(max_size=8))
def test_a_page_with_a_line_shows_its_sign(line, before, after):
    page = make_page(text_view(f"{before}\n{line}\n{after}").text)
    for found in page.lines:
        assert sign_of(str(storable(normal_line(found.text)))) in page.folded
    assert sign_of("© 0-0 kabar muara") == " kabar muara"
    assert sign_of("cek \\x00 di sini") == ""


def test_a_known_title_ends_a_headline():
    title = "Warga Muara Baru Tanam Bakau Bersama Bupati Sutan Raja"
    text = (
        "Dermaga di muara itu diperbaiki sejak awal tahun oleh warga setempat. "
        f"Baca Juga: {title} Malik hadir dalam acara tersebut bersama para camat dan kepala desa."
    )
    known = Knowledge(titles=[number_of("title", normal_title(title))])
    cleaned = clean(*parse(RawDocument("t", "t", text)), load_rules(), known)
    assert [r.rule for r in cleaned.removals] == ["related.inline_known_title"]
    assert "Malik hadir dalam acara" in cleaned.text


def test_a_run_learns_what_is_furniture_and_only_that(tmp_path):
    own = settings(tmp_path)
    source = write(tmp_path / "a.jsonl", [article(n, f"{STOCK}\n{PROMO}") for n in range(12)])
    ingest(own, source)
    lines = review(own)
    assert lines[normal_line(PROMO)].state == "learned"
    assert lines[normal_line(PROMO)].figures == LineFigures(12, 9, 12)
    assert lines[normal_line(PROMO)].examples
    assert lines[normal_line(HEADING)].state == "proposed"
    assert all(HEADING in text and PROMO not in text for text in texts(own).values())
    assert ingest(own, source).counts["unchanged"] == 12


def test_small_corpora_learn_nothing(tmp_path):
    own = settings(tmp_path)
    ingest(own, write(tmp_path / "a.jsonl", [article(n) for n in range(MIN_DOCUMENTS - 1)]))
    assert all(line.state in ("proposed", "body") for line in review(own).values())


def test_order_shards_and_runs_make_no_difference(tmp_path):
    records = [article(n) for n in range(16)]
    one = settings(tmp_path / "one")
    ingest(one, write(tmp_path / "one.jsonl", records))
    expected = texts(one), {text: line.state for text, line in review(one).items()}
    random.Random(1).shuffle(records)
    shuffled = settings(tmp_path / "shuffled", runner={"shard_documents": 3})
    with ProcessExecutor(2) as executor:
        ingest(shuffled, write(tmp_path / "shuffled.jsonl", records), executor)
    assert (texts(shuffled), {text: line.state for text, line in review(shuffled).items()}) == expected
    split = settings(tmp_path / "split")
    parts = [write(tmp_path / f"part{at}.jsonl", records[at : at + 4]) for at in range(0, 16, 4)]
    for part in parts:
        ingest(split, part)
    for part in parts:  # what was cleaned before the line was learned is cleaned again, once
        ingest(split, part)
    assert (texts(split), {text: line.state for text, line in review(split).items()}) == expected
    for part in parts:
        assert ingest(split, part).counts["unchanged"] == 4


def test_counting_again_adds_nothing_and_a_change_replaces(tmp_path):
    own = settings(tmp_path)
    source = write(tmp_path / "a.jsonl", [article(n) for n in range(10)])
    ingest(own, source)
    run_ingest(own, [str(source)], InlineExecutor(), full=True, progress=Silent())
    assert review(own)[normal_line(PROMO)].figures.documents == 10
    write(source, [article(n, "Warga menutup acara itu dengan doa bersama." if n < 5 else PROMO) for n in range(10)])
    report = ingest(own, source)
    line = review(own)[normal_line(PROMO)]
    assert (line.figures.documents, line.state) == (5, "proposed")
    assert report.counts["changed"] == 10
    assert sum(text.count(PROMO) for text in texts(own).values()) == 5


def test_a_person_decides_and_the_decision_is_kept(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text("data_dir: data\n", encoding="utf-8")
    own = settings(tmp_path)
    source = write(tmp_path / "a.jsonl", [article(n) for n in range(10)])
    ingest(own, source)
    numbers = {text: str(line.number) for text, line in review(own).items()}
    run = CliRunner().invoke
    options = ["--config", str(config), "--veto", numbers[normal_line(PROMO)]]
    answer = run(app, ["lines", "kabarmuara.example", *options, "--approve", numbers[normal_line(HEADING)]])
    assert answer.exit_code == 0, answer.output
    assert ingest(own, source).counts["changed"] == 10
    assert ingest(own, source).counts["unchanged"] == 10
    assert all(PROMO in text and HEADING not in text for text in texts(own).values())
    run_ingest(own, [str(source)], InlineExecutor(), full=True, progress=Silent())
    assert {review(own)[normal_line(line)].state for line in (PROMO, HEADING)} == {"vetoed", "approved"}
    listed = run(app, ["lines", "kabarmuara.example", "--json", "--config", str(config)]).stdout.splitlines()
    assert {json.loads(line)["decision"] for line in listed} >= {"veto", "approve"}
    assert "kabarmuara.example" in run(app, ["lines", "--config", str(config)]).stdout
    wrong = run(app, ["lines", "kabarmuara.example", "--approve", "9999", "--config", str(config)])
    assert wrong.exit_code != 0


def test_ask_cuts_nothing_by_itself_and_off_counts_nothing(tmp_path):
    source = write(tmp_path / "a.jsonl", [article(n, STOCK) for n in range(10)])
    ask, off = settings(tmp_path / "ask", outlet_lines="ask"), settings(tmp_path / "off", outlet_lines="off")
    ingest(ask, source)
    ingest(off, source)
    assert {line.state for line in review(ask).values()} <= {"proposed", "body"}
    assert review(off) == {}
