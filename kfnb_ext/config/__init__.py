"""The options (``config/table.py``), and how their layers are settled.

An option is set, weakest first, by its default, by the site (Jupyter's configuration files in
the system's and the environment's folders), by an environment variable (an image or a PodDefault
sets it), and by the user's own configuration (``~/.jupyter``, the command line). When a layer sets
``locked``, those above it may only be stricter in what is marked ``stricter``.

Rule: this file knows no file and no environment; both are passed in.
"""

import math
from collections.abc import Mapping
from typing import Any

import traitlets
from traitlets.config import loader

from kfnb_ext import errors
from kfnb_ext.config.table import KfnbExt

__all__ = ["KfnbExt", "options", "settle"]

WORDS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


def options() -> "dict[str, traitlets.TraitType[Any, Any]]":
    """All options by name."""
    return dict(KfnbExt.class_own_traits(config=True))


def settle(
    site: Mapping[str, Any], environment: Mapping[str, str], user: Mapping[str, Any]
) -> KfnbExt:
    """Settle the options from the three layers.

    Raises: BadRequest naming the option or variable whose value cannot be used.
    """
    settled = KfnbExt()
    variables = {name: trait.metadata["env"] for name, trait in options().items()}
    layers: tuple[tuple[Mapping[str, Any], Mapping[str, str]], ...] = (
        (site, {}),
        (_parsed(environment, variables), variables),
        (user, {}),
    )
    for layer, known_as in layers:
        locked = settled.locked  # as the layers below have it: none lifts what it stands on
        for name, trait in options().items():
            if name not in layer:
                continue
            before, stricter = getattr(settled, name), trait.metadata.get("stricter")
            _set(settled, name, layer[name], known_as.get(name, f"c.KfnbExt.{name}"))
            if locked and stricter:
                setattr(settled, name, stricter(before, getattr(settled, name)))
    return settled


def _set(settled: KfnbExt, name: str, value: Any, where: str) -> None:
    try:
        if isinstance(value, loader.DeferredConfig):  # from a command line: text, not yet parsed
            value = value.get_value(options()[name])
        elif isinstance(value, loader.LazyConfigValue):  # c.KfnbExt.snapshot_exclude.append(...)
            value = value.get_value(getattr(settled, name))
        if isinstance(value, float) and math.isnan(value):  # it is neither too small nor too large
            raise ValueError("it is not a number.")
        setattr(settled, name, value)
    except (ValueError, traitlets.TraitError) as error:
        raise errors.BadRequest(
            f"The option {where} cannot be used: {error}", "Correct it and start again."
        ) from error


def _parsed(environment: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, Any]:
    """The options that the environment sets; an empty variable sets none but an empty list."""
    return {
        name: _parse(trait, environment[variables[name]], variables[name])
        for name, trait in options().items()
        if variables[name] in environment
        and (environment[variables[name]].strip() or isinstance(trait, traitlets.List))
    }


def _parse(trait: "traitlets.TraitType[Any, Any]", text: str, variable: str) -> Any:
    try:
        if isinstance(trait, traitlets.List):
            return [trait._trait.from_string(part) for part in text.split(":") if part]
        if isinstance(trait, traitlets.Bool):
            return WORDS[text.strip().lower()]
        return trait.from_string(text)
    except (ValueError, KeyError, traitlets.TraitError) as error:
        raise errors.BadRequest(
            f"The environment variable {variable} holds {text!r}, which cannot be used.",
            f"Expected: {trait.info()}.",
        ) from error
