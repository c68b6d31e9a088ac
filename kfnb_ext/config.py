"""Every option: its unit, its default and the reason of the default, once.

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
from traitlets.config import Configurable, loader

from kfnb_ext import errors

WORDS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}
DEFAULT_EXCLUDE = [".cache", "__pycache__", "*.pyc", ".local/share/jupyter/runtime"]


class KfnbExt(Configurable):
    """The options, as ``c.KfnbExt.<name>`` in Jupyter's configuration files."""

    locked = traitlets.Bool(
        False,
        help="The user may only be stricter than the site. Off, so that a laptop needs nothing.",
    ).tag(config=True, env="KFNB_LOCKED", stricter=max)
    read_only = traitlets.Bool(
        False, help="Forbid every change: snapshots, restores, deletes, writes to the cluster."
    ).tag(config=True, env="KFNB_READ_ONLY", stricter=max)
    snapshots_enabled = traitlets.Bool(
        True, help="Allow snapshots to be taken, restored and deleted. Reading them stays possible."
    ).tag(config=True, env="KFNB_SNAPSHOTS_ENABLED", stricter=min)
    cluster_writes = traitlets.Bool(
        True, help="Allow changes to objects of the cluster, as far as the service account may."
    ).tag(config=True, env="KFNB_CLUSTER_WRITES", stricter=min)
    workspace = traitlets.Unicode(
        "",
        help="The folder that snapshots are taken of. Empty: the server's root directory; in a "
        "shell the nearest folder above that holds snapshots, else in a pod the home.",
    ).tag(config=True, env="KFNB_WORKSPACE")
    state_dir = traitlets.Unicode(
        "",
        help="Where server, kernels and shells share small records. Empty: a folder of this user "
        "in the temporary folder, which is as short-lived as the processes it tells of.",
    ).tag(config=True, env="KFNB_STATE_DIR")
    snapshot_share = traitlets.Float(
        0.30,
        min=0.0,
        max=1.0,
        help="Share (0..1) of the volume that snapshots of the engine `local` may use. A snapshot "
        "that would exceed it is refused. 0.30 leaves the work most of its volume.",
    ).tag(config=True, env="KFNB_SNAPSHOT_SHARE", stricter=min)
    snapshot_exclude = traitlets.List(
        traitlets.Unicode(),
        DEFAULT_EXCLUDE,
        help="What snapshots leave out: without a slash any name at any depth, with a slash from "
        "the top of the workspace. By default caches that can be rebuilt. In the environment "
        "variable separated by colons.",
    ).tag(config=True, env="KFNB_SNAPSHOT_EXCLUDE")
    keep_last = traitlets.Int(
        10, min=1, help="`prune` keeps the newest N snapshots. 10: a week of daily use."
    ).tag(config=True, env="KFNB_KEEP_LAST")
    keep_daily = traitlets.Int(
        7, min=0, help="`prune` keeps the newest snapshot of each of the last N days that have one."
    ).tag(config=True, env="KFNB_KEEP_DAILY")
    keep_weekly = traitlets.Int(
        4, min=0, help="`prune` keeps the newest snapshot of each of the last N weeks."
    ).tag(config=True, env="KFNB_KEEP_WEEKLY")
    status_max_age = traitlets.Float(
        1.0,
        min=0.1,
        max=60.0,
        help="Seconds for which a status is served again before it is read anew, however many "
        "ask. 1: progress of an operation stays smooth, and fifty clients cost one reading.",
    ).tag(config=True, env="KFNB_STATUS_MAX_AGE")
    tick_interval = traitlets.Float(
        30.0,
        min=1.0,
        max=3600.0,
        help="Seconds between two readings that nobody asked for (history, state for the shell).",
    ).tag(config=True, env="KFNB_TICK_INTERVAL")


def options() -> dict[str, traitlets.TraitType[Any, Any]]:
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


def _parse(trait: traitlets.TraitType[Any, Any], text: str, variable: str) -> Any:
    try:
        if isinstance(trait, traitlets.List):
            return [part for part in text.split(":") if part]
        if isinstance(trait, traitlets.Bool):
            return WORDS[text.strip().lower()]
        return trait.from_string(text)
    except (ValueError, KeyError, traitlets.TraitError) as error:
        raise errors.BadRequest(
            f"The environment variable {variable} holds {text!r}, which cannot be used.",
            f"Expected: {trait.info()}.",
        ) from error
