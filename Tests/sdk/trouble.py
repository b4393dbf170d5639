"""How the SDK fares when things go wrong."""

from azure.core.exceptions import HttpResponseError

import sdk
from sdk import certificates, expect, expect_error, secrets, test


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


@test
def what_was_answered_survives_a_kill():
    client = secrets("killed")
    made = client.set_secret("one", "1").properties.version
    sdk.emulator.kill_and_restart()
    expect(client.get_secret("one").properties.version == made)
