"""The servers, each with the least configuration that serves, and the hooks that go with it."""

import os
import pwd

import handshake
from bench import Server, Site, hook, run


def environment_of(user):
    """Options of subprocess to run as another user, with that user's groups only."""
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": [entry.pw_gid]}


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


class Nginx(Server):
    program, config_file = "nginx", "nginx.conf"

    def __init__(self, bench, name="nginx"):
        super().__init__(bench, name)
        directory = f"{bench.directory}/{name}"
        arguments = [f"config={directory}/nginx.conf", f"pid_file={directory}/pid"]
        self.site = Site(
            bench,
            name,
            [
                ("check", [hook("nginx-check")]),
                ("check", [bench.name_check]),
                ("reload", [hook("nginx-reload"), *arguments]),
            ],
        )

    def start(self):
        path = self.site.path
        config = write(
            path("nginx.conf"),
            f"""
daemon off;
user www-data;
worker_processes 2;
pid {path("pid")};
error_log {path("log")};
events {{}}
http {{
    access_log off;
    client_body_temp_path {path("body")};
    proxy_temp_path {path("proxy")};
    fastcgi_temp_path {path("fastcgi")};
    uwsgi_temp_path {path("uwsgi")};
    scgi_temp_path {path("scgi")};
    server {{
        listen 127.0.0.1:{self.port} ssl;
        ssl_certificate {self.site.live("fullchain.pem")};
        ssl_certificate_key {self.site.live("privkey.pem")};
    }}
}}
""",
        )
        self.launch(["nginx", "-c", config])

    @staticmethod
    def version():
        return run(["nginx", "-v"]).split("/")[1].strip()


class HAProxy(Server):
    """With `swap` the hook finds the runtime API, else it reloads by the master's pid file."""

    program, config_file = "haproxy", "haproxy.cfg"
    refusal = "unable to load SSL certificate"

    def __init__(self, bench, name="haproxy", swap=True, checks=True, more=(), buffer=16384):
        super().__init__(bench, name)
        self.swap, self.buffer = swap, buffer
        directory = f"{bench.directory}/{name}"
        # At the level of a user there is no swap.
        arguments = [
            f"socket={directory}/{'admin' if swap else 'user'}",
            f"config={directory}/haproxy.cfg",
            f"pid_file={directory}/pid",
        ]
        hooks = [
            ("check", [hook("haproxy-check")]),
            ("check", [bench.name_check]),
            ("deploy", [hook("link-bundle"), f"{directory}/crt"]),
            ("reload", [hook("haproxy-reload"), *arguments]),
        ]
        self.hooks = hooks if checks else hooks[2:]
        self.site = Site(bench, name, self.hooks, more=more)
        os.mkdir(self.site.path("crt"))

    def start(self):
        path = self.site.path
        config = write(
            path("haproxy.cfg"),
            f"""
global
    stats socket {path("admin")} mode 600 level admin expose-fd listeners
    stats socket {path("user")} mode 600 level user
    tune.ssl.default-dh-param 2048
    tune.bufsize {self.buffer}
    tune.maxrewrite 256
defaults
    mode http
    timeout client 10s
    timeout connect 10s
    timeout server 10s
frontend site
    bind 127.0.0.1:{self.port} ssl crt {path("crt")}
    http-request return status 200
""",
        )
        self.launch(["haproxy", "-W", "-f", config, "-p", path("pid")])

    @staticmethod
    def version():
        return run(["haproxy", "-v"]).split()[2]


class Apache(Server):
    program, config_file = "apache2", "apache2.conf"

    def __init__(self, bench, name="apache2"):
        super().__init__(bench, name)
        directory = f"{bench.directory}/{name}"
        arguments = [f"config={directory}/apache2.conf", f"pid_file={directory}/pid"]
        self.site = Site(
            bench,
            name,
            [
                ("check", [hook("apache2-check")]),
                ("check", [bench.name_check]),
                ("reload", [hook("apache2-reload"), *arguments]),
            ],
        )

    def start(self):
        path, modules = self.site.path, "/usr/lib/apache2/modules"
        config = write(
            path("apache2.conf"),
            f"""
ServerRoot "{self.site.directory}"
ServerName localhost
DefaultRuntimeDir "{self.site.directory}"
PidFile "{path("pid")}"
ErrorLog "{path("log")}"
User www-data
Group www-data
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule ssl_module {modules}/mod_ssl.so
Listen 127.0.0.1:{self.port}
<VirtualHost *:{self.port}>
    SSLEngine on
    SSLCertificateFile "{self.site.live("fullchain.pem")}"
    SSLCertificateKeyFile "{self.site.live("privkey.pem")}"
</VirtualHost>
""",
        )
        self.launch(["apache2", "-DFOREGROUND", "-f", config])

    @staticmethod
    def version():
        return run(["apache2", "-v"]).split()[2].removeprefix("Apache/")


