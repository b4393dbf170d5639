"""What is tried: certificates of every key, depth, order and form, and what must be refused."""

import itertools
import random

import packings
from authority import DEPTH, KEYS, fingerprint
from bench import run

DOMAIN = "fidelity.example"
ORDERS = {
    "in order": lambda texts: texts,
    "reversed": lambda texts: texts[::-1],
    "shuffled": lambda texts: random.Random(4711).sample(texts, len(texts)),
}
FORMS = {
    "PEM": packings.pem,
    "PFX": packings.pfx,
    "PEM with CRLF, comments and attributes": packings.pem_decorated,
    "PFX in 3DES": packings.pfx_triple_des,
    "imported PEM": packings.pem_imported,
    "PFX in RC2-40": packings.pfx_rc2,
    "PEM, key first": packings.pem_key_first,
    "imported PFX": packings.pfx_imported,
    "PEM with a traditional key": packings.pem_traditional,
}
ENCRYPTIONS = ["modern", "legacy"]


class Case:
    """A certificate in the vault, and what must be on disk, or why it must be refused."""

    count = 0

    def __init__(self, told, stored, leaf="", chain=(), root=None, refusal=None):
        self.told, self.stored, self.refusal = told, stored, refusal
        self.name = f"c{Case.count}"
        # Of every two one has no password, of every four two are in the old encryption.
        self.encryption = ENCRYPTIONS[Case.count // 2 % 2]
        self.password = "" if Case.count % 2 else "Passw0rd & more"
        self.alias = f"Alias {Case.count}"
        Case.count += 1
        self.leaf = leaf and fingerprint(leaf)
        # None stands for one that may be either of two.
        self.chain = [one and fingerprint(one) for one in chain]
        self.root = root and fingerprint(root)

    @property
    def dns(self):
        return f"{self.name}.{DOMAIN}"


def next_dns():
    return f"c{Case.count}.{DOMAIN}"


def served_cases(authority):
    # The one is no multiple of the other, so that in time each meets each.
    forms, orders = itertools.cycle(FORMS), itertools.cycle(ORDERS)
    cases = []
    for kind, depth, has_root in itertools.product(KEYS, range(DEPTH + 1), (False, True)):
        cases.append(ordinary(authority, kind, depth, has_root, next(orders), next(forms)))
        if depth % 2:
            next(orders)
    for depth, has_root, order in itertools.product(range(2, DEPTH + 1), (False, True), ORDERS):
        cases.append(ordinary(authority, "EC P-256", depth, has_root, order, "PEM"))
    return cases + special_cases(authority)


def ordinary(authority, kind, depth, has_root, order, form):
    leaf, key = authority.leaf(next_dns(), kind, depth)
    chain = authority.chain(depth)
    root = authority.issuers[0].pem if has_root else None
    everything = ORDERS[order]([leaf, *chain, *([root] if root else [])])
    told = f"{kind}, chain of {depth}" if depth else f"{kind}, leaf only"
    told += f"{' and root' if has_root else ''}, {order}, {form}"
    return Case(told, FORMS[form](authority, everything, [key]), leaf, chain, root)


def special_cases(authority):
    cases = []

    def add(told, kind, depth, store, root=None, chain=None):
        leaf, key = authority.leaf(next_dns(), kind, depth)
        stored = store(leaf, key)
        chain = authority.chain(depth) if chain is None else chain
        cases.append(Case(told, stored, leaf, chain, root))

    chain, root = authority.chain(1), authority.issuers[0].pem
    other_key = authority.key("EC P-256", "stranger")
    stranger = authority.other_root.pem
    for form in ["PEM", "PFX"]:
        add(
            f"cross-signed intermediate beside its twin and both roots, {form}",
            "EC P-256",
            1,
            lambda leaf, key, form=form: FORMS[form](
                authority, [leaf, authority.crossed_first, *chain, stranger, root], [key]
            ),
            # Either way is right, and which is taken the dates decide.
            chain=[None],
        )
        add(
            f"cross-signed root beside the root, {form}",
            "RSA 2048",
            1,
            lambda leaf, key, form=form: FORMS[form](
                authority, [authority.crossed_root, leaf, root, *chain], [key]
            ),
            root=root,
        )
    add(
        "every certificate twice, PEM",
        "EC P-384",
        2,
        lambda leaf, key: packings.pem(
            authority, [leaf, *authority.chain(2)] * 2 + [leaf], [key]
        ),
    )
    add(
        "a stranger's root between, PEM",
        "RSA 3072",
        2,
        lambda leaf, key: packings.pem(
            authority, [stranger, *authority.chain(2), leaf], [key]
        ),
    )
    add(
        "blocks named X509 CERTIFICATE",
        "EC P-256",
        1,
        lambda leaf, key: packings.pem_trusted(authority, [leaf, *chain], [key]),
    )
    for told, form in [("PFX", packings.pfx_plain), ("PEM", packings.pem)]:
        add(
            f"several keys, one of them the leaf's, {told}",
            "EC P-256",
            1,
            lambda leaf, key, form=form: form(
                authority, [*chain, leaf], [other_key, key, authority.key("RSA 2048")]
            ),
        )
        # The authority's own key would be no leaf's.
        add(
            f"the issuer's key beside the leaf's, {told}",
            "EC P-521",
            1,
            lambda leaf, key, form=form: form(
                authority, [*chain, leaf], [authority.issuers[1].key, key]
            ),
        )
    return cases


def refused_cases(authority):
    one, key = authority.leaf("one.example", "EC P-256", 1, "one")
    two, other_key = authority.leaf("two.example", "RSA 2048", 1, "two")
    chain = authority.chain(1)
    command = ["openssl", "pkey", "-in", key, "-aes256", "-passout", "pass:secret"]
    locked = authority.write("locked.key", run(command))
    fits = "2 certificates of the secret fit its private keys"
    table = [
        ("two pairs, PFX", packings.pfx_plain, [one, two], [key, other_key], fits),
        ("two pairs, PEM", packings.pem, [one, two], [key, other_key], fits),
        (
            "another certificate's key, PEM",
            packings.pem,
            [one, *chain],
            [other_key],
            "does not belong to any certificate",
        ),
        ("no key, PEM", packings.pem, [one, *chain], [], "no private key"),
        ("no key, PFX", packings.pfx_plain, [one, *chain], [], "no private key"),
        (
            "a key with a password, PEM",
            packings.pem,
            [one, *chain],
            [locked],
            "encrypted with a password",
        ),
        (
            "a password of its own, PFX",
            packings.pfx_with_password,
            [one, *chain],
            [key],
            "another password",
        ),
        (
            "a damaged certificate, PEM",
            packings.pem,
            [one.replace("MII", "MIJ", 1)],
            [key],
            "unreadable certificate",
        ),
        ("half a PFX", half_a_pfx, [one, *chain], [key], "unreadable PKCS#12 file"),
    ]
    return [
        Case(told, form(authority, certificates, keys), refusal=refusal)
        for told, form, certificates, keys, refusal in table
    ]


def half_a_pfx(authority, certificates, keys):
    stored = packings.pfx(authority, certificates, keys)
    # In base64 whole groups of four stay readable.
    stored.value = stored.value[: len(stored.value) // 8 * 4]
    return stored
