"""Microsoft's own Python SDK, unmodified, against the emulator.

    python3 -m venv .venv && .venv/bin/pip install -r Tests/sdk/requirements.txt
    .venv/bin/python Tests/sdk/test_sdk.py .build/debug/kvagent-emulator

What the SDK believes of Key Vault is the nearest thing to a specification of it that can be run.
"""

import os
import sys
import traceback
import warnings

import sdk
from emulator_process import running

# Each of these notes its tests when it is imported.
import identities  # noqa: F401
import stored_secrets  # noqa: F401
import stored_certificates  # noqa: F401
import trouble  # noqa: F401
import command_line  # noqa: F401


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else ".build/debug/kvagent-emulator"
    passed = failed = 0
    arguments = ["--identity", sdk.IDENTITY, "--client", f"{sdk.APPLICATION}=correct"]
    with running(binary, *arguments) as started:
        sdk.emulator = started
        os.environ["REQUESTS_CA_BUNDLE"] = started.ca_file
        os.environ["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = (
            f"http://127.0.0.1:{started.identity_port}"
        )
        for function in sdk.tests:
            name = function.__name__.replace("_", " ")
            try:
                function()
            except Exception:  # Whatever it is, the other tests go on.
                failed += 1
                print(f"not ok: {name}")
                traceback.print_exc()
            else:
                passed += 1
                print(f"ok: {name}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(main())
