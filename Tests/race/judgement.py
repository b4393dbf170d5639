"""What the readers and snoops have seen, against what kvagent has on record and OpenSSL says."""

import collections
import json
import sqlite3
import ssl
import tempfile


class Judgement:
    def __init__(self, history):
        self.faults = []
        self.reads = 0
        self._matches = {}
        # SHA-256 of each file that was ever installed for `web`: its name and version.
        self._installed = {}
        with sqlite3.connect(f"file:{history}?mode=ro", uri=True) as database:
            rows = database.execute(
                "SELECT f.sha256, f.name, v.version FROM version_file f"
                " JOIN version v ON v.id = f.version_id WHERE v.certificate = 'web'"
            )
            for digest, name, version in rows:
                self._installed[digest] = (name, version)

    def fault(self, text):
        self.faults.append(text)

    def print_reads(self, told, ways, may_mix):
        readers = [json.loads(text) for text in told]
        files = {}
        for reader in readers:
            files |= {digest: bytes.fromhex(text) for digest, text in reader["files"].items()}
        foreign = [digest for digest in files if digest not in self._installed]
        print(f"\n{'read':52}{'reads':>10}{'versions':>10}{'mixed':>8}{'partial':>9}{'missing':>9}")
        for way, words in ways.items():
            counts = collections.Counter()
            versions = set()
            for reader in readers:
                rows = reader["ways"][way]
                counts["missing"] += sum(rows["missing"].values())
                for error in rows["missing"]:
                    self.fault(f"{words}: {error}")
                for digests, count in rows["found"]:
                    counts["reads"] += count
                    if any(digest in foreign for digest in digests):
                        counts["partial"] += count
                        continue
                    found = {self._installed[digest][1] for digest in digests}
                    versions |= found
                    if len(found) > 1 or not self._match(digests, files):
                        counts["mixed"] += count
            if counts["partial"] or (counts["mixed"] and way not in may_mix):
                self.fault(f"{words}: {counts['mixed']} mixed, {counts['partial']} partial")
            self.reads += counts["reads"]
            print(
                f"{words:52}{counts['reads']:>10}{len(versions):>10}{counts['mixed']:>8}"
                f"{counts['partial']:>9}{counts['missing']:>9}"
            )
        print(f"{'together':52}{self.reads:>10}")

    def _match(self, digests, files):
        """Whether OpenSSL takes the key for the certificate's; asked once for each pair."""
        pair = tuple(digests)
        if pair not in self._matches:
            with tempfile.NamedTemporaryFile() as file:
                file.write(b"".join(files[digest] for digest in pair))
                file.flush()
                try:
                    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(file.name)
                    self._matches[pair] = True
                except ssl.SSLError:
                    self._matches[pair] = False
        return self._matches[pair]

    def print_snoops(self, told):
        columns = f"{'temporary':>10}{'public':>10}{'granted':>9}{'keys':>8}"
        print(f"\n{'as nobody':52}{'attempts':>10}{columns}")
        words = {"walk": "every name, again and again", "watch": "every name when it appears"}
        for snoop in map(json.loads, told):
            opened = collections.Counter(snoop["opened"])
            print(
                f"{words[snoop['how']]:52}{snoop['attempts']:>10}{snoop['temporaries']:>10}"
                f"{opened['public']:>10}{opened['granted']:>9}{opened['key']:>8}"
            )
            for path in sorted(set(snoop["leaks"])):
                self.fault(f"nobody could read the key in {path}")
            if not (opened["public"] and opened["granted"] and snoop["temporaries"]):
                self.fault(f"{words[snoop['how']]}: looked in the wrong places: {opened}")
