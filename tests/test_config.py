"""Options: four layers, and a lock that none above it lifts."""

from typing import Any

import pytest
from traitlets.config.loader import DeferredConfigString, LazyConfigValue

from kfnb_ext import config, errors

# A value of each variable that is not its default, as a person writes it, and what it means.
WRITTEN: dict[str, tuple[str, Any]] = {
    "locked": ("true", True),
    "read_only": ("1", True),
    "snapshots_enabled": ("False", False),
    "cluster_writes": ("off", False),
    "workspace": ("/home/jovyan", "/home/jovyan"),
    "state_dir": ("/run/kfnb", "/run/kfnb"),
    "snapshot_share": ("0.25", 0.25),
    "snapshot_exclude": ("*.pt:/data/raw", ["*.pt", "/data/raw"]),
    "keep_last": ("3", 3),
    "keep_daily": ("0", 0),
    "keep_weekly": ("1", 1),
    "status_max_age": ("2.5", 2.5),
    "tick_interval": ("60", 60.0),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_each_option_has_a_variable_of_the_environment(name: str):
    text, value = WRITTEN[name]
    default = getattr(config.settle({}, {}, {}), name)
    settled = config.settle({}, {f"KFNB_{name.upper()}": text}, {})

    assert getattr(settled, name) == value != default


def test_every_option_says_what_it_is_for_and_which_variable_sets_it():
    for name, trait in config.options().items():
        assert len(trait.help) > 20, name
        assert trait.metadata["env"] == f"KFNB_{name.upper()}"


def test_the_user_comes_before_the_environment_and_that_before_the_site():
    site, environment = {"keep_last": 1, "keep_daily": 1, "keep_weekly": 1}, {"KFNB_KEEP_LAST": "2"}
    environment["KFNB_KEEP_DAILY"] = "2"
    settled = config.settle(site, environment, {"keep_last": 3})

    assert (settled.keep_last, settled.keep_daily, settled.keep_weekly) == (3, 2, 1)


@pytest.mark.parametrize(
    ("name", "mine", "looser", "stricter"),
    [
        ("read_only", True, False, True),
        ("snapshots_enabled", False, True, False),
        ("cluster_writes", False, True, False),
        ("snapshot_share", 0.2, 0.3, 0.1),
        ("locked", True, False, True),
    ],
)
@pytest.mark.parametrize("layer", ["environment", "user"])
def test_under_a_lock_of_the_site_the_layers_above_may_only_be_stricter(
    name: str, mine: Any, looser: Any, stricter: Any, layer: str
):
    def above(value: Any) -> Any:
        site = {"locked": True, name: mine}
        if layer == "user":
            return getattr(config.settle(site, {}, {name: value}), name)
        return getattr(config.settle(site, {f"KFNB_{name.upper()}": str(value)}, {}), name)

    assert above(looser) == mine
    assert above(stricter) == stricter


def test_a_lock_of_the_environment_holds_the_user_and_not_the_site():
    settled = config.settle(
        {"snapshot_share": 0.5},
        {"KFNB_LOCKED": "1", "KFNB_SNAPSHOT_SHARE": "0.4"},
        {"snapshot_share": 0.9, "locked": False},
    )

    assert (settled.snapshot_share, settled.locked) == (0.4, True)


def test_without_a_lock_the_user_decides():
    assert not config.settle({"read_only": True}, {}, {"read_only": False}).read_only


def test_an_empty_variable_sets_nothing_but_an_empty_list():
    empty = {f"KFNB_{name.upper()}": " " if name == "read_only" else "" for name in WRITTEN}
    settled = config.settle({"keep_last": 4}, empty, {})

    assert (settled.keep_last, settled.read_only, settled.snapshot_exclude) == (4, False, [])


@pytest.mark.parametrize(
    ("environment", "user", "words"),
    [
        ({"KFNB_READ_ONLY": "maybe"}, {}, "KFNB_READ_ONLY holds 'maybe'"),
        ({"KFNB_KEEP_LAST": "0"}, {}, "KFNB_KEEP_LAST cannot be used"),
        ({"KFNB_KEEP_LAST": "many"}, {}, "KFNB_KEEP_LAST holds 'many'"),
        ({"KFNB_SNAPSHOT_SHARE": "nan"}, {}, "KFNB_SNAPSHOT_SHARE cannot be used"),
        ({"KFNB_TICK_INTERVAL": "inf"}, {}, "KFNB_TICK_INTERVAL cannot be used"),
        ({}, {"snapshot_share": 1.5}, "c.KfnbExt.snapshot_share cannot be used"),
        ({}, {"snapshot_exclude": 5}, "c.KfnbExt.snapshot_exclude cannot be used"),
        ({}, {"read_only": "yes"}, "c.KfnbExt.read_only cannot be used"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_where_it_stands(
    environment: dict[str, str], user: dict[str, Any], words: str
):
    with pytest.raises(errors.BadRequest) as caught:
        config.settle({}, environment, user)

    assert words in caught.value.message
    assert caught.value.hint


def test_options_of_a_command_line_are_text_and_are_read_as_such():
    settled = config.settle({}, {}, {"read_only": DeferredConfigString("True")})

    assert settled.read_only is True


def test_a_list_can_be_added_to_in_a_configuration_file():
    more = LazyConfigValue()
    more.append("*.pt")

    assert "*.pt" in config.settle({}, {}, {"snapshot_exclude": more}).snapshot_exclude
    assert "__pycache__" in config.settle({}, {}, {"snapshot_exclude": more}).snapshot_exclude
