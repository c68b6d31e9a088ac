"""Which processes serve, and what a person is shown of a command."""

import pytest

from kfnb_ext.model import servers


@pytest.mark.parametrize(
    "command",
    [
        "/opt/conda/bin/python3.11 /opt/conda/bin/jupyter-lab --ip=0.0.0.0",
        "/opt/conda/bin/python -m jupyterlab --no-browser",
        "python -m jupyter_server",
        "python3 /usr/bin/supervisord -c /etc/supervisord.conf",
        "/usr/bin/tini -g -- start-notebook.sh",
        "s6-svscan -t0 /var/run/s6/services",
        "nginx: worker process",
        "nginx: master process nginx -g daemon off;",
        "/usr/lib/code-server/lib/node /usr/lib/code-server --bind-addr 0.0.0.0:8888",
        "/usr/lib/code-server/lib/node --dns-result-order=ipv4first "
        "/usr/lib/code-server/out/bootstrap-fork --type=extensionHost",
        "node /home/jovyan/.vscode-server/bin/abc/out/server-main.js",
        "/usr/lib/rstudio-server/bin/rserver",
        "/usr/local/bin/envoy -c etc/istio/proxy/envoy-rev.json",
        "/usr/local/bin/pilot-agent proxy sidecar",
        "/pause",
        "htop",
        "watch -n 2 nvidia-smi",
        "/usr/bin/python3 -m kfnb_ext agent",
    ],
)
def test_servers_inits_proxies_and_onlookers_are_no_use(command: str):
    assert servers.serves(tuple(command.split()))


@pytest.mark.parametrize(
    "command",
    [
        "python train.py",
        "python -u -m torch.distributed.run train.py",
        "/usr/lib/rstudio-server/bin/rsession -u rstudio",
        "python -m ipykernel_launcher -f kernel.json",
        "-bash",
        "bash /home/jovyan/notebook.sh",
        "python /home/jovyan/code-server/train.py",
        "/opt/conda/bin/python /opt/conda/bin/jupyter-nbconvert --execute a.ipynb",
        "R --no-save",
        "./train",
        "node build.js",
    ],
)
def test_what_computes_for_a_user_is_not_a_server(command: str):
    assert not servers.serves(tuple(command.split()))


def test_an_image_may_name_more_servers():
    assert not servers.serves(("/opt/bin/our-proxy",))
    assert servers.serves(("/opt/bin/our-proxy",), {"our-proxy"})


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("/opt/conda/bin/python", "train.py", "--token=abc"), "python train.py"),
        (("python", "-u", "/home/a/run.py", "secret"), "python run.py"),
        (("python", "-m", "torch.distributed.run", "x"), "python -m torch.distributed.run"),
        (("python3", "-c", "password = 'x'"), "python3"),
        (("-bash",), "bash"),
        (("curl", "-H", "Authorization: Bearer abc", "https://a"), "curl"),
        (("node",), "node"),
        ((), ""),
        (("x" * 60,), "x" * 47 + "…"),
    ],
)
def test_a_command_is_shown_without_its_arguments(command: tuple[str, ...], said: str):
    assert servers.shown(command) == said
