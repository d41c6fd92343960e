"""What `benchmarks/fuzz.py` feeds: Hypothesis strategies of fragments that mean something to what reads them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

import zstandard
from hypothesis import strategies as st

WORDS = st.sampled_from(
    [
        *("Baca juga: ", "Baca Juga Harga Ikan Turun", "Foto: ", "(ANTARA/X)", "Editor: A", "JAKARTA, contoh.id - "),
        *("Simak video", "ADVERTISEMENT", "Komentar", "Tag: a, b", "Penulis: Sari | Editor: B", "Copyright © 2024"),
        *("Warga desa membangun jembatan. ", "harga ikan naik 5,5% ", "Rabu (20/6/2024)", "20 Juni 2024 10:00 WIB"),
        *(
            "\n",
            "\n\n",
            "\r\n",
            " ",
            "\t",
            "\u00a0",
            "\u200b",
            "\u202e",
            "\0",
            "\ufeff",
            "\x1b[31m",
            "â€œ",
            "Ã©",
            "&amp;",
        ),
        *('"', "'", "“", "”", "(", ")", "[", "]", "|", "•", "-", "—", ":", "http://a.b/c", "@a", "#a", "1.", "😀", "é"),
    ]
)
TEXTS = st.lists(st.one_of(WORDS, st.text(max_size=20)), max_size=60).map("".join)
TAGS = st.sampled_from(
    [
        *("<p>", "</p>", "<div class='related'>", "</div>", "<article>", "</article>", "<br>", "<script>", "</script>"),
        *(
            "<style>",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "<!DOCTYPE html>",
            "<html>",
            "<body>",
            "</body>",
            "<table><tr><td>",
        ),
        *(
            "<title>",
            "</title>",
            "<meta property='og:title' content='x'>",
            "<a href='",
            "'>",
            "&lt;",
            "&#x0;",
            "&#xD800;",
        ),
        *(
            "<ul><li>",
            "</ul>",
            "<h1>",
            "<img alt='",
            "<",
            ">",
            "</",
            "<p",
            "<svg><p>",
            "<template>",
            "<figure><figcaption>",
        ),
    ]
)
PAGES = st.lists(st.one_of(TAGS, WORDS, st.text(max_size=20)), max_size=60).map("".join)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["text", "isi", "id", "title", "url", "date", "data", "articles", "x"]), inner
        )
    ),
    max_leaves=8,
)
JSON_PARTS = st.sampled_from(
    ["{", "}", "[", "]", ":", ",", '"text"', '"id"', '"a"', "\\ud800", "\\", '"', "\n", "NaN", "1e999"]
)
CSV_PARTS = st.sampled_from(
    ["id,text\n", "id;text\n", "text\tid\n", ",", ";", "\t", '"', '""', "\n", "\r", "a", "=1+1", "\0"]
)
QUERIES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *(
                    "jembatan",
                    "warga",
                    " ",
                    '"',
                    "(",
                    ")",
                    "-",
                    "+",
                    "*",
                    "~",
                    "~9",
                    ":",
                    "title:",
                    "date:",
                    "language:id",
                ),
                *(
                    "OR",
                    "AND",
                    "NOT",
                    "2024",
                    "..",
                    "2024-06",
                    "outlet:",
                    "[a TO z]",
                    "^",
                    "\\",
                    "a*",
                    "**",
                    "?",
                    "jem*",
                    "/",
                ),
            ]
        ),
        st.text(max_size=12),
    ),
    max_size=40,
).map("".join)
YAML_PARTS = st.sampled_from(
    [
        *(
            "data_dir: ",
            "sources: ",
            "runner:\n  kind: ",
            "workers: ",
            "reading:\n  fields: {text: ",
            "schedules: ",
            "rules: ",
        ),
        *(
            "ledger: ",
            "process",
            "inline",
            "[",
            "]",
            "{",
            "}",
            "&a ",
            "*a",
            "!!python/object/apply:os.system ['true']",
            "\n",
        ),
        *(
            "  ",
            "- ",
            ": ",
            "|",
            ">",
            "'",
            '"',
            "#",
            "~",
            "0x1f",
            "1e3",
            "null",
            "2024-01-01",
            "<<: *a",
            "? ",
            "%YAML",
            "---",
        ),
    ]
)


RULE_PARTS = st.sampled_from(
    ["id: x.y\n", "- ", "rules:\n", "kind: promo\n", "why: x\n", "pattern: ", "(", "[", "examples:\n", "(?<"]
)


def mixture(parts: st.SearchStrategy[str], other: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Bytes of a format: built of its parts, well-formed, with damage, or anything at all."""

    def spelled(value: object) -> bytes:
        return (value if isinstance(value, str) else json.dumps(value)).encode("utf-8", "surrogatepass")

    glued = st.lists(st.one_of(parts, st.text(max_size=8)), max_size=40).map(lambda found: spelled("".join(found)))
    whole = st.lists(other.map(spelled), max_size=4).map(b"\n".join)
    damaged = st.tuples(whole, st.integers(0, 400), st.binary(max_size=4)).map(
        lambda t: t[0][: t[1]] + t[2] + t[0][t[1] :]
    )
    return st.one_of(glued, whole, damaged, st.binary(max_size=200))


def packed(compress: Callable[[bytes], bytes]) -> st.SearchStrategy[object]:
    """Compressed JSON with a little damage somewhere."""
    plain = mixture(JSON_PARTS, JSON).map(compress)
    return st.tuples(plain, st.integers(0, 60), st.binary(max_size=2)).map(lambda t: t[0][: t[1]] + t[2] + t[0][t[1] :])


INPUTS: dict[str, st.SearchStrategy[object]] = {
    "txt": mixture(WORDS, TEXTS),
    "html": mixture(TAGS, PAGES),
    "jsonl": mixture(JSON_PARTS, JSON),
    "json": mixture(JSON_PARTS, JSON),
    "csv": mixture(CSV_PARTS, TEXTS),
    "tsv": mixture(CSV_PARTS, TEXTS),
    "jsonl.gz": packed(gzip.compress),
    "jsonl.zst": packed(zstandard.compress),
    "clean text": TEXTS,
    "clean page": PAGES,
    "query": QUERIES,
    "config": st.lists(st.one_of(YAML_PARTS, st.text(max_size=8)), max_size=20).map("".join),
    "rules": st.lists(st.one_of(RULE_PARTS, YAML_PARTS), max_size=20).map("".join),
}
"""Strategy of each target."""
