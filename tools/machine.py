"""What the machine itself must offer: Debian packages, Node, a Python that can make environments.

Its one rule: what is there is used as it is, what is missing is installed only where that needs no
question (root, or sudo without a password), and whatever is left out is said.
"""

import functools
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

FONTS = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
HEADERS = Path("/usr/include/stdio.h")
OLDEST_NODE = 18
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")

# Debian's package, and what is left out without it.
PACKAGES = {
    "chromium": "the browser tests",
    "fonts-dejavu-core": "nothing, but the pictures of the browser tests have no letters",
    "gcc": "the tests with a compiled stand-in for NVML",
    "libc6-dev": "the tests with a compiled stand-in for NVML",
    "rsync": "the comparisons with rsync",
}


class Missing(Exception):
    """Something that cannot be done without, and what to do about it."""


def browser() -> str | None:
    """The path of a Chromium of this machine."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def prepare_for_tests() -> None:
    """Installs the Debian packages that are missing, or says what is left out without them."""
    present = {
        "chromium": browser() is not None,
        "fonts-dejavu-core": FONTS.exists(),
        "gcc": shutil.which("gcc") is not None,
        "libc6-dev": HEADERS.exists(),
        "rsync": shutil.which("rsync") is not None,
    }
    missing = [name for name in PACKAGES if not present[name]]
    if not missing or install(*missing):
        return
    for name in missing:
        print(f"*** SKIPPED without {name}: {PACKAGES[name]}", flush=True)
    print(f"*** To have all of it: apt-get install {' '.join(missing)}", flush=True)


def check_python() -> None:
    """Sees to it that this Python can make an environment with pip in it."""
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return
    package = f"python3.{sys.version_info.minor}-venv"
    print(f"This Python has no ensurepip; Debian keeps it in {package}.", flush=True)
    if not install(package):
        raise Missing(f"this Python cannot make an environment: apt-get install {package}")


def has_node() -> bool:
    """Whether a Node that is young enough is on the PATH."""
    node = shutil.which("node")
    if node is None:
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"v(\d+)", answer.stdout)
    return version is not None and int(version.group(1)) >= OLDEST_NODE


def install(*packages: str) -> bool:
    """Installs Debian packages; False where that is not ours to do.

    Raises: Missing when it was ours to do and failed.
    """
    may = _may_install()
    if may is None:
        return False
    print(f"Installing {' '.join(packages)}", flush=True)
    apt = [*may, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
    commands = [["update"], ["install", "-y", "--no-install-recommends", *packages]]
    for command in commands:
        done = subprocess.run(
            [*apt, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        if done.returncode:
            print(done.stdout.decode(errors="replace")[-4000:], flush=True)
            raise Missing(f"apt-get {command[0]} failed: see above")
    return True


@functools.cache
def _may_install() -> tuple[str, ...] | None:
    """What goes before apt-get, or None where there is no apt-get or no right to use it."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return ()
    sudo = shutil.which("sudo")
    if (
        sudo
        and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return (sudo, "-n")
    return None
