"""Furniture that no rule's examples show, bullets, lists below a colon, whole footers, and what only looks like it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from transforms.clean import clean
from transforms.models import Hints, TextView
from transforms.rules import load_rules

ROOT = Path(__file__).parent.parent
ARTICLE = (
    "Hujan lebat yang turun sejak Senin sore merendam ratusan rumah di tiga kelurahan di Kota Wanasari.\n"
    "Wali kota meminta warga tidak panik dan tetap mengikuti arahan petugas di lapangan selama cuaca buruk."
)


def cleaned(text: str) -> str:
    """What is left, with single line breaks."""
    return clean(TextView(text, text), Hints(), load_rules()).text.replace("\n\n", "\n")


@pytest.mark.parametrize(
    "footer",
    [
        ">>> Baca juga: Tanggul Kali Wedi Jebol, Ratusan Rumah Terendam",
        "** Baca Juga: Tanggul Kali Wedi Jebol",
        "Baca Juga\nHarga Cabai di Pasar Lembah Naik Dua Kali Lipat\nWali Kota Lantik Camat\nIni Jadwal Listrik Padam",
        "Tag\nbanjir\nwanasari\nBaca Juga\nHarga Cabai di Pasar Lembah Naik\nTerkini\nWali Kota Lantik Camat Baru",
        "Navigasi pos\nHarga Cabai Naik\nWali Kota Lantik Camat",
        "Ratna Dewi is a reporter at Teluk Times.\nSupport independent journalism\n© 2024 Teluk Times.",
        "(Ratna Dewi/KabarKarang)\nTerbit: 3 Juni 2024\nTerima kasih telah membaca KabarKarang.",
    ],
)
def test_a_footer_goes_whole(footer: str) -> None:
    assert cleaned(f"{ARTICLE}\n{footer}") == ARTICLE


@pytest.mark.parametrize(
    "passage",
    [
        "Cara mengunduh:\n- Buka Play Store\n- Ketik nama aplikasi\n- Klik Install",
        "Media sosial yang paling banyak dipakai:\nWhatsApp\nInstagram\nFacebook\nTikTok",
        "Tombol yang tersedia:\nSimpan\nKirim\nCetak",
        "Menu hari ini:\nNasi\nSayur asem",
        "Reporter: Apa yang Anda lihat?\nSaksi: Api setinggi pohon kelapa.",
        "Siapa yang menulis komentar itu?\nTidak ada komentar.",
        "Kami bergabung dalam grup WhatsApp, kata petani itu.",
        "Referensi:\nhttps://www.instagram.com/p/Ab12Cd34Ef0/\nhttps://lautan.example/berita",
    ],
)
@pytest.mark.parametrize("last", [False, True], ids=["amid the article", "below it"])
def test_what_only_looks_like_furniture_stays(passage: str, last: bool) -> None:
    first, second = ARTICLE.split("\n")
    text = f"{ARTICLE}\n{passage}" if last else f"{first}\n{passage}\n{second}"
    assert cleaned(text) == text


def test_the_probe_runs_and_loses_nothing_of_its_article() -> None:
    script = [sys.executable, str(ROOT / "benchmarks/furniture_probe.py"), str(ROOT / "benchmarks/handwritten")]
    done = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    shares = {tuple(line.split()[:3]): float(line.split("%")[0].split()[-1]) for line in done.stdout.splitlines()[:-1]}
    assert min(shares["furniture", part, "all"] for part in "ABCD") >= 75
    assert max(shares["lookalikes", part, "all"] for part in "ABC") <= 2
