"""Reading the YAML of rules and word lists, by libyaml where it is there, which saves a tenth of a second."""

from __future__ import annotations

from typing import Any


def parse_yaml(text: str) -> Any:
    """What a YAML text says; raises PyYAML's errors, and whatever a bad date or number does."""
    import yaml  # reading rules is rare, importing what reads them is not

    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
