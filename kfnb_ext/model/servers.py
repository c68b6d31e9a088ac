"""Which processes of a notebook pod serve or look on, and so are no use of it by themselves.

Rule: judged by the command alone. What a server starts on a user's behalf (a shell, a training
run) is not the server. An interpreter is judged by the program that it runs.
"""

import functools
import re
from collections.abc import Iterable

# Servers of notebooks and their helpers; init processes and supervisors; proxies of a mesh and
# side-cars, seen where a pod shares one pid namespace; remote access.
SERVERS = frozenset(
    """
    jupyter jupyter-lab jupyter-labhub jupyter-notebook jupyter-server jupyter-nbclassic
    jupyterhub-singleuser jupyterlab jupyter_server notebook nbclassic jupyterhub
    configurable-http-proxy kfnb kfnb_ext
    code-server openvscode-server rserver rstudio-server rsession-run
    nginx httpd apache2 lighttpd caddy traefik haproxy oauth2-proxy oauth-proxy kube-rbac-proxy
    tini tini-static dumb-init catatonit init systemd supervisord runsv runsvdir runit svlogd pause
    envoy pilot-agent istio-proxy linkerd2-proxy linkerd-proxy cilium-envoy
    fluent-bit fluentd vector promtail filebeat node_exporter
    sshd cron crond dbus-daemon websockify Xvnc Xtigervnc Xvfb ttyd gotty
    """.split()  # noqa: SIM905 - a table that a person reads
)
# They look at the work of others, again and again.
ONLOOKERS = frozenset(
    """
    top htop btop atop nvtop nvidia-smi nvitop gpustat watch iotop glances vmstat iostat
    """.split()  # noqa: SIM905
)
PREFIXES = ("s6-",)
FOLDERS = frozenset({"code-server", "openvscode-server", "vscode-server", ".vscode-server"})
INTERPRETERS = re.compile(r"python[\d.]*|node|sh|bash|dash|perl|ruby")
FOLLOWS = re.compile(r"-[a-zA-Z]*[fF]|--follow(=.*)?")  # of tail: it prints what others write
MODULE, CODE = "-m", "-c"
SHOWN = 48  # characters of a command that a person is shown


def serves(command: tuple[str, ...], more: Iterable[str] = ()) -> bool:
    """Whether this is the command of a server; ``more`` names further ones."""
    if not command:
        return True  # a thread of the system itself
    name = program(command)
    if name in SERVERS or name in ONLOOKERS or name in more or name.startswith(PREFIXES):
        return True
    # code-server and its extension hosts are the same `node`, which lives in its folder.
    node = _base(command[0]) == "node"
    return any(FOLDERS & set(part.split("/")) for part in command[: 3 if node else 1])


def looks_on(command: tuple[str, ...]) -> bool:
    """Whether this is the command of a program that only shows the work of others, and goes on."""
    name = program(command) if command else ""
    follows = name == "tail" and any(FOLLOWS.fullmatch(word) for word in command[1:])
    return follows or name in ONLOOKERS


@functools.lru_cache(maxsize=512)  # each look asks it of each process
def program(command: tuple[str, ...]) -> str:
    """The name of what runs: of the script or module, where an interpreter runs one."""
    words = _words(command)
    return words[-1].partition(".")[0] if MODULE in words else words[-1]


def shown(command: tuple[str, ...]) -> str:
    """The command as a person is shown it: what runs, never its arguments, which may be secret."""
    text = " ".join(_words(command)) if command else ""
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _words(command: tuple[str, ...]) -> list[str]:
    """The program, and what it interprets: ["python", "train.py"], ["python", "-m", "pip"]."""
    # "nginx: worker process": a daemon that renamed itself.
    first = _base(re.split(r":? ", command[0], maxsplit=1)[0].rstrip(":"))
    if not INTERPRETERS.fullmatch(first):
        return [first]
    for part, after in zip(command[1:], (*command[2:], ""), strict=False):
        if part == MODULE and after:
            return [first, MODULE, after]
        if part == CODE:
            break
        if part and not part.startswith("-"):
            return [first, _base(part)]
    return [first]


def _base(path: str) -> str:
    # A login shell is called "-bash". No pathlib: a look asks this a few times for each process.
    return path.rstrip("/").rpartition("/")[2].removeprefix("-") or path
