"""Bytes to text: what encodings are told apart, what is refused, and that offsets are not disturbed."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.decode import declared_encoding, decode
from transforms.errors import InputError

QUOTED = "“Kami siap,” kata Bupati – tegas – di café itu. Rapat dimulai pukul tujuh dan berakhir menjelang siang."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_text_survives_its_encoding(encoding: str) -> None:
    assert decode(QUOTED.encode(encoding))[0] == QUOTED


def test_line_ends_stay() -> None:
    assert decode(b"satu\r\ndua\rtiga\n")[0] == "satu\r\ndua\rtiga\n"


def test_a_guess_is_said() -> None:
    assert "cp1252" in " ".join(decode(QUOTED.encode("cp1252"))[1])
    assert decode(QUOTED.encode())[1] == ()


def test_declared_encoding_is_used_when_the_bytes_are_not_utf8() -> None:
    text = "Правительство объявило о новых мерах поддержки."
    assert decode(text.encode("koi8-r"), "koi8-r") == (text, ())
    assert decode(text.encode(), "koi8-r") == (text, ())


def test_other_scripts_are_guessed() -> None:
    text = "Правительство объявило о новых мерах поддержки экономики, сообщает агентство. " * 5
    assert decode(text.encode("cp1251"))[0] == text


def test_a_broken_byte_in_utf8_does_not_change_the_encoding() -> None:
    text, warnings = decode(QUOTED.encode() + b"\xe2\x80")
    assert text == QUOTED + "\ufffd"
    assert warnings == ("1 undecodable bytes replaced",)


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7 abc",
        b"PK\x03\x04rest",
        b"\x89PNG\r\n\x1a\n",
        b"\x1f\x8b\x08\0\0",
        bytes(range(32)) * 20,
        b"ab\0cd" * 50,
    ],
)
def test_binary_is_refused(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        decode(data)
    assert caught.value.reason == "binary"


def test_one_stray_nul_is_replaced_one_for_one() -> None:
    data = b"a" * 3000 + b"\0" + b"b" * 3000
    text, warnings = decode(data)
    assert len(text) == len(data)
    assert text[3000] == "\ufffd"
    assert warnings


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b'<meta charset="iso-8859-1">', "cp1252"),
        (b"<meta http-equiv=Content-Type content='text/html; charset=windows-1251'>", "cp1251"),
        (b'<?xml version="1.0" encoding="UTF-8"?>', "utf-8"),
        (b'<meta charset="no-such-thing">', None),
        (b'<meta charset="base64">', None),
        (b"<p>tanpa deklarasi</p>", None),
    ],
)
def test_declared_encodings(head: bytes, name: str | None) -> None:
    assert declared_encoding(head) == name


@given(st.binary(max_size=400))
def test_any_bytes_decode_or_are_refused(data: bytes) -> None:
    try:
        text, _ = decode(data)
    except InputError as error:
        assert error.reason in {"binary", "undecodable"}
    else:
        text.encode("utf-8")
        assert "\0" not in text


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=200))
def test_utf8_is_read_exactly(text: str) -> None:
    if text[:1] not in ("\ufeff", "") and "\0" not in text:
        try:
            assert decode(text.encode())[0] == text
        except InputError as error:
            assert error.reason == "binary"  # text that happens to begin like an archive


def test_noise_of_any_size_is_refused() -> None:
    with pytest.raises(InputError):
        decode(os.urandom(5000))
