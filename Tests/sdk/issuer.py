"""An issuer of tokens, as a Kubernetes cluster is one."""

import base64
import json
import os
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def _text(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


class Issuer:
    """Signs with a key of its own, whose public half is in a file."""

    name = "https://cluster.example/id"

    def __init__(self, directory):
        self._directory = directory
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.key_file = os.path.join(directory, "issuer.pem")
        with open(self.key_file, "wb") as file:
            file.write(
                self._key.public_key().public_bytes(
                    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
                )
            )

    def token_file(self, subject):
        """A file with a token that vouches for `subject`."""
        claims = {
            "iss": self.name,
            "sub": subject,
            "aud": "api://AzureADTokenExchange",
            "exp": int(time.time()) + 600,
        }
        parts = [{"alg": "RS256", "typ": "JWT"}, claims]
        signed = ".".join(_text(json.dumps(part).encode()) for part in parts)
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        path = os.path.join(self._directory, "token")
        with open(path, "w", encoding="ascii") as file:
            file.write(f"{signed}.{_text(signature)}")
        return path
