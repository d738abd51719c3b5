"""Scenario files as text that reads back as what was written."""

from typing import Any

import yaml

from coalsim.scenario.errors import Misfit
from coalsim.scenario.parsing import typed


class Dumper(yaml.SafeDumper):
    """Puts into quotes what PyYAML (YAML 1.1) takes for a text and coalsim (YAML 1.2) for a number, such as 1e6."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    try:
        is_plain = typed(text) == text
    except Misfit:
        is_plain = False
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_plain else "'")


Dumper.add_representer(str, _text)


def dump(content: Any, dumper: type[Dumper] = Dumper, **options: Any) -> str:
    """As YAML, keys in their order; options are PyYAML's."""
    text: str = yaml.dump(content, Dumper=dumper, sort_keys=False, allow_unicode=True, width=110, **options)
    return text
