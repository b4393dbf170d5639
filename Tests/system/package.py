"""The Debian packages under test."""

import glob
import os
import re
import subprocess
import tempfile


def newest(directory, name):
    """The newest package file of that name, or None."""
    files = glob.glob(os.path.join(directory, f"{name}_*.deb"))
    return max(files, key=os.path.getmtime, default=None)


def later(package, directory):
    """The same package under a later version, as the next build would make it."""
    with tempfile.TemporaryDirectory() as tree:
        subprocess.run(["dpkg-deb", "--raw-extract", package, tree], check=True)
        control = os.path.join(tree, "DEBIAN", "control")
        with open(control, encoding="utf-8") as file:
            text = file.read()
        with open(control, "w", encoding="utf-8") as file:
            file.write(re.sub(r"(?m)^(Version: .*)$", r"\1+later", text, count=1))
        made = os.path.join(directory, "kvagent_later.deb")
        # Without compression: it is installed once, from this disk.
        command = ["dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, made]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return made
