"""The clients of the SDK that the tests use, and what tests are made of."""

import base64

from azure.core.credentials import AccessToken
from azure.identity import ClientSecretCredential, ManagedIdentityCredential
from azure.keyvault.certificates import CertificateClient, CertificatePolicy, KeyCurveName, KeyType
from azure.keyvault.secrets import SecretClient
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

TENANT = "8d4e3b5a-2f0c-4b27-9a36-5c1f7e90d303"
APPLICATION = "1f2e3d4c-1111-2222-3333-444455556666"
MACHINE = "c7e0c1de-6a55-4b0c-8e64-27b6b5a0d102"
USER_ASSIGNED = "0b7a3c1d-51c2-4a3e-8a14-9d2f0e6c7a04"
USER_ASSIGNED_OBJECT = "6d1e9f30-3b52-4f4b-9a52-0a4f7c2d8e05"
USER_ASSIGNED_RESOURCE = (
    "/subscriptions/1/resourceGroups/a/providers/Microsoft.ManagedIdentity"
    "/userAssignedIdentities/web"
)
# The same as the emulator is told of it.
IDENTITY = (
    f"client={USER_ASSIGNED},object={USER_ASSIGNED_OBJECT},resource={USER_ASSIGNED_RESOURCE}"
)
# Each way to name it.
USER_ASSIGNED_SELECTORS = (
    {"client_id": USER_ASSIGNED},
    {"object_id": USER_ASSIGNED_OBJECT},
    {"resource_id": USER_ASSIGNED_RESOURCE},
)

# The emulator that the tests run against; set before the first of them.
emulator = None

tests = []


def test(function):
    """Notes a test; its name is what it says."""
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


def secrets(vault, credential=None, **options):
    return SecretClient(
        emulator.vault_url(vault), credential or machine(), retry_backoff_factor=0, **options
    )


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
