#!/usr/bin/env python3
"""What a first `kvagent sync` of a thousand certificates costs.

    Tests/bench/install.py [--kvagent FILE] [--emulator FILE] [--certificates N] [--rounds N]
                           [--directory DIRECTORY]

Each round begins with an empty state directory. Beside it, in turn, the simplest loop there can be:
it makes the same directories and writes the same bytes into them, and flushes each file and each
directory. Whatever kvagent takes more is for asking the vault, looking at what came, access, one
rename per certificate and the history. It judges nothing.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OPTIONS = {"key": "p-256", "contentType": "application/x-pkcs12"}
OPTIONS |= {"cipher": "triple-des", "isExportable": True}


def main():
    parser = argparse.ArgumentParser(description="Measure a first installation.")
    parser.add_argument("--kvagent", default=f"{ROOT}/.build/release/kvagent")
    parser.add_argument("--emulator", default=f"{ROOT}/.build/release/kvagent-emulator")
    parser.add_argument("--certificates", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--directory", help="where to work; by default in /tmp")
    arguments = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="kvi.", dir=arguments.directory)
    ready = os.path.join(directory, "ready")
    emulator = subprocess.Popen(
        [arguments.emulator, "serve", "--state", f"{directory}/vault", "--ready-file", ready]
        + ["--exit-with-parent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    try:
        while not os.path.exists(ready):
            time.sleep(0.05)
            if emulator.poll() is not None:
                raise SystemExit("the emulator has ended")
        with open(ready, encoding="utf-8") as file:
            administration = f"http://127.0.0.1:{json.load(file)['adminPort']}"
        measure(arguments, directory, administration)
    finally:
        emulator.terminate()
        emulator.wait()
        shutil.rmtree(directory)


def ask(address, method, body=None):
    data = None if body is None else json.dumps(body).encode()
    fields = {"Content-Type": "application/json"}
    request = urllib.request.Request(address, data=data, method=method, headers=fields)
    with urllib.request.urlopen(request, timeout=60) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def measure(arguments, directory, administration):
    names = [f"c{number:04}" for number in range(arguments.certificates)]
    for name in names:
        options = OPTIONS | {"dnsNames": [f"{name}.bench.example"]}
        ask(f"{administration}/vaults/kv/certificates/{name}", "PUT", options)
    state = f"{directory}/state"
    settings = f"{directory}/kvagent.yaml"
    text = subprocess.run(
        [arguments.emulator, "settings", *(f"kv/{name}" for name in names)]
        + ["--state-directory", state, "--state", f"{directory}/vault"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    with open(settings, "w", encoding="utf-8") as file:
        file.write(f"{text}hooks: {{directory: {directory}/hooks.d, runner: direct}}\n")
    times, processor, floors, ratios, memory = [], [], [], [], 0
    for _ in range(arguments.rounds):
        shutil.rmtree(state, ignore_errors=True)
        ask(f"{administration}/statistics", "DELETE")
        began = time.monotonic()
        process = subprocess.Popen(
            [arguments.kvagent, "sync", "--config", settings], stdout=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        times.append(time.monotonic() - began)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"kvagent sync ended with {process.returncode}")
        processor.append(used.ru_utime + used.ru_stime)
        memory = max(memory, used.ru_maxrss)
        said = ask(f"{administration}/statistics", "GET")
        installed = read(f"{state}/certs", names)
        began = time.monotonic()
        write(f"{directory}/floor", installed)
        floors.append(time.monotonic() - began)
        shutil.rmtree(f"{directory}/floor")
        ratios.append(times[-1] / floors[-1])
    files = sum(len(versions) for versions in installed.values())
    size = os.path.getsize(f"{state}/history.db")
    print(f"{len(names)} certificates, {files} files, history of {size / 1e6:.1f} MB")
    print(f"requests: {said['requests']} on {said['connections']} TLS connections")
    print(f"kvagent sync:     {told(times)} s, {memory / 1024:.0f} MiB at most")
    print(f"  processor time: {told(processor)} s")
    print(f"the simplest loop: {told(floors)} s")
    print(f"ratio:            {told(ratios)}")


def read(store, names):
    """The bytes of every file of each certificate's live version, by certificate and name."""
    installed = {}
    for name in names:
        current = f"{store}/{name}/current"
        installed[name] = {}
        for file in os.listdir(current):
            with open(f"{current}/{file}", "rb") as stream:
                installed[name][file] = stream.read()
    return installed


def write(store, installed):
    os.mkdir(store)
    for name, files in installed.items():
        directory = f"{store}/{name}/versions/1"
        os.makedirs(directory)
        for file, contents in files.items():
            with open(f"{directory}/{file}", "wb") as stream:
                stream.write(contents)
                stream.flush()
                os.fsync(stream.fileno())
        for place in (directory, f"{store}/{name}/versions", f"{store}/{name}"):
            flush(place)
    flush(store)


def flush(directory):
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(descriptor)
    os.close(descriptor)


def told(values):
    middle = statistics.median(values)
    return f"median {middle:.2f} ({min(values):.2f} to {max(values):.2f}, {len(values)} rounds)"


if __name__ == "__main__":
    main()
