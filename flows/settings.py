"""config.yaml: what can be set, its defaults, and errors that say which key is wrong and what was meant."""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    YamlConfigSettingsSource,
)

from flows import config_errors
from index.ranking_settings import RankingSettings
from transforms.errors import ConfigError
from transforms.language_codes import CODES
from transforms.read import ReadSettings

CONFIG_VARIABLE = "SARING_CONFIG"
"""Environment variable that names the configuration file when ``--config`` does not."""
DEFAULT_CONFIG = Path("config.yaml")
MAX_SOURCES = 5_000
"""Most sources a flow run can be given: Prefect takes half a megabyte of parameters."""


_DEFAULTS = RankingSettings()


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Reading(_Section):
    """How input files are read."""

    max_characters: PositiveInt = Field(2_000_000, description="characters; a longer document is quarantined")
    fields: dict[Literal["id", "text", "title", "url", "date", "outlet", "lang"], str | list[str]] = Field(
        default_factory=dict, description="names of your records' fields, e.g. {text: isi, title: judul}"
    )


class Languages(_Section):
    """Which languages are indexed."""

    keep: Literal["all"] | list[str] = Field(
        "all", description="codes of the languages to index; documents in others stay in the ledger only"
    )

    @field_validator("keep", mode="before")
    @classmethod
    def _norwegian(cls, value: Any) -> Any:
        """YAML reads Norwegian's code as a truth value."""
        return ["no" if code is False else code for code in value] if isinstance(value, list) else value

    @field_validator("keep")
    @classmethod
    def _known(cls, value: Literal["all"] | list[str]) -> Literal["all"] | list[str]:
        if not value:
            raise PydanticCustomError("languages", "at least one language must be kept, or `all`")
        for code in value if isinstance(value, list) else ():
            if code not in CODES:
                near = get_close_matches(code.lower(), [known.lower() for known in CODES], n=1, cutoff=0.4)
                meant = next((f"; did you mean `{known}`?" for known in CODES if [known.lower()] == near), "")
                raise PydanticCustomError(
                    "languages",
                    "`{code}` is no code of a language that is told apart{meant}",
                    {"code": code, "meant": meant},
                )
        return value

    @property
    def kept(self) -> list[str] | None:
        """The codes to index; None for all."""
        return None if self.keep == "all" else self.keep


_ADDRESS = re.compile(r"[a-z]+://[^\s/]+:\d+")


class Runner(_Section):
    """Where documents are cleaned."""

    kind: Literal["process", "inline", "dask"] = "process"
    workers: int = Field(0, ge=0, le=1024, description="processes; 0 is one a core; with dask: how many to wait for")
    shard_documents: PositiveInt = Field(500, description="documents a shard, which is the unit of work of a worker")
    document_seconds: float = Field(
        60, gt=0, le=86_400, description="processor seconds; a slower document is quarantined"
    )
    address: str = Field("", description="scheduler of the Dask cluster, for kind: dask; tcp://HOST:PORT")
    wait_seconds: float = Field(
        30, gt=0, description="seconds to wait for the Dask scheduler, for workers, and for new ones when all are gone"
    )

    @field_validator("address")
    @classmethod
    def _reachable(cls, value: str) -> str:
        if value and not _ADDRESS.fullmatch(value):
            raise PydanticCustomError("address", "expected tcp://HOST:PORT, as `dask scheduler` prints it")
        return value

    @model_validator(mode="after")
    def _addressed(self) -> Self:
        if self.kind == "dask" and not self.address:
            raise PydanticCustomError("address", "with `kind: dask` it needs `address: tcp://HOST:PORT` of a scheduler")
        return self


_CRON = re.compile(r"@(?:hourly|daily|weekly|monthly|yearly)|(?:[\w*/,#?-]+ +){4,5}[\w*/,#?-]+")


class Schedules(_Section):
    """When `saring serve` runs what; cron expressions."""

    ingest: str | None = "0 1 * * *"
    reindex: str | None = "0 4 * * 0"
    timezone: str = "Asia/Jakarta"

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"{value!r} is no time zone: use a name such as Asia/Jakarta or UTC")
        return value

    @field_validator("ingest", "reindex")
    @classmethod
    def _five_fields(cls, value: str | None) -> str | None:
        if value is not None and not _CRON.fullmatch(value.strip()):
            raise ValueError(f"{value!r} is no cron expression: five fields such as '0 1 * * *', or null")
        return value


class Generations(_Section):
    """Index generations kept for rolling back."""

    keep: PositiveInt = Field(3, description="generations kept, the current one included")


class Search(_Section):
    """Weights of the ranking; :class:`index.ranking_settings.RankingSettings` says what each does."""

    title_weight: float = _DEFAULTS.title_weight
    stem_weight: float = _DEFAULTS.stem_weight
    expansion_weight: float = _DEFAULTS.expansion_weight
    k1: float = _DEFAULTS.k1
    body_b: float = _DEFAULTS.body_b
    title_b: float = _DEFAULTS.title_b
    coverage: float = _DEFAULTS.coverage
    min_coverage: float = _DEFAULTS.min_coverage
    proximity: float = _DEFAULTS.proximity
    recency: float = _DEFAULTS.recency
    recency_half_life_days: float = _DEFAULTS.recency_half_life_days

    def ranking(self) -> RankingSettings:
        """The settings as the search takes them."""
        return RankingSettings(**self.model_dump())


