"""Whether the local platform's KMS answers as moto's does: kms.py LEDGERKEEP starts a platform of its own, sends the same requests
to both and compares status, type of error and what can be compared of the answers. Where the two differ on purpose, REASONS says
so and why; a difference that is not listed fails, and so does one that is listed and gone."""

import json, os, pathlib, subprocess, sys, tempfile, time
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from moto import mock_aws

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HOME, AWAY = "eu-west-1", "eu-central-1"
CONTEXT = {"app": "ledgerkeep", "env": "local", "tenant": "ten_1", "purpose": "pii", "version": "1"}
KEYLESS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}

# What moto does and AWS does not (its API reference and developer guide): what was asked, what we answer, what moto answers.
REASONS = {
    "keys that are disabled or about to be deleted do nothing (Key states of KMS keys); to moto they work": {
        "decrypt by a disabled key": ("400 DisabledException", "200"),
        "encrypt by a disabled key": ("400 DisabledException", "200"),
        "data key of a disabled key": ("400 DisabledException", "200"),
        "re-encrypt to a disabled key": ("400 DisabledException", "200"),
        "decrypt by a deleted key": ("400 KMSInvalidStateException", "200"),
        "encrypt by a deleted key": ("400 KMSInvalidStateException", "200"),
        "enable deleted": ("400 KMSInvalidStateException", "200"),
        "schedule deletion twice": ("400 KMSInvalidStateException", "200"),
    },
    "Decrypt and ReEncrypt refuse a ciphertext of another key than the one named with IncorrectKeyException; moto calls it a lack of "
    "access, or does not look": {
        "decrypt by another key": ("400 IncorrectKeyException", "400 AccessDeniedException"),
        "decrypt re-encrypted by the old key": ("400 IncorrectKeyException", "400 AccessDeniedException"),
        "re-encrypt from another key": ("400 IncorrectKeyException", "200"),
    },
    "bytes that are no ciphertext are InvalidCiphertextException, none at all break the least length; moto reads a key's id from them": {
        "decrypt of nothing": ("400 ValidationException", "400 InvalidCiphertextException"),
        "decrypt of text": ("400 InvalidCiphertextException", "400 AccessDeniedException"),
    },
    "the usage of a key is checked by each operation (InvalidKeyUsageException)": {
        "decrypt by a MAC key": ("400 InvalidKeyUsageException", "200"),
        "encrypt by a signing key": ("400 InvalidKeyUsageException", "200"),
        "sign by an encrypting key": ("400 InvalidKeyUsageException", "400 ValidationException"),
        "public key of a MAC key": ("400 UnsupportedOperationException", "200"),
    },
    "an algorithm that KMS knows and this key does not have is InvalidKeyUsageException": {
        "MAC by SHA-512": ("400 InvalidKeyUsageException", "200"),
        "sign by RSA": ("400 InvalidKeyUsageException", "400 ValidationException"),
        "sign by SHA-384": ("400 InvalidKeyUsageException", "400 ValidationException"),
    },
    "members have limits (messages of 1 to 4096 bytes, digests of the algorithm's length, 7 to 30 days)": {
        "MAC of 4097 bytes": ("400 ValidationException", "200"),
        "MAC of nothing": ("400 ValidationException", "200"),
        "sign 4097 bytes": ("400 ValidationException", "200"),
        "sign a digest of 31 bytes": ("400 ValidationException", "200"),
        "deletion tomorrow": ("400 ValidationException", "200"),
    },
    "a signature that does not hold is KMSInvalidSignatureException; moto answers SignatureValid: false": {
        "verify of another message": ("400 KMSInvalidSignatureException", "200"),
        "verify tampered": ("400 KMSInvalidSignatureException", "200"),
        "verify by another key": ("400 KMSInvalidSignatureException", "200"),
    },
    "a digest is signed as it is; moto hashes it once more": {
        "sign a digest: verifies offline": (True, False),
    },
    "a replica is a key with the same material and its own ARN and state; moto's cannot open what the primary has sealed, and changes "
    "the primary's own description": {
        "replicate twice": ("400 AlreadyExistsException", "200"),
        "replicate single-Region": ("400 UnsupportedOperationException", "ends with AttributeError"),
        "describe home: type": ("PRIMARY", "REPLICA"),
        "decrypt away": ("200", "400 AccessDeniedException"),
        "decrypt away: the same": (True, False),
        "decrypt away in no context": ("400 InvalidCiphertextException", "400 AccessDeniedException"),
        "decrypt away tampered": ("400 InvalidCiphertextException", "400 AccessDeniedException"),
        "decrypt at home": ("200", "400 AccessDeniedException"),
        "decrypt at home: the same": (True, False),
        "decrypt away, disabled at home": ("200", "400 AccessDeniedException"),
    },
    "an ARN of another region names nothing here, nor does the id of a key that stands elsewhere": {
        "decrypt away by home's ARN": ("400 NotFoundException", "400 AccessDeniedException"),
        "single-Region away": ("400 NotFoundException", "200"),
    },
    "CreateKey wants a usage that fits the key": {
        "create without usage": ("400 ValidationException", "200"),
        "create with the wrong usage": ("400 ValidationException", "200"),
    },
    "alias/aws/ is reserved": {
        "alias of AWS": ("400 NotAuthorizedException", "200"),
    },
    "ScheduleKeyDeletion and CancelKeyDeletion name the key by its ARN, as in AWS; moto by its id": {
        "schedule deletion: ARN": (True, False),
        "cancel deletion: ARN": (True, False),
    },
    "defaults are said": {
        f"create {name}: {member}": (said, None)
        for names, member, said in [
            (["one", "two", "multi-Region", "single-Region", "one that encrypts", "another that encrypts"], "KeyUsage", "ENCRYPT_DECRYPT"),
            (["one", "two", "MAC for later", "single-Region", "one for MACs", "two for MACs", "one that encrypts", "one that signs",
              "two that signs", "another that encrypts"], "MultiRegion", False)]
        for name in names
    },
}
DIFFERENT = {label: pair for pairs in REASONS.values() for label, pair in pairs.items()}


