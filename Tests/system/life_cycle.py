"""Upgrade, downgrade, remove, install again and purge."""

from bench import STATE, expect, expect_equal
from scenario import scenario

PRECIOUS = "/srv/precious"


@scenario("an upgrade under load touches no certificate and fails no handshake")
def upgrade(bench):
    bench.kvagent("pin", "web", "--reason", "kept over the upgrade")
    files, history = bench.files(), bench.json("history")
    before = bench.service("MainPID")["MainPID"]
    version = bench.installed_version()
    with bench.clients() as seen:
        bench.install(bench.next_package)
        bench.wait_poll()
    after = bench.service("MainPID", "ActiveState")
    expect(bench.installed_version() != version, "the version is the old one")
    expect_equal(after["ActiveState"], "active", "the unit's state")
    expect(after["MainPID"] != before, "the old daemon is still running")
    expect_equal(bench.files(), files, "the certificates")
    expect_equal(bench.json("history"), history, "the history")
    expect_equal(bench.state(), "pinned", "the certificate's state")
    expect_equal(seen["failures"], {}, "failed handshakes")
    bench.kvagent("unpin", "web")
    return f"{version} to {bench.installed_version()}, {seen['handshakes']} handshakes, none failed"


@scenario("a history of a later kvagent is refused, clearly and untouched")
def downgrade(bench):
    database = f"{STATE}/history.db"
    later = "v999_from_the_future"
    bench.machine.output("systemctl", "stop", "kvagent.service")
    bench.machine.output(
        "sqlite3", database, f"INSERT INTO grdb_migrations (identifier) VALUES ('{later}')"
    )
    content = bench.machine.output("sha256sum", database)
    cursor = bench.machine.cursor()
    started = bench.machine.run("systemctl", "start", "kvagent.service", check=False)
    service = bench.service("ActiveState", "ExecMainStatus")
    told = [line for line in bench.journal(cursor).splitlines() if later in line]
    bench.machine.run("systemctl", "stop", "kvagent.service", check=False)
    try:
        expect(started.returncode != 0, "the service started")
        expect(told, f"the journal doesn't name {later}:\n{bench.journal(cursor)}")
        expect_equal(bench.machine.output("sha256sum", database), content, "the database")
        status = bench.machine.run("kvagent", "status", check=False)
        expect(status.returncode != 0 and later in status.stdout, "status says nothing of it")
    finally:
        bench.machine.output(
            "sqlite3", database, f"DELETE FROM grdb_migrations WHERE identifier = '{later}'"
        )
        bench.machine.run("systemctl", "reset-failed", "kvagent.service", check=False)
        bench.machine.output("systemctl", "start", "kvagent.service")
    return f"exit {service['ExecMainStatus']}: {told[0]}"


@scenario("a removal keeps certificates and history, and nginx serves on")
def remove(bench):
    bench.machine.output("systemctl", "stop", "kvagent.service")
    bench.removed = bench.files(), bench.json("history")
    served = bench.served()
    bench.remove("remove")
    expect_equal(bench.files(), bench.removed[0], "the certificates")
    bench.machine.output("test", "-s", f"{STATE}/history.db")
    bench.machine.output("systemctl", "restart", "nginx.service")
    bench.wait_served(served)
    expect_equal(bench.machine.output("systemctl", "--failed", "--no-legend"), "", "failed units")


@scenario("an installation after a removal goes on where it ended")
def reinstall(bench):
    bench.install(bench.next_package)
    expect_equal(bench.service("ActiveState")["ActiveState"], "active", "the unit's state")
    bench.wait_poll()
    files, history = bench.removed
    expect_equal(bench.files(), files, "the certificates")
    expect_equal(bench.json("history"), history, "the history")
    version = bench.vault("certificate", "rotate", "kv/web")
    bench.wait_served(bench.thumbprint(version))


@scenario("a purge that can't ask keeps keys that are valid, and follows no link")
def purge(bench):
    plant_links(bench)
    served = bench.served()
    printed = bench.remove("purge")
    expect_precious(bench)
    bench.machine.output("test", "-s", f"{STATE}/certs/web/current/privkey.pem")
    bench.machine.output("systemctl", "restart", "nginx.service")
    bench.wait_served(served)
    told = [line for line in printed.splitlines() if STATE in line]
    expect(told, f"the purge doesn't say that it kept the keys:\n{printed}")
    return told[0].strip()


@scenario("a purge that was told to deletes everything of its own, and follows no link")
def purge_everything(bench):
    bench.install(bench.next_package)
    plant_links(bench)
    questions = bench.machine.output(
        "sh", "-c", "sed -n 's/^Template: //p' /var/lib/dpkg/info/kvagent.templates"
    ).splitlines()
    expect_equal(len(questions), 1, "debconf questions")
    bench.machine.output(
        "debconf-set-selections", stdin=f"kvagent {questions[0]} boolean true\n"
    )
    bench.remove("purge")
    expect_precious(bench)
    left = bench.machine.run("ls", "-A", STATE, check=False)
    expect(left.returncode != 0, f"{STATE} is still there: {left.stdout}")
    expect_equal(bench.machine.output("systemctl", "--failed", "--no-legend"), "", "failed units")


def plant_links(bench):
    """Links out of kvagent's tree, such as another user of the store might leave."""
    bench.machine.shell(
        f"""
        mkdir -p {PRECIOUS}/directory
        echo data >{PRECIOUS}/directory/file
        mkdir -p {STATE}/certs/planted
        ln -sfn {PRECIOUS}/directory {STATE}/planted
        ln -sfn {PRECIOUS}/directory {STATE}/certs/planted/versions
        ln -sfn {PRECIOUS}/directory {STATE}/certs/web/versions/planted
        ln -sfn {PRECIOUS}/directory/file {STATE}/certs/web/planted
        """
    )


def expect_precious(bench):
    expect_equal(
        bench.machine.output("cat", f"{PRECIOUS}/directory/file"), "data", "a file behind a link"
    )
