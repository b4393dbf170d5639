"""Who asks, and how the SDK comes by its tokens."""

import base64
import json
import os
import tempfile
from unittest import mock

import msal.managed_identity
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.identity import (
    CertificateCredential,
    CredentialUnavailableError,
    EnvironmentCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)

import sdk
from emulator_process import make_rsa_certificate, pem_of, running
from issuer import Issuer
from sdk import NoToken, USER_ASSIGNED, application, expect, expect_error, secrets, test

SCOPE = "https://vault.localhost/.default"


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
def an_application_of_the_environment_is_the_same():
    with mock.patch.dict(
        os.environ,
        {
            "AZURE_TENANT_ID": sdk.TENANT,
            "AZURE_CLIENT_ID": sdk.APPLICATION,
            "AZURE_CLIENT_SECRET": "correct",
            "AZURE_AUTHORITY_HOST": sdk.emulator.authority,
        },
    ):
        token = EnvironmentCredential(disable_instance_discovery=True).get_token(SCOPE)
    expect(_client_of(token) == sdk.APPLICATION, _client_of(token))


@test
def a_token_that_is_none_is_refused():
    client = secrets("application", NoToken())
    error = expect_error(HttpResponseError, client.get_secret, "one")
    expect(error.status_code == 401, str(error))


def _client_of(token):
    """The client id of the identity that a token was issued to."""
    part = token.token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["appid"]


def _token(selector=None):
    credential = (
        ManagedIdentityCredential(identity_config=selector)
        if selector
        else ManagedIdentityCredential()
    )
    return credential.get_token(SCOPE)


def _check_each_identity():
    """The system-assigned identity, and the user-assigned one by each of its names."""
    system = _client_of(_token())
    expect(system != USER_ASSIGNED, system)
    for selector in sdk.USER_ASSIGNED_SELECTORS:
        client = _client_of(_token(selector))
        expect(client == USER_ASSIGNED, f"{selector}: {client}")


@test
def a_user_assigned_identity_is_chosen_by_its_client_id():
    secrets("chosen", ManagedIdentityCredential(client_id=USER_ASSIGNED)).set_secret("one", "1")
    log = sdk.emulator.admin("GET", "/statistics")["log"]
    expect(log[-1]["clientID"] == USER_ASSIGNED, str(log[-1]))


@test
def a_machine_has_each_identity_by_each_of_its_names():
    _check_each_identity()


@test
def an_app_is_known_by_its_header():
    with running(
        sdk.emulator.binary, "--identity", sdk.IDENTITY, "--app-service-header", "right"
    ) as app:
        endpoint = f"{app.identity_url}/msi/token"
        for header, works in (("right", True), ("wrong", False)):
            with mock.patch.dict(
                os.environ, {"IDENTITY_ENDPOINT": endpoint, "IDENTITY_HEADER": header}
            ):
                if works:
                    _check_each_identity()
                    continue
                expect_error(ClientAuthenticationError, _token)
        log = app.admin("GET", "/statistics")["log"]
        paths = {entry["path"].split("?")[0] for entry in log}
        expect(paths == {"/msi/token"}, str(paths))


@test
def an_identity_that_the_machine_does_not_have_is_unavailable():
    credential = ManagedIdentityCredential(client_id="00000000-0000-0000-0000-000000000001")
    expect_error(
        (CredentialUnavailableError, ClientAuthenticationError),
        secrets("chosen", credential).get_secret,
        "one",
    )


@test
def a_machine_of_azure_arc_shows_that_it_can_read_the_agents_key():
    with tempfile.TemporaryDirectory() as keys:
        # As root the SDK's own directory would do; this one needs no rights.
        platform = {"linux": keys}
        with (
            running(
                sdk.emulator.binary, "--identity", sdk.IDENTITY, "--arc-keys", keys
            ) as agent,
            mock.patch.object(
                msal.managed_identity, "_supported_arc_platforms_and_their_prefixes", platform
            ),
            mock.patch.dict(
                os.environ,
                {
                    "IDENTITY_ENDPOINT": f"{agent.identity_url}/metadata/identity/oauth2/token",
                    "IMDS_ENDPOINT": agent.identity_url,
                },
            ),
        ):
            _check_each_identity()
            log = agent.admin("GET", "/statistics")["log"]
            expect([entry["status"] for entry in log] == [401, 200] * 4, str(log))
            expect(os.listdir(keys) == [], str(os.listdir(keys)))


@test
def a_pod_shows_the_token_of_its_cluster():
    with tempfile.TemporaryDirectory() as directory:
        issuer = Issuer(directory)
        subject = "system:serviceaccount:web:kvagent"
        federation = (
            f"client={sdk.APPLICATION},issuer={issuer.name},subject={subject},key={issuer.key_file}"
        )
        with running(sdk.emulator.binary, "--federation", federation) as cloud:
            for who, works in ((subject, True), ("system:serviceaccount:other:kvagent", False)):
                credential = WorkloadIdentityCredential(
                    tenant_id=sdk.TENANT,
                    client_id=sdk.APPLICATION,
                    token_file_path=issuer.token_file(who),
                    authority=cloud.authority,
                    disable_instance_discovery=True,
                    connection_verify=cloud.ca_file,
                )
                if works:
                    token = credential.get_token(SCOPE)
                    expect(token.token.count(".") == 2, token.token)
                else:
                    error = expect_error(
                        ClientAuthenticationError,
                        credential.get_token,
                        SCOPE,
                    )
                    expect("AADSTS700213" in str(error), str(error))


@test
def an_application_with_a_certificate_signs_with_its_key():
    key, certificate = make_rsa_certificate("agent")
    other = make_rsa_certificate("other")
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "agent.pem")
        with open(path, "wb") as file:
            file.write(pem_of(key, certificate))
        exact = f"client={sdk.APPLICATION},file={path}"
        named = f"client={sdk.USER_ASSIGNED},name=agent,authority={path}"
        with running(
            sdk.emulator.binary, "--client-certificate", exact, "--client-certificate", named
        ) as cloud:

            def credential(client, pem, chain=False):
                return CertificateCredential(
                    sdk.TENANT,
                    client,
                    certificate_data=pem,
                    send_certificate_chain=chain,
                    authority=cloud.authority,
                    disable_instance_discovery=True,
                    connection_verify=cloud.ca_file,
                )

            right = pem_of(key, certificate)
            for client, chain in ((sdk.APPLICATION, False), (sdk.USER_ASSIGNED, True)):
                token = credential(client, right, chain).get_token(SCOPE)
                expect(token.token.count(".") == 2, token.token)
            error = expect_error(
                ClientAuthenticationError,
                credential(sdk.APPLICATION, pem_of(*other)).get_token,
                SCOPE,
            )
            expect("AADSTS700027" in str(error), str(error))
