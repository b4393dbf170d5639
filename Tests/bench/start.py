"""How long commands take that do next to nothing, beside the start of certbot and of lego."""

import ledger
import machine
import measure


def run(bench):
    bench.results.note("start", "true: what starting any program takes here, and the least that is told")
    beside = {"true": ["true"]}
    for name in ("certbot", "lego"):
        if machine.find(name):
            beside[name] = [name, "--version"]
        else:
            bench.results.note("start", f"{name} is not there")
    _report(bench, "", {"kvagent": [bench.kvagent, "--version"]} | beside, "--version")
    largest = ledger.SMALL if bench.quick else ledger.LARGE
    for deployments, certificates in ((0, 10), (largest, ledger.CERTIFICATES)):
        directory = ledger.kept(bench.kept, deployments, certificates)
        settings = ["--config", f"{directory}/kvagent.yaml"]
        size = f"{deployments:,} deployments, {certificates:,} certificates"
        for words in (["status"], ["history", "--limit", "20"]):
            contenders = {"kvagent": [bench.kvagent, *words, *settings], "true": ["true"]}
            _report(bench, size, contenders, " ".join(words))


def _report(bench, size, contenders, what):
    rounds = measure.take_turns(
        bench.runs * measure.ROUNDS_FOR_EACH_RUN,
        {name: _contender(words) for name, words in contenders.items()},
    )
    for figure, unit, value in (
        ("wall", "ms", lambda usage: usage.wall * 1000),
        ("processor", "ms", lambda usage: usage.processor * 1000),
        ("peak memory", "MiB", lambda usage: usage.memory),
    ):
        found = {name: [value(usage) for usage in usages] for name, usages in rounds.items()}
        bench.results.add("start", size, f"{what}: {figure}", unit, **found)


def _contender(words):
    return lambda: measure.run(words)