class Side:
    """One KMS in both regions, and what it has answered."""

    def __init__(self, url=None):
        self.may_fail = url is None
        config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
        self.clients = {region: boto3.client("kms", region_name=region, endpoint_url=url, config=config, **KEYLESS)
                        for region in (HOME, AWAY)}
        self.said = {}

    def tell(self, label, value):
        assert label not in self.said, label
        self.said[label] = value

    def call(self, label, operation, region=HOME, **request):
        """Asks; notes status and type of error; gives the answer, or nothing."""
        try:
            answer = getattr(self.clients[region], operation)(**request)
        except ClientError as error:
            status, code = error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
            self.tell(label, f"{status} {code}")
            return {}
        except Exception as error:
            # moto is run in this process: what it does not expect ends in an exception of its own.
            if not self.may_fail:
                raise
            self.tell(label, f"ends with {type(error).__name__}")
            return {}
        self.tell(label, str(answer["ResponseMetadata"]["HTTPStatusCode"]))
        return answer


def flipped(data, at):
    data = bytearray(data)
    data[at] ^= 1
    return bytes(data)


def key(side, label, region=HOME, **kind):
    made = side.call(f"create {label}", "create_key", region, **kind)["KeyMetadata"]
    for name in ("KeySpec", "KeyUsage", "KeyState", "Enabled", "Origin", "KeyManager", "MultiRegion"):
        side.tell(f"create {label}: {name}", made.get(name))
    return made


