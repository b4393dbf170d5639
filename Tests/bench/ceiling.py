"""What the emulator itself can answer, so that it is seen where it is what the others measure."""

import re
import statistics
import subprocess

import machine
import measure
import poll

REQUESTS = 5000
# Connections and requests at once on each: as kvagent asks, and with more.
WAYS = ((1, poll.AT_ONCE), (8, poll.AT_ONCE))
# From this share of the ceiling on, a figure is the emulator's as much as kvagent's.
NEAR = 0.7


def run(bench):
    if not machine.find("h2load"):
        bench.results.note("ceiling", "h2load is not there")
        return
    bench.results.note("ceiling", f"h2load, {REQUESTS:,} requests for one certificate or secret")
    with bench.cloud() as cloud:
        [name] = cloud.names(1)
        paths = {"certificate": f"/certificates/{name}"}
        paths["secret"] = f"/secrets/{name}/{cloud.newest(name)}"
        contenders = {
            (what, connections, at_once): _contender(cloud, path, connections, at_once)
            for what, path in paths.items()
            for connections, at_once in WAYS
        }
        rounds = measure.take_turns(bench.runs, contenders)
    for (what, connections, at_once), rates in rounds.items():
        size = f"{connections} × {at_once} at once"
        bench.results.add("ceiling", size, what, "requests/s", [], h2load=rates)
    _compare(bench.results, statistics.median(rounds["certificate", *WAYS[0]]))


def _contender(cloud, path, connections, at_once):
    command = ["h2load", f"--requests={REQUESTS}", f"--clients={connections}"]
    command += [f"--max-concurrent-streams={at_once}", f"--connect-to=127.0.0.1:{cloud.port}"]
    command += [f"--header=Authorization: Bearer {cloud.token()}"]
    command += [f"{cloud.url}{path}?api-version=7.4"]

    def rate():
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        if f"{REQUESTS} succeeded" not in said:
            raise SystemExit(f"bench: error: h2load: {said[-2000:]}")
        return float(re.search(r"finished in .*?, ([\d.]+) req/s", said)[1])

    return rate


def _compare(results, ceiling):
    """Says how near the polls that were measured before have come to the ceiling."""
    for line in results.lines:
        if line["section"] != "poll" or line["what"] != "wall" or "delay 0 ms" not in line["size"]:
            continue
        requests = results.find("poll", line["size"], "requests")
        found = {"kvagent": (line["kvagent"], requests["kvagent"])}
        found["curl"] = (line["beside"]["curl"], requests["beside"]["curl"])
        for name, (wall, count) in found.items():
            rate = count["median"] / (wall["median"] / 1000)
            share = rate / ceiling
            limit = "; the emulator is measured as well" if share >= NEAR else ""
            results.note(
                "ceiling",
                f"{name}, {line['size']}: {rate:,.0f} requests/s, {share:.0%} of the ceiling{limit}",
            )