_PATH = re.compile(r"^[^:]*/|\.(?:db|sqlite3?)$")
"""What a ledger's name has when it is meant as a path, and a word or a mistyped URL has not."""


class Settings(BaseSettings):
    """All of config.yaml; environment variables such as ``SARING_RUNNER__WORKERS=4`` win over the file."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix=config_errors.PREFIX, env_nested_delimiter="__", yaml_file=None
    )

    sources: list[str] = Field(default_factory=list, description="files, folders, globs or fsspec URLs to ingest")
    data_dir: Path = Field(Path("data"), description="folder for everything saring writes")
    ledger: str | None = Field(None, description="SQLAlchemy URL; the default is SQLite under data_dir")
    rules: list[Path] = Field(default_factory=list, description="folders with rule files of your own")
    outlet_lines: Literal["learn", "ask", "off"] = Field(
        "learn",
        description="lines that an outlet prints on many pages: cut what is furniture beyond doubt, ask, or off",
    )
    languages: Languages = Languages()
    on_missing: Literal["keep", "remove"] = Field(
        "keep", description="documents whose file or record is gone: keep them searchable, or remove them"
    )
    missing_limit: float = Field(
        0.2, ge=0, le=1, description="share of a source's documents above which nothing of it is removed unasked"
    )
    reading: Reading = Reading()
    runner: Runner = Runner()
    schedules: Schedules = Schedules()
    generations: Generations = Generations()
    search: Search = Search()

    @field_validator("outlet_lines", mode="before")
    @classmethod
    def _off(cls, value: Any) -> Any:
        """YAML reads `off` as a truth value."""
        return "off" if value is False else value

    @field_validator("ledger")
    @classmethod
    def _url_or_path(cls, value: str | None) -> str | None:
        if value is None or "://" in value or _PATH.search(value):
            return value
        raise ValueError(
            f"{value!r} is no database URL, such as postgresql+psycopg://user@host/saring, and does not look like the "
            f"path of a file: for one write ./{value}"
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (the signature is pydantic's)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (as above)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over file over defaults; `yaml_file` is set by :func:`load_settings`."""
        return init_settings, env_settings, YamlConfigSettingsSource(settings_cls)

    @property
    def index_dir(self) -> Path:
        """Folder of the index generations."""
        return self.data_dir / "index"

    @property
    def ledger_url(self) -> str:
        """SQLAlchemy URL of the ledger, or its path, which may hold what an URL gives a meaning to."""
        return self.ledger or str(self.data_dir / "ledger.sqlite")

    @property
    def work_dir(self) -> Path:
        """Folder of the shards of runs under way."""
        return self.data_dir / "work"

    @property
    def worker_count(self) -> int:
        """Worker processes to use."""
        return self.runner.workers or len(os.sched_getaffinity(0))

    def read_settings(self) -> ReadSettings:
        """The reader's own settings."""
        fields: dict[str, tuple[str, ...]] = {
            name: (value,) if isinstance(value, str) else tuple(value) for name, value in self.reading.fields.items()
        }
        return ReadSettings(max_characters=self.reading.max_characters, fields=fields)


def find_config(given: Path | None) -> Path | None:
    """The configuration file to use: the one given, the environment's, ./config.yaml, or none."""
    named = given or (Path(os.environ[CONFIG_VARIABLE]) if os.environ.get(CONFIG_VARIABLE) else None)
    if named is not None and not named.is_file():
        raise ConfigError(f"{named}: no such configuration file. Name an existing YAML file, or leave --config out.")
    if named is None and DEFAULT_CONFIG.is_file():
        named = DEFAULT_CONFIG
    return named.resolve() if named else None


def load_settings(given: Path | None = None) -> Settings:
    """Read and validate the configuration; relative paths in it are relative to its own folder."""
    path = find_config(given)
    base = path.parent if path else Path.cwd()
    if path:
        config_errors.read_yaml(path)
    config_errors.refuse_mistyped_variables(Settings)

    class _FileSettings(Settings):
        model_config = SettingsConfigDict(yaml_file=path)

    try:
        loaded = _FileSettings()
    except ValidationError as error:
        raise ConfigError(config_errors.explain(path, error.errors(), Settings)) from None
    except SettingsError as error:
        field = next((name for name in Settings.model_fields if f'"{name}"' in str(error)), "")
        raise ConfigError(config_errors.explain_variable(field)) from None
    try:
        loaded.search.ranking()
    except ConfigError as error:
        raise ConfigError(f"{path or 'settings'}: {error}") from None
    return _rooted(loaded, base, path)


def _rooted(settings: Settings, base: Path, path: Path | None) -> Settings:
    for key, places in (("data_dir", [settings.data_dir]), ("sources", settings.sources), ("rules", settings.rules)):
        if wrong := [place for place in places if "\0" in str(place)]:
            raise ConfigError(
                f"{path or 'settings'}: {key}: {str(wrong[0])!r} holds a NUL character, which no name may"
            )
    rules = [base / folder for folder in settings.rules]
    for folder in rules:
        if not folder.is_dir():
            raise ConfigError(
                f"{path or 'settings'}: rules: {folder} is no folder. Create it, or take it out of the list."
            )
    sources = [source if "://" in source else str(base / source) for source in settings.sources]
    ledger = str(base / settings.ledger) if settings.ledger and "://" not in settings.ledger else settings.ledger
    return settings.model_copy(
        update={"data_dir": base / settings.data_dir, "rules": rules, "sources": sources, "ledger": ledger}
    )
