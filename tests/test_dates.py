"""Dates as news pages print them."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.dates import is_ambiguous, parse_date

MONTHS = {
    "id": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
    "short": "Jan Feb Mar Apr Mei Jun Jul Agt Sep Okt Nov Des",
    "ms": "Januari Februari Mac April Mei Jun Julai Ogos September Oktober November Disember",
    "en": "January February March April May June July August September October November December",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kamis, 20 Juni 2024 - 19:19 WIB", "2024-06-20T19:19:00+07:00"),
        ("09 Juni 2012 |21:45 WIB", "2012-06-09T21:45:00+07:00"),
        ("Tayang: Senin, 9 Juni 2025 08:47 WIT", "2025-06-09T08:47:00+09:00"),
        ("Jum'at, 06 Juni 2025 - 20:25 WITA", "2025-06-06T20:25:00+08:00"),
        ("10 Jun 2025", "2025-06-10T00:00:00+07:00"),
        ("10-Sep-19", "2019-09-10T00:00:00+07:00"),
        ("21+January+2019", "2019-01-21T00:00:00+07:00"),
        ("2019-09-11 00:00:00", "2019-09-11T00:00:00+07:00"),
        ("2020-04-13T14:38:23+00:00", "2020-04-13T14:38:23+00:00"),
        ("2020-04-13T14:38:23.512Z", "2020-04-13T14:38:23+00:00"),
        ("2024-06-20T19:19+0800", "2024-06-20T19:19:00+08:00"),
        ("20240620", "2024-06-20T00:00:00+07:00"),
        ("20/06/2024 19:19", "2024-06-20T19:19:00+07:00"),
        ("Selasa, 10-03-2020 - 17:23:02 WIB", "2020-03-10T17:23:02+07:00"),
        ("9/23/2019", "2019-09-23T00:00:00+07:00"),
        ("Posted on April 20, 2019", "2019-04-20T00:00:00+07:00"),
        ("8:30 PM, March 3rd, 2021", "2021-03-03T20:30:00+07:00"),
        ("5 Maret 2018 | 11.53 WIB", "2018-03-05T11:53:00+07:00"),
        ("Harian Contoh.com- 19/06/2025, 08:59 WIB", "2025-06-19T08:59:00+07:00"),
        ("4,160 Views  | \n      Kamis, 25 Jun 2026 08:16 WIB\0", "2026-06-25T08:16:00+07:00"),
        ("Thu, 20 Jun 2024 19:19:00 +0700", "2024-06-20T19:19:00+07:00"),
        ("Thu, 20 Jun 2024 19:19:00 GMT", "2024-06-20T19:19:00+00:00"),
        ("1718885940", "2024-06-20T12:19:00+00:00"),
        ("1718885940123", "2024-06-20T12:19:00+00:00"),
        ("1 Januari 2020 25:99", "2020-01-01T00:00:00+07:00"),
        ("3rd of March 2021", "2021-03-03T00:00:00+07:00"),
    ],
)
def test_printed_shapes(text: str, expected: str) -> None:
    assert parse_date(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\0",
        "kemarin",
        "3 jam lalu",
        "20 Juni",
        "Juni 2024",
        "2024",
        "31 Februari 2024",
        "99/99/9999",
        "tidak ditemukan",
        "5/6",
    ],
)
def test_no_full_date_is_none(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize("language", MONTHS)
def test_month_names_of_each_language(language: str) -> None:
    for number, name in enumerate(MONTHS[language].split(), 1):
        for written in (name, name.upper(), name.lower()):
            assert parse_date(f"Senin, 4 {written} 2023") == f"2023-{number:02}-04T00:00:00+07:00"


def test_month_first_only_where_asked_or_needed() -> None:
    assert parse_date("9/3/2019") == "2019-03-09T00:00:00+07:00"
    assert parse_date("9/3/2019", month_first=True) == "2019-09-03T00:00:00+07:00"
    assert is_ambiguous("9/3/2019")
    assert not is_ambiguous("9/23/2019")
    assert not is_ambiguous("9 Maret 2019")
    assert parse_date("9 Maret 2019", month_first=True) == "2019-03-09T00:00:00+07:00"


@given(st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2090, 1, 1)), st.sampled_from(sorted(MONTHS)))
def test_what_is_printed_is_read_back(moment: datetime, language: str) -> None:
    expected = moment.replace(microsecond=0, second=0).isoformat() + "+08:00"
    month = MONTHS[language].split()[moment.month - 1]
    assert parse_date(f"{moment.day} {month} {moment.year}, {moment:%H:%M} WITA") == expected
    assert parse_date(moment.replace(microsecond=0, second=0).isoformat() + "+08:00") == expected
    assert parse_date(f"{moment:%d/%m/%Y} | {moment:%H.%M} WITA") == expected


@given(st.text(max_size=80))
def test_any_text_gives_none_or_an_aware_date(text: str) -> None:
    found = parse_date(text)
    assert found is None or datetime.fromisoformat(found).tzinfo is not None
