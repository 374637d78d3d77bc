import struct

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

TENANT = "01JZ8QW3RSTVXYZ0123456789A"
USER = "user#01JZ8QW3RSTVXYZ0123456789B"
SUITE = b"\x01"
L1, L1_VERSION = bytes(range(0x20, 0x40)), struct.pack(">I", 7)
L2, L2_VERSION = bytes(range(0x20)), struct.pack(">I", 2)
NONCE = bytes(range(0x40, 0x4C))
SALT = bytes(range(0x50, 0x60))


def lp(*parts):
    encoded = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join(struct.pack(">H", len(part)) + part for part in encoded)


def hkdf(salt, secret, info):
    return HKDF(algorithm=hashes.SHA512(), length=32, salt=salt, info=info).derive(secret)


def mac(algorithm, key, data):
    signer = hmac.HMAC(key, algorithm)
    signer.update(data)
    return signer.finalize()


def field():
    prk = mac(hashes.SHA512(), b"fe/v1", L2)
    place = lp("identity", "profile.email")
    key, commitment = (HKDFExpand(hashes.SHA512(), 32, label + place).derive(prk) for label in (b"enc", b"com"))
    address = lp(
        "fe/v1",
        SUITE,
        "dev",
        TENANT,
        "identity",
        "TENANT#01JZ8QW3RSTVXYZ0123456789A",
        "USER#01JZ8QW3RSTVXYZ0123456789B",
        "profile.email",
        "S",
        USER,
        L2_VERSION,
    )
    sealed = AESGCM(key).encrypt(NONCE, b"ada@example.com", address)
    return b"\xe1" + SUITE + L2_VERSION + commitment + NONCE + sealed


def wrap():
    address = lp("wk/v1", TENANT, USER, "pii", L2_VERSION, L1_VERSION)
    sealed = AESGCM(hkdf(SALT, L1, b"wk/v1")).encrypt(NONCE, L2, address)
    return b"\xe2" + SUITE + L1_VERSION + SALT + NONCE + sealed


def derived():
    return hkdf(b"td/v1", L1, lp("td/v1", "idempotency"))


def index():
    key = hkdf(b"bi/v1", L1, lp("bi/v1", TENANT, "identity", "email", L1_VERSION))
    return L1_VERSION + mac(hashes.SHA256(), key, b"ada@example.com")[:16]


if __name__ == "__main__":
    for make in (field, wrap, derived, index):
        print(make.__name__, make().hex())
