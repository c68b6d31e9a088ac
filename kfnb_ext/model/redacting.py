"""What is taken out of anything that is kept or shown: credentials, whoever wrote them down.

Rule: when in doubt it goes. What is kept of a URL is where it leads; of a variable its name; of a
command the words that cannot be a secret.
"""

import re
from collections.abc import Mapping
from typing import Any

SECRET = re.compile(
    r"pass|pwd|secret|token|credential|auth|cookie|bearer|private|signature|api[-_.]?key|"
    r"access[-_.]?key|session",
    re.IGNORECASE,
)
URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?P<rest>[^\s'\"<>]*)")
SCP = re.compile(r"^[^\s@/:]+@(?P<host>[^\s@/:]+):(?!//)")
LEFT_OUT = "(left out)"
# Fields of Kubernetes that sound like secrets and hold a name or a switch.
NAMES = frozenset(
    {
        "secret", "secretName", "secretRef", "secretKeyRef", "imagePullSecrets", "configMapKeyRef",
        "automountServiceAccountToken", "serviceAccountToken", "projected", "sources",
    }
)  # fmt: skip
WORDS = frozenset({"args", "command"})
VALUES = frozenset({"httpHeaders"})  # lists of {name, value}


def url(text: str) -> str:
    """Any text without what URLs in it carry beside the place: users, queries, fragments."""
    return SCP.sub(lambda found: f"{found['host']}:", URL.sub(_url, text))


def _url(found: re.Match[str]) -> str:
    rest = re.split(r"[?#]", found["rest"], maxsplit=1)[0]
    place, slash, path = rest.partition("/")
    place = place.rpartition("@")[2]
    # A token may stand in the path, as conda writes it: /t/TOKEN/channel.
    path = re.sub(r"(^|/)t/[^/]+/", r"\1", path)
    return f"{found['scheme']}{place}{slash}{path}"


def words(given: list[Any]) -> list[str]:
    """A command without what may be a secret in it."""
    kept: list[str] = []
    hidden = False
    for one in map(str, given):
        name, is_pair, _ = one.partition("=")
        if hidden and not one.startswith("-"):
            kept.append(LEFT_OUT)
            hidden = False
            continue
        hidden = False
        if not SECRET.search(one):
            kept.append(url(one))
        elif one.startswith("-") and is_pair:
            kept.append(f"{name}={LEFT_OUT}" if " " not in name else LEFT_OUT)
        elif one.startswith("-") and " " not in one:
            kept.append(one)
            hidden = True
        else:
            kept.append(LEFT_OUT)
    return kept


def spec(found: Any, key: str = "") -> Any:
    """An object of Kubernetes: variables by name alone, no annotation, no secret."""
    if isinstance(found, Mapping):
        return {k: _field(str(k), v) for k, v in found.items() if k != "annotations"}
    if isinstance(found, list):
        if key == "env":
            return [_variable(one) for one in found if isinstance(one, Mapping)]
        if key in VALUES:
            return [{"name": str(one.get("name"))} for one in found if isinstance(one, Mapping)]
        return words(found) if key in WORDS else [spec(one) for one in found]
    return url(found) if isinstance(found, str) else found


def _field(key: str, value: Any) -> Any:
    hidden = SECRET.search(key) and key not in NAMES
    if key in ("volumeAttributes", "options", "stringData", "data"):
        hidden = True
    if hidden and not isinstance(value, bool) and value is not None:
        return LEFT_OUT if isinstance(value, str) else {}
    return spec(value, key)


def _variable(found: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {"name": str(found.get("name"))}
    if isinstance(found.get("valueFrom"), Mapping):  # where it is taken from, not what it is
        kept["valueFrom"] = spec(found["valueFrom"])
    return kept
