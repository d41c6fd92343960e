"""config.yaml: what it sets, and what it says when it is wrong."""

from pathlib import Path

import pytest
import yaml

from flows.settings import load_settings
from transforms.errors import ConfigError


def write(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.sqlite("where its file is")
def test_paths_are_relative_to_the_file(tmp_path):
    settings = load_settings(write(tmp_path, "sources: [raw, 's3://bucket/news']\ndata_dir: out\n"))
    assert settings.sources == [str(tmp_path / "raw"), "s3://bucket/news"]
    assert settings.index_dir == tmp_path / "out" / "index"
    assert settings.ledger_url == str(tmp_path / "out" / "ledger.sqlite")


def test_defaults_without_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert settings.runner.kind == "process"
    assert settings.worker_count >= 1
    assert settings.data_dir == tmp_path / "data"


def test_environment_wins_over_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("SARING_RUNNER__KIND", "inline")
    assert load_settings(write(tmp_path, "runner: {kind: process, workers: 3}")).runner.kind == "inline"


def test_field_names_reach_the_reader(tmp_path):
    settings = load_settings(write(tmp_path, "reading: {fields: {text: isi_berita, title: [judul, tajuk]}}"))
    fields = settings.read_settings().fields
    assert fields["text"][0] == "isi_berita"
    assert tuple(fields["title"])[:2] == ("judul", "tajuk")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("surces: [a]", ["surces", "unknown key", "`sources`"]),
        ("runner: {worker: 2}", ["runner.worker", "unknown key", "`workers`"]),
        ("runner: {kind: spark}", ["runner.kind", "'process', 'inline' or 'dask'", "'spark'"]),
        ("runner: {kind: dask}", ["runner", "`address: tcp://HOST:PORT`"]),
        ("runner: {kind: dask, address: scheduler:8786}", ["runner.address", "tcp://HOST:PORT", "'scheduler:8786'"]),
        ("runner: {workers: many}", ["line 1", "runner.workers", "a whole number", "'many'"]),
        ("runner: {workers: 5000}", ["runner.workers", "at most 1024", "5000"]),
        ("languages:\n  keep: id", ["line 2", "languages.keep", "'all' or a list", "'id'", "write [id]"]),
        ("runner: 3", ["runner", "`key: value` lines", "3"]),
        ("on_missing: keep\nmissing_limit: 3", ["line 2", "missing_limit", "at most 1", "3"]),
        ("ledger: foo", ["ledger", "'foo'", "no database URL", "./foo"]),
        ("reading: {fields: {txt: isi}}", ["reading.fields", "txt"]),
        ("reading: {max_characters: 0}", ["reading.max_characters", "greater than 0"]),
        ("search: {k2: 1}", ["search.k2", "unknown key", "`k1`"]),
        ("search: {body_b: 2}", ["search.body_b", "from 0 to 1", "2"]),
        ("rules: [missing]", ["rules", "missing"]),
        ("[1, 2]", ["expected `key: value`"]),
        ("a: [", ["line 1", "not valid YAML"]),
        ("sources: [a]\nb: c: d", ["line 2", "not valid YAML"]),
        ("a: 2024-13-45", ["not valid YAML", "month"]),
        ("a: !!timestamp soon", ["not valid YAML"]),
        ("a: !!bool perhaps", ["not valid YAML"]),
        ("a: " + "[" * 2_000, ["not valid YAML"]),
        ('data_dir: "a\\0b"', ["data_dir", "NUL"]),
        ('sources: [x, "a\\0b"]', ["sources", "NUL"]),
    ],
)
def test_errors_name_file_key_and_expectation(tmp_path, text, parts):
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    for part in [str(path), *parts]:
        assert part in str(caught.value)


@pytest.mark.parametrize(
    "text", ["languages: {keep: id}", "runner: {workers: many}", "a: [", "sources: 3", "ledger: x"]
)
def test_errors_are_in_plain_words(tmp_path, text):
    with pytest.raises(ConfigError) as caught:
        load_settings(write(tmp_path, text))
    assert len(str(caught.value).splitlines()) == 1
    for jargon in ("Input", "valid dictionary", "instance", "unicode string", "Value error", "parse"):
        assert jargon not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "parts"),
    [
        ("SARING_RUNNER__WORKERS", "four", ["a whole number", "'four'"]),
        ("SARING_RUNNER__KIND", "dusk", ["'process'", "'dusk'"]),
        ("SARING_SOURCES", "raw", ["JSON", '["a", "b"]', "'raw'"]),
        ("SARING_RUNNER__WORKER", "4", ["unknown key", "`workers`"]),
        ("SARING_DATADIR", "x", ["no such setting", "SARING_DATA_DIR"]),
    ],
)
def test_a_wrong_variable_is_named_and_not_the_file(tmp_path, monkeypatch, name, value, parts):
    monkeypatch.setenv(name, value)
    path = write(tmp_path, "runner: {workers: 2}")
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    assert str(caught.value).startswith(f"environment variable {name}: ")
    assert str(path) not in str(caught.value)
    for part in parts:
        assert part in str(caught.value)


def test_variables_of_others_are_left_alone(tmp_path, monkeypatch):
    for name in ("SARING_HOME", "SARING_GOLD", "SARING_CONFIG"):
        monkeypatch.setenv(name, str(write(tmp_path, "data_dir: x")))
    assert load_settings().data_dir == tmp_path / "x"


def test_a_ledger_is_a_url_or_a_path_beside_the_file(tmp_path):
    assert load_settings(write(tmp_path, "ledger: ./buku")).ledger_url == str(tmp_path / "buku")
    assert load_settings(write(tmp_path, "ledger: buku.sqlite")).ledger_url == str(tmp_path / "buku.sqlite")
    url = "postgresql+psycopg://saring@localhost/saring"
    assert load_settings(write(tmp_path, f"ledger: {url}")).ledger_url == url


def test_off_is_no_truth_value(tmp_path):
    assert load_settings(write(tmp_path, "outlet_lines: off")).outlet_lines == "off"


def test_missing_file(tmp_path):
    with pytest.raises(ConfigError, match="no such configuration file"):
        load_settings(tmp_path / "nowhere.yaml")


def test_aliases_that_stand_for_more_than_memory_holds_are_told_at_once(tmp_path):
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(ConfigError, match="data_dir") as raised:
        load_settings(write(tmp_path, "\n".join([*levels, "data_dir: *a11"])))
    assert len(str(raised.value)) < 5_000


@pytest.mark.parametrize("content", ["? ", "2024-01-01: x", "0x1f: x"])
def test_keys_that_are_no_words_are_told(tmp_path, content):
    with pytest.raises(ConfigError, match="unknown key"):
        load_settings(write(tmp_path, content))


@pytest.mark.parametrize("schedules", [{"timezone": "Asia/Jakart"}, {"ingest": "abc"}, {"reindex": "1 2 3"}], ids=str)
def test_a_schedule_that_cannot_be_is_refused(tmp_path, schedules):
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump({"schedules": schedules}), encoding="utf-8")
    with pytest.raises(ConfigError, match="schedules"):
        load_settings(path)
