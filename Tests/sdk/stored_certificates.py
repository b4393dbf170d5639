"""What the SDK does with certificates."""

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.keyvault.certificates import CertificateContentType, CertificatePolicy, KeyType
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs12

import sdk
from emulator_process import make_certificate, pem_of
from sdk import certificates, expect, expect_error, load_pfx, same_key, secrets, small_policy, test


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
    with sdk.emulator.behaviour(pendingPolls=2):
        poller = client.begin_create_certificate("web", small_policy(), _polling_interval=0)
        made = poller.result()
    expect(made.properties.version)
    expect(client.get_certificate_operation("web").status == "completed")


@test
def a_certificate_from_the_emulators_authority_has_its_chain():
    sdk.emulator.admin("PUT", "/vaults/chain/certificates/web", {"dnsNames": ["a.example"]})
    key, certificate, chain = load_pfx(secrets("chain").get_secret("web"))
    expect(same_key(key, certificate) and len(chain) == 2)
    certificate.verify_directly_issued_by(chain[0])
    chain[0].verify_directly_issued_by(chain[1])


@test
def a_pkcs12_file_with_a_password_is_imported():
    key, certificate = make_certificate("imported.example")
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
    key, certificate = make_certificate("imported.example")
    made = certificates("import-pem").import_certificate(
        "web",
        pem_of(key, certificate),
        policy=CertificatePolicy(content_type=CertificateContentType.pem),
    )
    expect(bytes(made.cer) == certificate.public_bytes(serialization.Encoding.DER))
    value = secrets("import-pem").get_secret("web").value.encode()
    expect(same_key(serialization.load_pem_private_key(value, None), certificate))


@test
def a_certificate_without_a_key_is_not_imported():
    _, certificate = make_certificate("imported.example")
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
    pem = pem_of(*make_certificate("many.example"))
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
