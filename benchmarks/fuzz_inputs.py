"""What the fuzzers feed: fragments that mean something to what reads them, and Hypothesis strategies made of them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from functools import partial

import yaml
import zstandard
from hypothesis import strategies as st

WORDS = (
    *("Baca juga: ", "Baca Juga Harga Ikan Turun", "Foto: ", "(ANTARA/X)", "Editor: A", "JAKARTA, contoh.id - "),
    *("Simak video", "ADVERTISEMENT", "Komentar", "Tag: a, b", "Penulis: Sari | Editor: B", "Copyright © 2024"),
    *("Warga desa membangun jembatan. ", "harga ikan naik 5,5% ", "Rabu (20/6/2024)", "20 Juni 2024 10:00 WIB"),
    *("\n", "\n\n", "\r\n", " ", "\t", "\u00a0", "\u200b", "\u202e", "\0", "\ufeff", "\x1b[31m", "â€œ", "Ã©", "&amp;"),
    *"\"'“”()[]|•-—:é",
    *("http://a.b/c", "@a", "#a", "1.", "😀"),
)
TAGS = (
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
    *("<title>", "</title>", "<meta property='og:title' content='x'>", "<a href='", "'>", "&lt;", "&#x0;", "&#xD800;"),
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
)
JSON_PARTS = ("{", "}", "[", "]", ":", ",", '"text"', '"id"', '"a"', "\\ud800", "\\", '"', "\n", "NaN", "1e999")
JSON_KEYS = ("text", "isi", "id", "title", "url", "date", "data", "articles", "x")
CSV_PARTS = ("id,text\n", "id;text\n", "text\tid\n", ",", ";", "\t", '"', '""', "\n", "\r", "a", "=1+1", "\0")
QUERY_PARTS = (
    *("jembatan", "warga", " ", '"', "(", ")", "-", "+", "*", "~", "~9", ":", "title:", "date:", "language:id", "OR"),
    *("AND", "NOT", "2024", "..", "2024-06", "outlet:", "[a TO z]", "^", "\\", "a*", "**", "?", "jem*", "/"),
)
YAML_PARTS = (
    *("data_dir: ", "sources: ", "runner:\n  kind: ", "workers: ", "reading:\n  fields: {text: ", "schedules: "),
    *("rules: ", "ledger: ", "process", "inline", "[", "]", "{", "}", "&a ", "*a", "\n", "  ", "- ", ": ", "|", ">"),
    *("!!python/object/apply:os.system ['true']", "'", '"', "#", "~", "0x1f", "1e3", "null", "2024-01-01", "<<: *a"),
    *("? ", "%YAML", "---", "!!binary ", "!!timestamp ", "!!float ", "1_000", "190:20:30", ".nan"),
)
RULE_PARTS = ("id: x.y\n", "- ", "rules:\n", "kind: promo\n", "why: x\n", "pattern: ", "(", "[", "examples:\n", "(?<")
SECTIONS = (
    *("sources", "data_dir", "ledger", "rules", "outlet_lines", "languages", "on_missing", "missing_limit", "reading"),
    *("runner", "schedules", "generations", "search", "keep", "max_characters", "fields", "kind", "workers", "text"),
    *("shard_documents", "ingest", "reindex", "timezone", "k1", "body_b", "recency_half_life_days"),
)
RULE_VALUES = {
    "kind": ("promo", "caption", "credit", "other", "none"),
    "scope": ("line", "head", "tail", "line_start", "line_end", "start", "end", "inline", "document", "none"),
    "matcher": ("role_lines", "datelines", "furniture_promo", "none"),
    "pattern": ("a", "(?P<cut>a)b", ".*", "^$", "(", ["a", "b"], r"\bFoto\b", "(?i)x", r"(\w)\1", "{body}"),
    "outlets": (["contoh.id"], ["family:x"], "family:x", []),
    "examples": (["{body}\n⟦a⟧"], ["{body.__class__}"], ["{nobody}"], ["{}"], ["{0[0]}"], ["{"], ["⟧⟦"], "ab", [None]),
    "needs": (["a"], "a", [1], []),
}
SOUND_RULE = {"id": "a", "kind": "promo", "why": "x", "scope": "line", "pattern": "a", "examples": ["{body}\n⟦a⟧"]}

_ANY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["id", "all", "inline", "keep", "UTC", "a\0b", "../..", "0 1 * * *", "s3://a/b", "~", "/"]),
    st.lists(st.one_of(st.text(max_size=4), st.integers(), st.none()), max_size=3),
)


def joined(parts: tuple[str, ...], longest: int = 60, others: int = 20) -> st.SearchStrategy[str]:
    """Parts of a format and any other text, one after the other."""
    return st.lists(st.one_of(st.sampled_from(parts), st.text(max_size=others)), max_size=longest).map("".join)


TEXTS = joined(WORDS)
PAGES = joined(TAGS + WORDS)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(JSON_KEYS), inner),
    max_leaves=8,
)
CONFIGS = st.dictionaries(
    st.sampled_from(SECTIONS), st.one_of(_ANY, st.dictionaries(st.sampled_from(SECTIONS), _ANY, max_size=3)), max_size=5
)
_OF_RULES = {key: st.one_of(st.sampled_from(values), _ANY) for key, values in RULE_VALUES.items()}
RULES = st.lists(
    st.one_of(
        st.fixed_dictionaries({"id": st.text(max_size=5), "why": _ANY}, optional=_OF_RULES),
        st.builds(  # nothing but one value of a rule is wrong
            lambda key, value: {**SOUND_RULE, key: value},
            st.sampled_from((*RULE_VALUES, "longest", "confidence", "case", "id", "why", "surplus")),
            st.one_of(_ANY, *map(st.sampled_from, RULE_VALUES.values())),
        ),
    ),
    max_size=2,
)


def mixture(parts: tuple[str, ...], other: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Bytes of a format: built of its parts, well-formed, with damage, or anything at all."""

    def spelled(value: object) -> bytes:
        return (value if isinstance(value, str) else json.dumps(value)).encode("utf-8", "surrogatepass")

    glued = joined(parts, 40, 8).map(spelled)
    whole = st.lists(other.map(spelled), max_size=4).map(b"\n".join)
    damaged = st.tuples(whole, st.integers(0, 400), st.binary(max_size=4)).map(
        lambda t: t[0][: t[1]] + t[2] + t[0][t[1] :]
    )
    return st.one_of(glued, whole, damaged, st.binary(max_size=200))


