"""Who asks, and how the SDK comes by its tokens."""

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.identity import CredentialUnavailableError, ManagedIdentityCredential

import sdk
from sdk import NoToken, USER_ASSIGNED, application, expect, expect_error, secrets, test


@test
def a_machines_own_identity_sets_and_gets_a_secret():
    client = secrets("identity")
    client.set_secret("one", "värde \"quoted\"\n")
    expect(client.get_secret("one").value == "värde \"quoted\"\n")


@test
def an_application_with_a_client_secret_gets_the_same_secret():
    secrets("application").set_secret("one", "1")
    expect(secrets("application", application()).get_secret("one").value == "1")


@test
def an_application_with_a_wrong_secret_is_refused():
    client = secrets("application", application("wrong"))
    error = expect_error(ClientAuthenticationError, client.get_secret, "one")
    expect("AADSTS7000215" in str(error), str(error))


@test
def a_token_that_is_none_is_refused():
    client = secrets("application", NoToken())
    error = expect_error(HttpResponseError, client.get_secret, "one")
    expect(error.status_code == 401, str(error))


@test
def a_user_assigned_identity_is_chosen_by_its_client_id():
    secrets("chosen", ManagedIdentityCredential(client_id=USER_ASSIGNED)).set_secret("one", "1")
    log = sdk.emulator.admin("GET", "/statistics")["log"]
    expect(log[-1]["clientID"] == USER_ASSIGNED, str(log[-1]))


@test
def an_identity_that_the_machine_does_not_have_is_unavailable():
    credential = ManagedIdentityCredential(client_id="00000000-0000-0000-0000-000000000001")
    expect_error(
        (CredentialUnavailableError, ClientAuthenticationError),
        secrets("chosen", credential).get_secret,
        "one",
    )