def symmetric(side):
    one, two = key(side, "one"), key(side, "two")
    side.call("alias", "create_alias", AliasName="alias/one", TargetKeyId=one["KeyId"])
    side.call("alias twice", "create_alias", AliasName="alias/one", TargetKeyId=two["KeyId"])
    side.call("alias of AWS", "create_alias", AliasName="alias/aws/one", TargetKeyId=one["KeyId"])
    side.call("alias without prefix", "create_alias", AliasName="one", TargetKeyId=one["KeyId"])
    side.call("alias of nothing", "create_alias", AliasName="alias/nothing", TargetKeyId="00000000-0000-0000-0000-000000000000")
    for label, name in [("id", one["KeyId"]), ("ARN", one["Arn"]), ("alias", "alias/one"),
                        ("alias's ARN", one["Arn"].rsplit(":", 1)[0] + ":alias/one")]:
        found = side.call(f"describe by {label}", "describe_key", KeyId=name)
        side.tell(f"describe by {label}: the same", found["KeyMetadata"]["KeyId"] == one["KeyId"])
    for label, name in [("unknown id", "00000000-0000-0000-0000-000000000000"), ("unknown alias", "alias/unknown"), ("no id", "x")]:
        side.call(f"describe {label}", "describe_key", KeyId=name)

    made = side.call("data key", "generate_data_key", KeyId="alias/one", KeySpec="AES_256", EncryptionContext=CONTEXT)
    side.tell("data key: bytes", len(made.get("Plaintext", b"")))
    side.tell("data key: named by ARN", made["KeyId"] == one["Arn"])
    for label, kind in [("AES_128", {"KeySpec": "AES_128"}), ("24 bytes", {"NumberOfBytes": 24}), ("1024 bytes", {"NumberOfBytes": 1024})]:
        answer = side.call(f"data key of {label}", "generate_data_key", KeyId="alias/one", **kind)
        side.tell(f"data key of {label}: bytes", len(answer.get("Plaintext", b"")))
    for label, kind in [("1025 bytes", {"NumberOfBytes": 1025}), ("no bytes", {"NumberOfBytes": 0}), ("AES_512", {"KeySpec": "AES_512"}),
                        ("both", {"KeySpec": "AES_256", "NumberOfBytes": 32}), ("neither", {})]:
        side.call(f"data key of {label}", "generate_data_key", KeyId="alias/one", **kind)
    without = side.call("data key without plaintext", "generate_data_key_without_plaintext", KeyId="alias/one", KeySpec="AES_256")
    side.tell("data key without plaintext: has none", "Plaintext" not in without)
    side.call("data key of unknown", "generate_data_key", KeyId="alias/unknown", KeySpec="AES_256")

    blob, plain = made["CiphertextBlob"], made["Plaintext"]
    decrypt = lambda label, blob=blob, **more: side.call(f"decrypt {label}", "decrypt", CiphertextBlob=blob, **more)
    side.tell("decrypt: the same", decrypt("as sealed", EncryptionContext=CONTEXT)["Plaintext"] == plain)
    side.tell("decrypt with key: the same",
              decrypt("with key", EncryptionContext=CONTEXT, KeyId="alias/one")["Plaintext"] == plain)
    side.tell("decrypt in another order: the same",
              decrypt("in another order", EncryptionContext=dict(reversed(CONTEXT.items())))["Plaintext"] == plain)
    decrypt("without context")
    decrypt("with more context", EncryptionContext=CONTEXT | {"more": "x"})
    for name in CONTEXT:
        decrypt(f"with another {name}", EncryptionContext=CONTEXT | {name: "other"})
        decrypt(f"without {name}", EncryptionContext={k: v for k, v in CONTEXT.items() if k != name})
        decrypt(f"with {name} in capitals", EncryptionContext=CONTEXT | {name: CONTEXT[name].upper() + "X"})
    decrypt("by another key", EncryptionContext=CONTEXT, KeyId=two["KeyId"])
    decrypt("by unknown key", EncryptionContext=CONTEXT, KeyId="alias/unknown")
    for label, bad in [("of nothing", b""), ("of one byte", b"x"), ("of text", b"x" * 200), ("shortened", blob[:-1]), ("lengthened", blob + b"x"),
                       ("with a flipped tag", flipped(blob, -1)), ("with a flipped nonce", flipped(blob, -40))]:
        decrypt(label, bad, EncryptionContext=CONTEXT)

    sealed = side.call("encrypt", "encrypt", KeyId=one["KeyId"], Plaintext=b"secret", EncryptionContext=CONTEXT)["CiphertextBlob"]
    again = side.call("encrypt again", "encrypt", KeyId=one["KeyId"], Plaintext=b"secret", EncryptionContext=CONTEXT)["CiphertextBlob"]
    side.tell("encrypt: never the same", sealed != again)
    side.call("encrypt 4096 bytes", "encrypt", KeyId=one["KeyId"], Plaintext=b"x" * 4096)
    side.call("encrypt 4097 bytes", "encrypt", KeyId=one["KeyId"], Plaintext=b"x" * 4097)
    side.call("encrypt nothing", "encrypt", KeyId=one["KeyId"], Plaintext=b"")

    moved = side.call("re-encrypt", "re_encrypt", CiphertextBlob=sealed, SourceEncryptionContext=CONTEXT, DestinationKeyId=two["KeyId"],
                      DestinationEncryptionContext={"now": "here"})
    side.tell("re-encrypt: source", moved["SourceKeyId"] == one["Arn"])
    side.tell("re-encrypt: destination", moved["KeyId"] == two["Arn"])
    opened = decrypt("re-encrypted", moved["CiphertextBlob"], EncryptionContext={"now": "here"}, KeyId=two["KeyId"])
    side.tell("decrypt re-encrypted: the same", opened.get("Plaintext") == b"secret")
    decrypt("re-encrypted in the old context", moved["CiphertextBlob"], EncryptionContext=CONTEXT)
    decrypt("re-encrypted by the old key", moved["CiphertextBlob"], EncryptionContext={"now": "here"}, KeyId=one["KeyId"])
    side.call("re-encrypt in no context", "re_encrypt", CiphertextBlob=sealed, DestinationKeyId=two["KeyId"])
    side.call("re-encrypt to nowhere", "re_encrypt", CiphertextBlob=sealed, SourceEncryptionContext=CONTEXT, DestinationKeyId="alias/unknown")
    side.call("re-encrypt tampered", "re_encrypt", CiphertextBlob=flipped(sealed, -1), SourceEncryptionContext=CONTEXT,
              DestinationKeyId=two["KeyId"])
    side.call("re-encrypt from another key", "re_encrypt", CiphertextBlob=sealed, SourceKeyId=two["KeyId"],
              SourceEncryptionContext=CONTEXT, DestinationKeyId=two["KeyId"])

    side.call("rotate", "rotate_key_on_demand", KeyId=one["KeyId"])
    side.tell("decrypt after rotation: the same", decrypt("after rotation", EncryptionContext=CONTEXT)["Plaintext"] == plain)
    side.call("rotate every year", "enable_key_rotation", KeyId=one["KeyId"])
    status = side.call("rotation status", "get_key_rotation_status", KeyId=one["KeyId"])
    side.tell("rotation status: enabled", status["KeyRotationEnabled"])

    side.call("disable", "disable_key", KeyId=one["KeyId"])
    side.tell("disable: state", side.call("describe disabled", "describe_key", KeyId=one["KeyId"])["KeyMetadata"]["KeyState"])
    decrypt("by a disabled key", EncryptionContext=CONTEXT)
    side.call("encrypt by a disabled key", "encrypt", KeyId=one["KeyId"], Plaintext=b"x")
    side.call("data key of a disabled key", "generate_data_key", KeyId=one["KeyId"], KeySpec="AES_256")
    side.call("re-encrypt to a disabled key", "re_encrypt", CiphertextBlob=moved["CiphertextBlob"],
              SourceEncryptionContext={"now": "here"}, DestinationKeyId=one["KeyId"])
    side.call("disable again", "disable_key", KeyId=one["KeyId"])
    side.call("enable", "enable_key", KeyId=one["KeyId"])
    side.tell("decrypt enabled: the same", decrypt("by an enabled key", EncryptionContext=CONTEXT)["Plaintext"] == plain)

    gone = side.call("schedule deletion", "schedule_key_deletion", KeyId=one["KeyId"], PendingWindowInDays=7)
    side.tell("schedule deletion: ARN", gone.get("KeyId") == one["Arn"])
    side.tell("schedule deletion: state", side.call("describe deleted", "describe_key", KeyId=one["KeyId"])["KeyMetadata"]["KeyState"])
    decrypt("by a deleted key", EncryptionContext=CONTEXT)
    side.call("encrypt by a deleted key", "encrypt", KeyId=one["KeyId"], Plaintext=b"x")
    side.call("enable deleted", "enable_key", KeyId=one["KeyId"])
    side.call("schedule deletion twice", "schedule_key_deletion", KeyId=one["KeyId"], PendingWindowInDays=7)
    back = side.call("cancel deletion", "cancel_key_deletion", KeyId=one["KeyId"])
    side.tell("cancel deletion: ARN", back.get("KeyId") == one["Arn"])
    side.tell("cancel deletion: state", side.call("describe canceled", "describe_key", KeyId=one["KeyId"])["KeyMetadata"]["KeyState"])
    side.call("enable canceled", "enable_key", KeyId=one["KeyId"])
    side.tell("decrypt canceled: the same", decrypt("after all", EncryptionContext=CONTEXT)["Plaintext"] == plain)
    side.call("deletion tomorrow", "schedule_key_deletion", KeyId=two["KeyId"], PendingWindowInDays=1)
    side.call("deletion of unknown", "schedule_key_deletion", KeyId="00000000-0000-0000-0000-000000000000", PendingWindowInDays=7)
    side.call("decrypt by a MAC key", "encrypt", KeyId=key(side, "MAC for later", KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyId"],
              Plaintext=b"x")


def regions(side):
    one, single = key(side, "multi-Region", MultiRegion=True), key(side, "single-Region")
    side.tell("multi-Region: id", one["KeyId"].startswith("mrk-"))
    blob = side.call("encrypt at home", "encrypt", KeyId=one["KeyId"], Plaintext=b"secret", EncryptionContext=CONTEXT)["CiphertextBlob"]
    away = lambda label, operation, **request: side.call(label, operation, AWAY, **request)
    away("describe away before", "describe_key", KeyId=one["KeyId"])
    away("decrypt away before", "decrypt", CiphertextBlob=blob, EncryptionContext=CONTEXT)
    replica = side.call("replicate", "replicate_key", KeyId=one["KeyId"], ReplicaRegion=AWAY).get("ReplicaKeyMetadata", {})
    side.tell("replicate: the same id", replica.get("KeyId") == one["KeyId"])
    side.tell("replicate: another ARN", replica.get("Arn") == one["Arn"].replace(HOME, AWAY))
    side.call("replicate twice", "replicate_key", KeyId=one["KeyId"], ReplicaRegion=AWAY)
    side.call("replicate single-Region", "replicate_key", KeyId=single["KeyId"], ReplicaRegion=AWAY)
    side.call("replicate unknown", "replicate_key", KeyId="mrk-00000000000000000000000000000000", ReplicaRegion=AWAY)
    found = away("describe away", "describe_key", KeyId=one["KeyId"])["KeyMetadata"]
    side.tell("describe away: type", found["MultiRegionConfiguration"]["MultiRegionKeyType"])
    side.tell("describe away: primary", found["MultiRegionConfiguration"]["PrimaryKey"]["Region"])
    home = side.call("describe home", "describe_key", KeyId=one["KeyId"])["KeyMetadata"]["MultiRegionConfiguration"]
    side.tell("describe home: type", home["MultiRegionKeyType"])
    side.tell("describe home: replicas", [r["Region"] for r in home["ReplicaKeys"]])
    opened = away("decrypt away", "decrypt", CiphertextBlob=blob, EncryptionContext=CONTEXT, KeyId=one["KeyId"])
    side.tell("decrypt away: the same", opened.get("Plaintext") == b"secret")
    away("decrypt away in no context", "decrypt", CiphertextBlob=blob)
    away("decrypt away tampered", "decrypt", CiphertextBlob=flipped(blob, -1), EncryptionContext=CONTEXT)
    back = away("encrypt away", "encrypt", KeyId=one["KeyId"], Plaintext=b"back").get("CiphertextBlob", b"")
    side.tell("decrypt at home: the same", side.call("decrypt at home", "decrypt", CiphertextBlob=back).get("Plaintext") == b"back")
    away("decrypt away by home's ARN", "decrypt", CiphertextBlob=blob, EncryptionContext=CONTEXT, KeyId=one["Arn"])
    away("single-Region away", "describe_key", KeyId=single["KeyId"])
    side.call("disable at home", "disable_key", KeyId=one["KeyId"])
    away("decrypt away, disabled at home", "decrypt", CiphertextBlob=blob, EncryptionContext=CONTEXT)
    side.call("enable at home", "enable_key", KeyId=one["KeyId"])


def macs(side):
    mac, other = [key(side, f"{n} for MACs", KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyId"] for n in ("one", "two")]
    generate = lambda label, id, message, algorithm="HMAC_SHA_256": side.call(
        f"MAC {label}", "generate_mac", KeyId=id, Message=message, MacAlgorithm=algorithm).get("Mac")
    made = generate("of a message", mac, b"message")
    side.tell("MAC: bytes", len(made))
    side.tell("MAC: the same again", generate("again", mac, b"message") == made)
    side.tell("MAC: of another message", generate("of another message", mac, b"massage") != made)
    side.tell("MAC: by another key", generate("by another key", other, b"message") != made)
    generate("of 4096 bytes", mac, b"x" * 4096)
    generate("of 4097 bytes", mac, b"x" * 4097)
    generate("of nothing", mac, b"")
    generate("by SHA-512", mac, b"message", "HMAC_SHA_512")
    generate("by nothing known", mac, b"message", "HMAC_MD5")
    verify = lambda label, id, message, mac: side.call(
        f"verify MAC {label}", "verify_mac", KeyId=id, Message=message, Mac=mac, MacAlgorithm="HMAC_SHA_256").get("MacValid")
    side.tell("verify MAC: valid", verify("as made", mac, b"message", made))
    verify("of another message", mac, b"massage", made)
    verify("tampered", mac, b"message", flipped(made, 0))
    verify("shortened", mac, b"message", made[:-1])
    verify("by another key", other, b"message", made)
    side.call("MAC by an encrypting key", "generate_mac", KeyId=key(side, "one that encrypts")["KeyId"], Message=b"x",
              MacAlgorithm="HMAC_SHA_256")
    side.call("public key of a MAC key", "get_public_key", KeyId=mac)


def signatures(side):
    kind = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}
    one, two = key(side, "one that signs", **kind)["KeyId"], key(side, "two that signs", **kind)["KeyId"]
    public = side.call("public key", "get_public_key", KeyId=one)
    side.tell("public key: algorithms", public["SigningAlgorithms"])
    verifier = serialization.load_der_public_key(public["PublicKey"])
    side.tell("public key: curve", verifier.curve.name)
    sign = lambda label, message=b"message", algorithm="ECDSA_SHA_256", **more: side.call(
        f"sign {label}", "sign", KeyId=one, Message=message, SigningAlgorithm=algorithm, **more).get("Signature")
    made = sign("a message")

    def holds(signature):
        try:
            verifier.verify(signature, b"message", ec.ECDSA(hashes.SHA256()))
            return True
        except InvalidSignature:
            return False

    side.tell("sign: verifies offline", holds(made))
    digest = hashes.Hash(hashes.SHA256())
    digest.update(b"message")
    of_digest = sign("a digest", digest.finalize(), MessageType="DIGEST")
    side.tell("sign a digest: verifies offline", of_digest is not None and holds(of_digest))
    sign("a digest of 31 bytes", b"x" * 31, MessageType="DIGEST")
    sign("4096 bytes", b"x" * 4096)
    sign("4097 bytes", b"x" * 4097)
    sign("nothing", b"")
    sign("by RSA", algorithm="RSASSA_PSS_SHA_256")
    sign("by SHA-384", algorithm="ECDSA_SHA_384")
    sign("by nothing known", algorithm="ECDSA_MD5")
    verify = lambda label, id, message, signature: side.call(
        f"verify {label}", "verify", KeyId=id, Message=message, Signature=signature, SigningAlgorithm="ECDSA_SHA_256").get("SignatureValid")
    side.tell("verify: valid", verify("as signed", one, b"message", made))
    verify("of another message", one, b"massage", made)
    verify("tampered", one, b"message", flipped(made, -1))
    verify("by another key", two, b"message", made)
    verify("of nothing", one, b"message", b"")
    side.call("sign by an encrypting key", "sign", KeyId=key(side, "another that encrypts")["KeyId"], Message=b"x",
              SigningAlgorithm="ECDSA_SHA_256")
    side.call("encrypt by a signing key", "encrypt", KeyId=one, Plaintext=b"x")
    side.call("create without usage", "create_key", KeySpec="ECC_NIST_P256")
    side.call("create with the wrong usage", "create_key", KeySpec="ECC_NIST_P256", KeyUsage="ENCRYPT_DECRYPT")
    side.call("create of no kind", "create_key", KeySpec="AES_GCM")


def asked(side):
    for part in (symmetric, regions, macs, signatures):
        part(side)
    return side.said


def platform(command, directory):
    """The process, and where its KMS is."""
    log = open(directory / "platform.log", "wb")
    serve = [command, "serve", "--port", "0", "--data-dir", directory / "data", "--root", ROOT]
    process = subprocess.Popen(serve, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                               env=os.environ | {"LEDGERKEEP_PARENT": str(os.getpid())})
    ready = directory / "data" / "platform.json"
    for _ in range(600):
        if ready.exists() or process.poll() is not None:
            break
        time.sleep(0.1)
    if not ready.exists():
        sys.exit("the platform did not start:\n" + (directory / "platform.log").read_text())
    return process, json.loads(ready.read_text())["aws"]


def main(command):
    with tempfile.TemporaryDirectory() as directory:
        process, url = platform(command, pathlib.Path(directory))
        try:
            ours = asked(Side(url))
        finally:
            process.terminate()
            process.wait(20)
    with mock_aws():
        theirs = asked(Side())
    wrong = 0
    for label in ours:
        pair = (ours[label], theirs.get(label))
        listed = DIFFERENT.get(label)
        if listed and listed != pair or not listed and pair[0] != pair[1]:
            wrong += 1
            print(f"{label}: we say {pair[0]!r}, moto says {pair[1]!r}" + (f", listed as {listed}" if listed else ""))
    for label in DIFFERENT.keys() - ours.keys():
        wrong += 1
        print(f"{label}: listed, and not asked")
    print(f"{len(ours)} answers compared with a second KMS, {len(DIFFERENT)} different on purpose, {wrong} wrong")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
