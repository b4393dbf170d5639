"""Microsoft's own Python SDK, unmodified, against the emulator.

    python3 -m venv .venv && .venv/bin/pip install -r Tests/sdk/requirements.txt
    .venv/bin/python Tests/sdk/test_sdk.py .build/debug/kvagent-emulator

What the SDK believes of Key Vault is the nearest thing to a specification of it that can be run.
"""

import base64
import os
import sys
import traceback
import warnings

from azure.core.credentials import AccessToken
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.identity import (
    ClientSecretCredential,
    CredentialUnavailableError,
    ManagedIdentityCredential,
)
from azure.keyvault.certificates import (
    CertificateClient,
    CertificateContentType,
    CertificatePolicy,
    KeyCurveName,
    KeyType,
)
from azure.keyvault.secrets import SecretClient
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs12

import emulator as emulators

TENANT = "8d4e3b5a-2f0c-4b27-9a36-5c1f7e90d303"
APPLICATION = "1f2e3d4c-1111-2222-3333-444455556666"
USER_ASSIGNED = "0b7a3c1d-51c2-4a3e-8a14-9d2f0e6c7a04"

emulator = None
tests = []


def test(function):
    tests.append(function)
    return function


def expect(condition, what="condition"):
    if not condition:
        raise AssertionError(what)


def expect_error(kind, function, *arguments, **options):
    try:
        function(*arguments, **options)
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


class NoToken:
    """A credential whose token is no token."""

    def get_token(self, *scopes, **options):
        return AccessToken("not.a.token", 1 << 33)


def machine():
    return ManagedIdentityCredential()


def application(secret="correct"):
    return ClientSecretCredential(
        TENANT,
        APPLICATION,
        secret,
        authority=emulator.authority,
        disable_instance_discovery=True,
    )


def secrets(vault, credential=None):
    return SecretClient(emulator.vault_url(vault), credential or machine(), retry_backoff_factor=0)


def certificates(vault, credential=None):
    return CertificateClient(
        emulator.vault_url(vault), credential or machine(), retry_backoff_factor=0
    )


def small_policy(**changes):
    return CertificatePolicy(
        **{
            "issuer_name": "Self",
            "subject": "CN=www.contoso.com",
            "san_dns_names": ["www.contoso.com", "contoso.com"],
            "key_type": KeyType.ec,
            "key_curve_name": KeyCurveName.p_256,
            "exportable": True,
            "validity_in_months": 6,
            **changes,
        }
    )


def load_pfx(secret):
    return pkcs12.load_key_and_certificates(base64.b64decode(secret.value), None)


def same_key(key, certificate):
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return key.public_key().public_bytes(*form) == certificate.public_key().public_bytes(*form)


# Identities


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
    log = emulator.admin("GET", "/statistics")["log"]
    expect(log[-1]["clientID"] == USER_ASSIGNED, str(log[-1]))


@test
def an_identity_that_the_machine_does_not_have_is_unavailable():
    credential = ManagedIdentityCredential(client_id="00000000-0000-0000-0000-000000000001")
    expect_error(
        (CredentialUnavailableError, ClientAuthenticationError),
        secrets("chosen", credential).get_secret,
        "one",
    )


# Secrets


@test
def a_secret_keeps_its_attributes_and_tags():
    client = secrets("attributes")
    made = client.set_secret("one", "1", content_type="text/plain", tags={"a": "b"}, enabled=True)
    read = client.get_secret("one")
    expect(read.properties.content_type == "text/plain")
    expect(read.properties.tags == {"a": "b"})
    expect(read.properties.version == made.properties.version)
    expect(read.properties.recoverable_days == 90)
    expect(not read.properties.managed)


@test
def names_are_case_insensitive_and_keep_their_spelling():
    client = secrets("names")
    client.set_secret("MixedCase", "1")
    expect(client.get_secret("mixedcase").value == "1")
    expect([item.name for item in client.list_properties_of_secrets()] == ["MixedCase"])


@test
def every_version_can_be_read_and_is_listed_by_its_id():
    client = secrets("versions")
    made = [client.set_secret("one", str(number)).properties.version for number in range(30)]
    for number, version in enumerate(made[:3]):
        expect(client.get_secret("one", version).value == str(number))
    listed = [item.version for item in client.list_properties_of_secret_versions("one")]
    expect(listed == sorted(made), "order of versions")
    expect(list(client.list_properties_of_secret_versions("unknown")) == [])