def packed(compress: Callable[[bytes], bytes]) -> st.SearchStrategy[object]:
    """Compressed JSON, mostly with a little damage somewhere."""
    plain = mixture(JSON_PARTS, JSON).map(compress)
    return st.tuples(plain, st.integers(0, 60), st.binary(max_size=2)).map(lambda t: t[0][: t[1]] + t[2] + t[0][t[1] :])


def written(structure: st.SearchStrategy[object], parts: tuple[str, ...]) -> st.SearchStrategy[str]:
    """YAML of the right shape with wrong values, or of parts in any order."""
    return st.one_of(structure.map(partial(yaml.safe_dump, allow_unicode=True)), joined(parts, 20, 8))


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
    "query": joined(QUERY_PARTS, 40, 12),
    "config": written(CONFIGS, YAML_PARTS),
    "rules": written(RULES, RULE_PARTS + YAML_PARTS),
}
"""Strategy of each target."""

PARTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("txt", "clean text"), WORDS),
    **dict.fromkeys(("html", "clean page"), TAGS + WORDS),
    **dict.fromkeys(("jsonl", "json"), (*JSON_PARTS, *(f'"{key}"' for key in JSON_KEYS))),
    **dict.fromkeys(("csv", "tsv"), CSV_PARTS),
    **dict.fromkeys(("jsonl.gz", "jsonl.zst"), ()),
    "query": QUERY_PARTS,
    "config": YAML_PARTS + SECTIONS,
    "rules": (*YAML_PARTS, *RULE_PARTS, *RULE_VALUES, *RULE_VALUES["kind"], *RULE_VALUES["scope"]),
}
"""What a fuzzer that grows its own inputs is told of each target's format."""

_ARTICLE = (
    "PESISIR, Kabar Muara - Warga desa membangun jembatan bambu, Rabu (20/6/2024).\n\nBaca juga: Harga Ikan Turun\n"
)
_PAGE = f"<html><head><title>Jembatan</title></head><body><article><p>{_ARTICLE}</p></article></body></html>"
_RECORD = json.dumps({"id": "a1", "text": _ARTICLE, "title": "Jembatan", "date": "2024-06-20", "url": "http://a.b/c"})
SEEDS: dict[str, tuple[str | bytes, ...]] = {
    **dict.fromkeys(("txt", "clean text"), (_ARTICLE, _ARTICLE.encode("utf-16"), "Ã©tÃ© â€œ\n" * 5)),
    **dict.fromkeys(("html", "clean page"), (_PAGE, "<ul><li>a<li>b</ul><p>&lt;&#x0;<!-- x", _ARTICLE)),
    "jsonl": (f"{_RECORD}\n{_RECORD}\n", '{"text": "a\\ud800", "n": NaN}\n\n{"isi": ["a", "b"]}'),
    "json": (f"[{_RECORD}, {_RECORD}]", f'{{"meta": 1, "articles": [{_RECORD}]}}', _RECORD * 2),
    "csv": (f'id,text\n1,"{_ARTICLE}"\n2;x', "text;id\na;b\n", 'id|text\n"never closed|x\n'),
    "tsv": (f"id\ttext\n1\t{_ARTICLE}", 'id\ttext\n1\t"a\n'),
    "jsonl.gz": (gzip.compress(_RECORD.encode()), gzip.compress(b"x") * 2),
    "jsonl.zst": (zstandard.compress(_RECORD.encode()), zstandard.compress(b"") * 2),
    "query": ('jembatan "warga desa" -kayu title:kabar* date:2024..2025-02', "(a OR b) language:id jem~", '"'),
    "config": (
        "sources: [raw]\nrunner: {kind: inline, workers: 2}\n",
        "languages: {keep: [id, ms]}\nsearch: {k1: 1}\n",
    ),
    "rules": (
        "- {id: a.b, kind: promo, why: x, scope: tail, pattern: 'a.{0,9}', needs: [a], examples: ['{body}\n⟦a⟧']}\n",
    ),
}
"""Well-formed inputs to grow others from."""
