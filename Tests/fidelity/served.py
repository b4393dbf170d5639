"""The nginx that serves what was installed, to clients of the test."""

import os
import socket
import subprocess

from bench import LIMIT, free_port, wait_until
from scenario import Failed


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


class Nginx:
    """One nginx that serves all the certificates, told apart by SNI."""

    def __init__(self, installation, cases):
        self.installation, self.cases, self.port = installation, cases, free_port()
        self._process = None

    def write_config(self, name, cases, port):
        path = self.installation.path
        temporary = "\n".join(
            f"    {kind}_temp_path {path(kind)};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        servers = "\n".join(
            f"""    server {{
        listen 127.0.0.1:{port} ssl;
        server_name {case.dns};
        ssl_certificate {self.installation.live(case, "fullchain.pem")};
        ssl_certificate_key {self.installation.live(case, "privkey.pem")};
        default_type text/plain;
        return 200 {case.dns};
    }}"""
            for case in cases
        )
        # Only root has users to choose from.
        user = "user www-data;" if os.geteuid() == 0 else ""
        return write(
            path(name),
            f"""
daemon off;
{user}
worker_processes 1;
pid {path(name + ".pid")};
error_log {path("nginx.log")};
events {{}}
http {{
    access_log off;
    server_names_hash_max_size 4096;
    server_names_hash_bucket_size 128;
{temporary}
{servers}
}}
""",
        )

    def __enter__(self):
        config = self.write_config("nginx.conf", self.cases, self.port)
        with open(self.installation.path("log"), "ab") as log:
            self._process = subprocess.Popen(
                ["nginx", "-c", config],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            wait_until("nginx serves", self.answers)
        except BaseException:
            self.__exit__()
            raise
        return self

    def answers(self):
        if self._process.poll() is not None:
            with open(self.installation.path("log"), encoding="utf-8") as log:
                raise Failed(f"nginx has ended: {log.read()}")
        with socket.create_connection(("127.0.0.1", self.port), timeout=LIMIT):
            return True

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