def _list_secrets(count, **options):
    client = secrets("lists")
    known = {item.name for item in client.list_properties_of_secrets()}
    for number in range(count):
        if f"item-{number}" not in known:
            client.set_secret(f"item-{number}", "x")
    pages = [list(page) for page in client.list_properties_of_secrets(**options).by_page()]
    names = [item.name for page in pages for item in page]
    expect(len(names) == count and len(set(names)) == count, f"{len(names)} names")
    return [len(page) for page in pages]


@test
def a_long_list_comes_in_pages():
    expect(_list_secrets(60) == [25, 25, 10])


@test
def a_page_is_as_long_as_asked_for():
    expect(_list_secrets(60, max_page_size=20) == [20, 20, 20])


@test
def pages_may_be_short():
    with emulator.behaviour(pages="short"):
        expect(_list_secrets(60) == [24, 24, 12])


@test
def the_last_page_may_be_empty():
    with emulator.behaviour(pages="emptyLast"):
        expect(_list_secrets(60) == [25, 25, 10, 0])


@test
def an_update_changes_what_it_names_and_no_more():
    client = secrets("update")
    made = client.set_secret("one", "1", content_type="a", tags={"a": "b"})
    client.update_secret_properties("one", made.properties.version, content_type="c")
    read = client.get_secret("one")
    expect(read.value == "1" and read.properties.content_type == "c")
    expect(read.properties.tags == {"a": "b"})
    client.update_secret_properties("one", tags={})
    expect(client.get_secret("one").properties.tags == {})


@test
def a_disabled_secret_is_refused_and_no_older_version_stands_in():
    client = secrets("disabled")
    old = client.set_secret("one", "old").properties.version
    new = client.set_secret("one", "new").properties.version
    client.update_secret_properties("one", new, enabled=False)
    error = expect_error(HttpResponseError, client.get_secret, "one")
    expect(error.status_code == 403 and error.error.innererror["code"] == "SecretDisabled")
    expect(client.get_secret("one", old).value == "old")
    client.update_secret_properties("one", new, enabled=True)
    expect(client.get_secret("one").value == "new")


@test
def an_unknown_secret_is_not_found():
    error = expect_error(ResourceNotFoundError, secrets("none").get_secret, "nothing")
    expect("A secret with (name/id) nothing was not found" in error.message)


@test
def a_deleted_secret_can_be_recovered():
    client = secrets("deleted")
    client.set_secret("one", "1")
    deleted = client.begin_delete_secret("one").result()
    expect(deleted.scheduled_purge_date > deleted.deleted_date)
    expect_error(ResourceNotFoundError, client.get_secret, "one")
    expect_error(ResourceExistsError, client.set_secret, "one", "2")
    expect([item.name for item in client.list_deleted_secrets()] == ["one"])
    client.begin_recover_deleted_secret("one").wait()
    expect(client.get_secret("one").value == "1")


@test
def a_purged_secret_is_gone():
    client = secrets("purged")
    client.set_secret("one", "1")
    client.begin_delete_secret("one").wait()
    client.purge_deleted_secret("one")
    expect_error(ResourceNotFoundError, client.get_deleted_secret, "one")
    client.set_secret("one", "2")


# Certificates


@test
def a_self_signed_certificate_is_created_by_its_policy():
    client = certificates("create")
    made = client.begin_create_certificate("web", small_policy(), tags={"a": "b"}).result()
    certificate = x509.load_der_x509_certificate(bytes(made.cer))
    expect(certificate.subject.rfc4514_string() == "CN=www.contoso.com")
    expect(certificate.issuer == certificate.subject)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    expect(names.get_values_for_type(x509.DNSName) == ["www.contoso.com", "contoso.com"])
    expect(made.policy.issuer_name == "Self" and made.policy.validity_in_months == 6)
    expect(made.properties.tags == {"a": "b"})
    expect(bytes(made.properties.x509_thumbprint) == certificate.fingerprint(hashes.SHA1()))