class Postfix(Server):
    """Its `smtpd` are processes that come and go; at most `most` of them."""

    program = "postfix"

    def __init__(self, bench, name="postfix", most="-"):
        super().__init__(bench, name)
        self.most = most
        self.start_tls = handshake.smtp
        self.site = Site(
            bench,
            name,
            [
                ("check", [hook("postfix-check")]),
                ("check", [bench.name_check]),
                ("reload", [hook("postfix-reload"), f"config={bench.directory}/{name}/etc"]),
            ],
        )

    def start(self):
        path = self.site.path
        for name in ["etc", "queue", "data"]:
            os.mkdir(path(name))
            os.chmod(path(name), 0o755)
        os.chown(path("data"), pwd.getpwnam("postfix").pw_uid, -1)
        write(
            path("etc", "main.cf"),
            f"""
compatibility_level = 3.6
queue_directory = {path("queue")}
data_directory = {path("data")}
maillog_file_prefixes = {self.site.directory}
maillog_file = {path("log")}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
myhostname = www.servers.example
mydestination =
alias_maps =
local_recipient_maps =
smtpd_relay_restrictions = reject
smtpd_tls_security_level = may
smtpd_tls_cert_file = {self.site.live("fullchain.pem")}
smtpd_tls_key_file = {self.site.live("privkey.pem")}
smtpd_client_connection_rate_limit = 0
""",
        )
        write(
            path("etc", "master.cf"),
            f"""
127.0.0.1:{self.port} inet n - n - {self.most} smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
""",
        )
        self.launch(["postfix", "-c", path("etc"), "start-fg"])

    def stop(self):
        # It stops its own children; the master ends with it.
        if self._process is not None and self._process.poll() is None:
            run(["postfix", "-c", self.site.path("etc"), "stop"])
        super().stop()

    @staticmethod
    def version():
        return run(["postconf", "-d", "-h", "mail_version"]).strip()


class Dovecot(Server):
    program, config_file = "dovecot", "dovecot.conf"

    def __init__(self, bench, name="dovecot"):
        super().__init__(bench, name)
        self.start_tls = handshake.imap
        directory = f"{bench.directory}/{name}"
        arguments = [f"config={directory}/dovecot.conf", f"pid_file={directory}/run/master.pid"]
        self.site = Site(
            bench,
            name,
            [
                ("check", [hook("dovecot-check")]),
                ("check", [bench.name_check]),
                ("reload", [hook("dovecot-reload"), *arguments]),
            ],
        )

    def start(self):
        path = self.site.path
        config = write(
            path("dovecot.conf"),
            f"""
base_dir = {path("run")}
state_dir = {path("state.d")}
log_path = {path("log")}
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{self.site.live("fullchain.pem")}
ssl_key = <{self.site.live("privkey.pem")}
mail_location = maildir:{path("mail")}
passdb {{
    driver = static
    args = password=x
}}
userdb {{
    driver = static
    args = uid=65534 gid=65534 home={path("mail")}
}}
service imap-login {{
    inet_listener imap {{
        port = {self.port}
    }}
    inet_listener imaps {{
        port = 0
    }}
}}
""",
        )
        self.launch(["dovecot", "-F", "-c", config])

    @staticmethod
    def version():
        return run(["dovecot", "--version"]).split()[0]


class PostgreSQL(Server):
    program = "postgres"

    def __init__(self, bench, name="postgresql"):
        super().__init__(bench, name)
        self.start_tls = handshake.postgres
        self.site = Site(
            bench,
            name,
            [
                ("check", [hook("postgresql-check")]),
                ("check", [bench.name_check]),
                ("reload", [hook("postgresql-reload"), f"data={bench.directory}/{name}/data"]),
            ],
            group="postgres",
            mode="0640",
        )

    def start(self):
        data, user = self.site.path("data"), environment_of("postgres")
        os.mkdir(data, 0o700)
        os.chown(data, user["user"], user["group"])
        binaries = self.binaries()
        run(
            [f"{binaries}/initdb", "--no-sync", "--auth=reject", "-D", data],
            cwd="/",
            env={"LANG": "C", "PATH": "/usr/bin:/bin"},
            **user,
        )
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "ssl": "on",
            "ssl_cert_file": self.site.live("fullchain.pem"),
            "ssl_key_file": self.site.live("privkey.pem"),
        }
        command = [f"{binaries}/postgres", "-D", data]
        for key, value in options.items():
            command += ["-c", f"{key}={value}"]
        self.launch(command, **user)

    @staticmethod
    def binaries():
        """Of the newest that is installed; Debian keeps them out of PATH."""
        versions = os.listdir("/usr/lib/postgresql")
        return f"/usr/lib/postgresql/{max(versions, key=int)}/bin"

    @classmethod
    def version(cls):
        return run([f"{cls.binaries()}/postgres", "--version"]).split()[2]


SERVERS = [Nginx, HAProxy, Apache, Postfix, Dovecot, PostgreSQL]
