"""How the SDK fares when things go wrong."""

from azure.core.exceptions import HttpResponseError

import sdk
from sdk import MACHINE, certificates, expect, expect_error, secrets, test


@test
def a_throttled_request_is_tried_again():
    client = secrets("throttled")
    client.set_secret("one", "1")
    with sdk.emulator.fault(kind="throttle", count=1, vault="throttled", retryAfterSeconds=0):
        expect(client.get_secret("one").value == "1")


@test
def an_unavailable_vault_is_tried_again():
    client = secrets("unavailable")
    client.set_secret("one", "1")
    with sdk.emulator.fault(kind="serverError", count=2, vault="unavailable"):
        expect(client.get_secret("one").value == "1")


@test
def an_answer_that_is_cut_off_is_asked_for_again():
    client = secrets("cut")
    client.set_secret("one", "1" * 1000)
    before = sdk.emulator.admin("GET", "/statistics")["requests"]["secret"]
    with sdk.emulator.fault(kind="cutOff", count=1, vault="cut"):
        expect(client.get_secret("one").value == "1" * 1000)
    log = sdk.emulator.admin("GET", "/statistics")
    expect(log["requests"]["secret"] == before + 2)
    expect(log["log"][-1]["httpVersion"] == "1.1")


@test
def a_denial_names_its_kind_and_the_caller():
    client = secrets("denied")
    client.set_secret("one", "1")
    with sdk.emulator.fault(kind="denySecrets", vault="denied"):
        error = expect_error(HttpResponseError, client.get_secret, "one")
    expect(error.error.innererror["code"] == "ForbiddenByPolicy" and "appid=" in error.message)
    with sdk.emulator.fault(kind="denyCertificates", vault="denied"):
        error = expect_error(HttpResponseError, certificates("denied").get_certificate, "one")
        expect(client.get_secret("one").value == "1")
    expect(error.error.innererror["code"] == "ForbiddenByRbac")


def _refusal(vault, read, **access):
    """What the SDK raises for `read` while a vault is restricted; its inner code and message."""
    with sdk.emulator.access(vault, **access):
        error = expect_error(HttpResponseError, read, "one")
    expect(error.status_code == 403 and error.error.code == "Forbidden", str(error))
    return error.error.innererror["code"], error.message


@test
def the_secrets_user_reads_a_secret_and_no_certificate():
    client = secrets("roles")
    client.set_secret("one", "1")
    mine = {"principal": MACHINE, "role": "Key Vault Secrets User"}
    with sdk.emulator.access("roles", model="roles", assignments=[mine]):
        expect(client.get_secret("one").value == "1")
        expect([item.name for item in client.list_properties_of_secrets()] == ["one"])
        error = expect_error(HttpResponseError, certificates("roles").get_certificate, "one")
        expect(error.error.innererror["code"] == "ForbiddenByRbac")
    code, message = _refusal("roles", client.get_secret, model="roles")
    expect(code == "ForbiddenByRbac" and f"oid={MACHINE};iss=" in message, message)
    expect("Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'" in message, message)


@test
def policies_firewall_and_private_endpoint_refuse_in_their_own_words():
    client = secrets("closed")
    client.set_secret("one", "1")
    code, message = _refusal("closed", client.get_secret, model="policies")
    expect(code == "ForbiddenByPolicy" and "secrets get permission" in message, message)
    code, message = _refusal("closed", client.get_secret, network={"allowed": ["203.0.113.7"]})
    expect(code == "ForbiddenByFirewall" and "Client address: 127.0.0.1" in message, message)
    code, message = _refusal("closed", client.get_secret, network={"isPublic": False})
    expect(code == "ForbiddenByConnection" and "private link" in message, message)
    with sdk.emulator.fault(kind="denyObject", vault="closed"):
        error = expect_error(HttpResponseError, client.get_secret, "one")
    expect(error.error.innererror["code"] == "AccessDenied")


@test
def a_vault_over_its_limit_throttles():
    client = secrets("limited", retry_total=0)
    client.set_secret("one", "1")
    with sdk.emulator.access("limited", limit={"requests": 2, "seconds": 1e6}):
        expect(client.get_secret("one").value == client.get_secret("one").value)
        error = expect_error(HttpResponseError, client.get_secret, "one")
    expect(error.status_code == 429 and error.error.code == "Throttled", str(error))


@test
def what_was_answered_survives_a_kill():
    client = secrets("killed")
    made = client.set_secret("one", "1").properties.version
    sdk.emulator.kill_and_restart()
    expect(client.get_secret("one").properties.version == made)