@test
def the_secret_of_a_certificate_is_pkcs12_with_its_key():
    client = certificates("pkcs12")
    made = client.begin_create_certificate(
        "web", small_policy(key_type=KeyType.rsa, key_size=2048, key_curve_name=None)
    ).result()
    secret = secrets("pkcs12").get_secret("web")
    expect(secret.properties.content_type == "application/x-pkcs12")
    expect(secret.properties.managed and secret.properties.key_id.endswith(made.properties.version))
    key, certificate, _ = load_pfx(secret)
    expect(key.key_size == 2048 and same_key(key, certificate))
    expect(certificate.public_bytes(serialization.Encoding.DER) == bytes(made.cer))
    expect(any(item.managed for item in secrets("pkcs12").list_properties_of_secrets()))


@test
def the_secret_of_a_pem_certificate_begins_with_its_key():
    client = certificates("pem")
    client.begin_create_certificate(
        "web", small_policy(content_type=CertificateContentType.pem, key_curve_name="P-384")
    ).wait()
    value = secrets("pem").get_secret("web").value
    expect(value.startswith("-----BEGIN PRIVATE KEY-----\n") and value.endswith("\n"))
    key = serialization.load_pem_private_key(value.encode(), None)
    expect(key.curve.name == "secp384r1")
    expect(same_key(key, x509.load_pem_x509_certificate(value.encode())))


@test
def a_key_that_is_not_exportable_stays_in_the_vault():
    certificates("locked").begin_create_certificate("web", small_policy(exportable=False)).wait()
    key, certificate, others = load_pfx(secrets("locked").get_secret("web"))
    expect(key is None and (certificate is not None or others))


@test
def a_creation_may_be_pending_for_a_while():
    client = certificates("pending")
    with emulator.behaviour(pendingPolls=2):
        poller = client.begin_create_certificate("web", small_policy(), _polling_interval=0)
        made = poller.result()
    expect(made.properties.version)
    expect(client.get_certificate_operation("web").status == "completed")


@test
def a_certificate_from_the_emulators_authority_has_its_chain():
    emulator.admin("PUT", "/vaults/chain/certificates/web", {"dnsNames": ["a.example"]})
    key, certificate, chain = load_pfx(secrets("chain").get_secret("web"))
    expect(same_key(key, certificate) and len(chain) == 2)
    certificate.verify_directly_issued_by(chain[0])
    chain[0].verify_directly_issued_by(chain[1])


@test
def a_pkcs12_file_with_a_password_is_imported():
    key, certificate = emulators.make_certificate("imported.example")
    file = pkcs12.serialize_key_and_certificates(
        b"name", key, certificate, None, serialization.BestAvailableEncryption(b"pass")
    )
    client = certificates("import")
    made = client.import_certificate("web", file, password="pass")
    expect(bytes(made.cer) == certificate.public_bytes(serialization.Encoding.DER))
    read, _, _ = load_pfx(secrets("import").get_secret("web"))
    expect(same_key(read, certificate))
    error = expect_error(
        HttpResponseError, client.import_certificate, "web", file, password="wrong"
    )
    expect(error.status_code == 400)


@test
def a_pem_file_is_imported():
    key, certificate = emulators.make_certificate("imported.example")
    made = certificates("import-pem").import_certificate(
        "web",
        emulators.pem_of(key, certificate),
        policy=CertificatePolicy(content_type=CertificateContentType.pem),
    )
    expect(bytes(made.cer) == certificate.public_bytes(serialization.Encoding.DER))
    value = secrets("import-pem").get_secret("web").value.encode()
    expect(same_key(serialization.load_pem_private_key(value, None), certificate))


@test
def a_certificate_without_a_key_is_not_imported():
    _, certificate = emulators.make_certificate("imported.example")
    error = expect_error(
        HttpResponseError,
        certificates("import-bad").import_certificate,
        "web",
        certificate.public_bytes(serialization.Encoding.PEM),
    )
    expect(error.status_code == 400)


@test
def many_certificates_are_listed_in_pages():
    client = certificates("many")
    pem = emulators.pem_of(*emulators.make_certificate("many.example"))
    policy = CertificatePolicy(content_type=CertificateContentType.pem)
    for number in range(27):
        client.import_certificate(f"web-{number}", pem, policy=policy)
    pages = [list(page) for page in client.list_properties_of_certificates().by_page()]
    expect([len(page) for page in pages] == [25, 2])


