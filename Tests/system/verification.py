"""Live verification and `kvagent serving`, from the hardened unit, with nginx itself."""

import json

from bench import SITE, expect, expect_equal
from hooks import one_run
from scenario import scenario

ENDPOINT = "127.0.0.1:443"
ENTRY = f'      verify: {{connect: "{ENDPOINT}", serverName: {SITE}, timeout: 3s}}'
RELOAD = "/etc/kvagent/hooks.d/reload/50-nginx"


@scenario("what is served is looked at after the reload, and what is not served goes back")
def verify(bench):
    run = one_run(bench, ENTRY, "deployed", f"verify:{ENDPOINT}")
    expect_equal((run["phase"], run["exitCode"]), ("verify", 0), "the look at nginx")
    good = bench.served()
    bench.machine.output("rm", RELOAD)
    # Nobody tells nginx, so it goes on with the version before.
    run = one_run(bench, ENTRY, "rolledBack", f"verify:{ENDPOINT}")
    bench.link_hook("nginx-reload", "reload/50-nginx")
    expect_equal(run["exitCode"], 1, "the look at an nginx that was not reloaded")
    expect_equal(bench.served(), good, "what nginx serves")
    version = bench.vault("certificate", "create", "kv/web", "--dns", SITE)
    bench.wait_served(bench.thumbprint(version))
    return run["output"].strip()


@scenario("serving names the server, its process and the version that it serves")
def serving(bench):
    thumbprint = bench.served()
    found = [row for row in bench.json("serving")["listeners"] if row["port"] == 443]
    expect(found, "nothing is found on port 443")
    for row in found:
        expect_equal(row["process"]["name"], "nginx", "the process")
        told = [(one["certificate"], one["standing"]) for one in row["certificates"]]
        expect(("web", "current") in told, f"{row}")
        expect(thumbprint in [one["thumbprint"] for one in row["certificates"]], f"{row}")
    return f"{found[0]['address']}:443 {found[0]['process']['name']} current"


@scenario("serving tells that nginx serves an older version while nobody reloads it")
def older(bench):
    bench.machine.output("rm", RELOAD)
    try:
        version = bench.vault("certificate", "rotate", "kv/web")
        bench.wait_outcome(version, "deployed")
        done = bench.machine.run("kvagent", "serving", "--json", check=False)
    finally:
        bench.link_hook("nginx-reload", "reload/50-nginx")
    bench.machine.output("systemctl", "reload", "nginx.service")
    bench.wait_served(bench.thumbprint(version))
    [nginx] = [row for row in json.loads(done.stdout)["listeners"] if row["port"] == 443]
    told = [(one["certificate"], one["standing"]) for one in nginx["certificates"]]
    expect_equal((told, done.returncode), ([("web", "older")], 1), "what it said, and its status")