@test
def the_versions_of_a_certificate_are_read_and_listed():
    client = certificates("certificate-versions")
    made = [
        client.begin_create_certificate("web", small_policy()).result().properties.version
        for _ in range(3)
    ]
    expect(client.get_certificate("web").properties.version == made[-1])
    old = client.get_certificate_version("web", made[0])
    expect(old.properties.version == made[0] and old.policy is None)
    listed = [item.version for item in client.list_properties_of_certificate_versions("web")]
    expect(listed == sorted(made))
    expect(secrets("certificate-versions").get_secret("web", made[0]).value)


@test
def a_policy_is_read_and_changed():
    client = certificates("policy")
    client.begin_create_certificate("web", small_policy()).wait()
    policy = client.get_certificate_policy("web")
    expect(policy.san_dns_names == ["www.contoso.com", "contoso.com"])
    expect(policy.key_curve_name == "P-256" and policy.exportable)
    changed = client.update_certificate_policy("web", small_policy(validity_in_months=24))
    expect(changed.validity_in_months == 24)


@test
def a_disabled_certificate_is_read_and_its_secret_is_not():
    client = certificates("disabled-certificate")
    version = client.begin_create_certificate("web", small_policy()).result().properties.version
    client.update_certificate_properties("web", version, enabled=False)
    expect(not client.get_certificate("web").properties.enabled)
    error = expect_error(
        HttpResponseError, secrets("disabled-certificate").get_secret, "web", version
    )
    expect(error.error.innererror["code"] == "SecretDisabled")


@test
def a_deleted_certificate_is_recovered_and_purged():
    client = certificates("deleted-certificate")
    client.begin_create_certificate("web", small_policy()).wait()
    client.begin_delete_certificate("web").wait()
    expect_error(ResourceNotFoundError, client.get_certificate, "web")
    expect_error(ResourceNotFoundError, secrets("deleted-certificate").get_secret, "web")
    expect([item.name for item in client.list_deleted_certificates()] == ["web"])
    client.begin_recover_deleted_certificate("web").wait()
    expect(client.get_certificate("web").properties.version)
    client.begin_delete_certificate("web").wait()
    client.purge_deleted_certificate("web")
    expect_error(ResourceNotFoundError, client.get_deleted_certificate, "web")


@test
def a_certificates_secret_cannot_be_deleted_by_itself():
    certificates("managed").begin_create_certificate("web", small_policy()).wait()
    error = expect_error(HttpResponseError, secrets("managed").begin_delete_secret, "web")
    expect(error.error.innererror["code"] == "SecretManagedByKeyVault")


# Trouble


@test
def a_throttled_request_is_tried_again():
    client = secrets("throttled")
    client.set_secret("one", "1")
    with emulator.fault(kind="throttle", count=1, vault="throttled", retryAfterSeconds=0):
        expect(client.get_secret("one").value == "1")


@test
def an_unavailable_vault_is_tried_again():
    client = secrets("unavailable")
    client.set_secret("one", "1")
    with emulator.fault(kind="serverError", count=2, vault="unavailable"):
        expect(client.get_secret("one").value == "1")


@test
def an_answer_that_is_cut_off_is_asked_for_again():
    client = secrets("cut")
    client.set_secret("one", "1" * 1000)
    before = emulator.admin("GET", "/statistics")["requests"]["secret"]
    with emulator.fault(kind="cutOff", count=1, vault="cut"):
        expect(client.get_secret("one").value == "1" * 1000)
    log = emulator.admin("GET", "/statistics")
    expect(log["requests"]["secret"] == before + 2)
    expect(log["log"][-1]["httpVersion"] == "1.1")


@test
def a_denial_names_its_kind_and_the_caller():
    client = secrets("denied")
    client.set_secret("one", "1")
    with emulator.fault(kind="denySecrets", vault="denied"):
        error = expect_error(HttpResponseError, client.get_secret, "one")
    expect(error.error.innererror["code"] == "ForbiddenByPolicy" and "appid=" in error.message)
    with emulator.fault(kind="denyCertificates", vault="denied"):
        error = expect_error(HttpResponseError, certificates("denied").get_certificate, "one")
        expect(client.get_secret("one").value == "1")
    expect(error.error.innererror["code"] == "ForbiddenByRbac")


@test
def what_was_answered_survives_a_kill():
    client = secrets("killed")
    made = client.set_secret("one", "1").properties.version
    emulator.kill_and_restart()
    expect(client.get_secret("one").properties.version == made)


# The command line


@test
def the_command_line_makes_rotates_and_shows_a_certificate():
    code, made, error = emulator.command(
        "certificate", "create", "cli/web", "--dns", "a.example", "--key", "p-256"
    )
    expect(code == 0, error)
    code, rotated, error = emulator.command("certificate", "rotate", "cli/web")
    expect(code == 0 and rotated != made, error)
    expect(certificates("cli").get_certificate("web").properties.version == rotated.strip())
    code, shown, _ = emulator.command("certificate", "show", "cli/web")
    expect(shown.splitlines()[0] == "certificate web in cli", shown)
    expect([line.split()[0] for line in shown.splitlines()[1:]] == [made.strip(), rotated.strip()])


@test
def the_command_line_imports_disables_deletes_and_recovers():
    path = os.path.join(emulator.state, "import.pem")
    with open(path, "wb") as file:
        file.write(emulators.pem_of(*emulators.make_certificate("a.example")))
    expect(emulator.command("certificate", "import", "cli2/web", path)[0] == 0)
    client = certificates("cli2")
    expect(emulator.command("certificate", "disable", "cli2/web")[0] == 0)
    expect(not client.get_certificate("web").properties.enabled)
    expect(emulator.command("certificate", "enable", "cli2/web")[0] == 0)
    expect(client.get_certificate("web").properties.enabled)
    expect(emulator.command("certificate", "delete", "cli2/web")[0] == 0)
    expect_error(ResourceNotFoundError, client.get_certificate, "web")
    expect(emulator.command("certificate", "recover", "cli2/web")[0] == 0)
    expect(client.get_certificate("web").properties.enabled)


@test
def the_command_line_sets_secrets_and_faults():
    expect(emulator.command("secret", "set", "cli3/one", "1")[0] == 0)
    expect(emulator.command("fault", "set", "denySecrets", "--vault", "cli3")[0] == 0)
    expect(emulator.command("fault", "list")[1] == "denySecrets on vault cli3 until cleared\n")
    expect_error(HttpResponseError, secrets("cli3").get_secret, "one")
    expect(emulator.command("fault", "clear")[0] == 0)
    expect(secrets("cli3").get_secret("one").value == "1")
    expect("tokens " in emulator.command("stats")[1])


@test
def the_command_line_prints_settings_for_the_agent():
    code, settings, _ = emulator.command("settings", "cli/web")
    expect(code == 0)
    for line in (
        f"    - url: {emulator.vault_url('cli')}/secrets/web",
        f"  msiEndpoint: http://127.0.0.1:{emulator.identity_port}/metadata/identity",
        f"  audience: https://vault.localhost:{emulator.vault_port}",
        f"  caBundle: '{emulator.ca_file}'",
    ):
        expect(line in settings.splitlines(), line)


@test
def the_command_line_says_what_went_wrong():
    code, output, error = emulator.command("certificate", "rotate", "cli/none")
    expect(code == 1 and output == "")
    expect(
        error == "kvagent-emulator: error: rotate certificate none: not found in vault cli\n", error
    )
    expect(emulator.command("certificate", "rotate", "none")[0] == 64)


def main():
    global emulator
    binary = sys.argv[1] if len(sys.argv) > 1 else ".build/debug/kvagent-emulator"
    identity = f"client={USER_ASSIGNED},object=6d1e9f30-3b52-4f4b-9a52-0a4f7c2d8e05"
    passed = failed = 0
    arguments = ["--identity", identity, "--client", f"{APPLICATION}=correct"]
    with emulators.running(binary, *arguments) as started:
        emulator = started
        os.environ["REQUESTS_CA_BUNDLE"] = emulator.ca_file
        os.environ["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = (
            f"http://127.0.0.1:{emulator.identity_port}"
        )
        for function in tests:
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
