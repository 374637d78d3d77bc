"""Whether clients of others get on with the platform: clients.py LEDGERKEEP starts one of its own and signs in with pyotp's codes, PyJWT's
verifier, authlib's OAuth sessions and proofs of fido2's making. It ends at the first difference."""

import base64, hashlib, json, os, pathlib, secrets, sys, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "contract"))

import jwt
import pyotp
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from fido2.cose import ES256, EdDSA, RS256
from fido2.webauthn import (AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData,
                            PublicKeyCredentialCreationOptions, PublicKeyCredentialRequestOptions)
from joserfc.jwk import ECKey, OKPKey
from walk import Platform

# requests would rather trust these than what it is told.
for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
    os.environ.pop(name, None)
MFA = "/identity/v1/sessions/mfa"
b64 = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode()
done = []


def check(holds, what):
    if not holds:
        sys.exit(f"not so: {what}")
    done.append(what)


class Caller:
    """The platform, as requests calls it."""

    def __init__(self, platform):
        self.address, self.ca, self.first = platform.address, platform.ca, platform.first
        self.http = requests.Session()
        self.http.verify = platform.ca

    def call(self, method, path, body=None, token=None, expect=None, headers=None):
        headers = {"idempotency-key": secrets.token_hex(16)} | (headers or {})
        if token:
            headers["authorization"] = f"Bearer {token}"
        answer = self.http.request(method, self.address + path, json=body, headers=headers, timeout=30)
        if answer.status_code != (expect or answer.status_code) or (not expect and answer.status_code >= 300):
            sys.exit(f"{method} {path} answered {answer.status_code}: {answer.text}")
        return answer.json() if answer.content else None

    def sign_in(self, number):
        person = self.first["administrators"][number]
        body = {"tenant": self.first["tenant"], "email": person["email"], "password": person["password"]}
        return self.call("POST", "/identity/v1/sessions", body)


class Authenticator:
    """One credential, made of fido2's parts."""

    def __init__(self, algorithm):
        self.id, self.count = os.urandom(32), 0
        if algorithm is ES256:
            self.key = ec.generate_private_key(ec.SECP256R1())
        elif algorithm is EdDSA:
            self.key = ed25519.Ed25519PrivateKey.generate()
        else:
            self.key = rsa.generate_private_key(65537, 2048)
        self.public = algorithm.from_cryptography_key(self.key.public_key())

    def sign(self, message):
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(message, ec.ECDSA(hashes.SHA256()))
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(message)

    def data(self, party, flags, credential=None):
        self.count += 1
        return AuthenticatorData.create(hashlib.sha256(party.encode()).digest(), flags, self.count, credential or b"")

    def create(self, options, origin, verified=True, attestation="none"):
        flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT
        flags |= AuthenticatorData.FLAG.UV if verified else 0
        credential = AttestedCredentialData.create(bytes(16), self.id, self.public)
        data = self.data(options.rp.id, flags, credential)
        client = CollectedClientData.create(CollectedClientData.TYPE.CREATE, options.challenge, origin)
        statement = {}
        if attestation == "packed":
            statement = {"alg": self.public.ALGORITHM, "sig": self.sign(data + client.hash)}
        made = AttestationObject.create(attestation, data, statement)
        return {"name": "Key", "client_data_json": b64(client), "attestation_object": b64(made)}

    def get(self, options, origin, verified=True):
        flags = AuthenticatorData.FLAG.UP | (AuthenticatorData.FLAG.UV if verified else 0)
        data = self.data(options.rp_id, flags)
        client = CollectedClientData.create(CollectedClientData.TYPE.GET, options.challenge, origin)
        return {"credential_id": b64(self.id), "client_data_json": b64(client), "authenticator_data": b64(data),
                "signature": b64(self.sign(data + client.hash))}


def metadata_and_tokens(platform, issuer, client):
    """RFC 8414 by authlib, RFC 9068 by PyJWT."""
    told = AuthorizationServerMetadata(platform.call("GET", "/.well-known/oauth-authorization-server/identity"))
    for name in told.REGISTRY_KEYS:
        # There is no authorization endpoint, so there are no types of its answers; authlib wants one all the same.
        if name not in ("response_types_supported", "authorization_endpoint"):
            getattr(told, f"validate_{name}")()
    check(told["issuer"] == f"{issuer}/identity" and told["response_types_supported"] == [], "authlib takes the metadata")
    here = lambda name: told[name].replace(issuer, platform.address)

    for method in told["token_endpoint_auth_methods_supported"]:
        if method == "none":
            continue
        session = OAuth2Session(*client, token_endpoint_auth_method=method)
        session.verify = platform.ca
        token = session.fetch_token(here("token_endpoint"), grant_type="client_credentials")
        check(token["token_type"] == "Bearer", f"authlib gets a token as {method} says")
        got = session.get(f"{platform.address}/identity/v1/me")
        check(got.status_code == 200, f"and it is good ({method})")
    wrong = OAuth2Session(client[0], "wrong")
    wrong.verify = platform.ca
    try:
        wrong.fetch_token(here("token_endpoint"), grant_type="client_credentials")
    except OAuthError as refused:
        check(refused.error == "invalid_client", "authlib reads invalid_client")
    else:
        sys.exit("a wrong secret got a token")

    keys = jwt.PyJWKSet(requests.get(here("jwks_uri"), verify=platform.ca, timeout=30).json()["keys"])
    header = jwt.get_unverified_header(token["access_token"])
    claims = jwt.decode(token["access_token"], keys[header["kid"]], algorithms=["ES256"], audience=issuer, issuer=told["issuer"],
                        options={"require": ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"]})
    check(header["typ"] == "at+jwt" and claims["client_id"] == client[0], "PyJWT verifies the token by the published key")

    program = platform.sign_in(0)
    session = OAuth2Session("portal", token_endpoint_auth_method="none", revocation_endpoint_auth_method="none",
                            token={"access_token": program["access_token"], "refresh_token": program["refresh_token"], "token_type": "Bearer"})
    session.verify = platform.ca
    for _ in range(3):
        before = session.token["refresh_token"]
        session.refresh_token(here("token_endpoint"), refresh_token=before)
        check(session.token["refresh_token"] != before, "authlib refreshes a session")
    check(session.get(f"{platform.address}/identity/v1/me").status_code == 200, "and goes on with it")
    answer = session.revoke_token(here("revocation_endpoint"), token=session.token["refresh_token"])
    check(answer.status_code == 200, "authlib gives the token back")
    check(session.get(f"{platform.address}/identity/v1/me").status_code == 401, "and it is good for nothing")


def proofs(platform, issuer, client):
    """RFC 9449 with PyJWT's signatures and joserfc's thumbprints."""
    for name, key, make in (("ES256", ec.generate_private_key(ec.SECP256R1()), ECKey), ("EdDSA", ed25519.Ed25519PrivateKey.generate(), OKPKey)):
        public = make.import_key(key.public_key())
        jwk = public.as_dict(private=False)

        def proof(method, path, token=None):
            claims = {"jti": secrets.token_urlsafe(16), "htm": method, "htu": issuer + path, "iat": int(time.time())}
            if token:
                claims["ath"] = b64(hashlib.sha256(token.encode()).digest())
            return jwt.encode(claims, key, algorithm=name, headers={"typ": "dpop+jwt", "jwk": jwk})

        path = "/identity/v1/oauth/token"
        answer = platform.http.post(platform.address + path, data={"grant_type": "client_credentials"}, auth=client, timeout=30,
                                    headers={"dpop": proof("POST", path)}).json()
        token = answer["access_token"]
        claims = jwt.decode(token, options={"verify_signature": False})
        check(answer["token_type"] == "DPoP" and claims["cnf"]["jkt"] == public.thumbprint(), f"a token is bound to a key ({name})")
        path = "/identity/v1/me"
        headers = {"authorization": f"DPoP {token}", "dpop": proof("GET", path, token)}
        platform.call("GET", path, headers=headers, expect=200)
        platform.call("GET", path, headers=headers, expect=401)
        platform.call("GET", path, token=token, expect=401)
        check(True, f"and is good with a proof of it, once, and with nothing else ({name})")


def codes(platform):
    """RFC 6238 by pyotp."""
    token = platform.sign_in(0)["access_token"]
    uri = platform.call("POST", "/identity/v1/me/totp", {}, token)["uri"]
    totp = pyotp.parse_uri(uri)
    check((totp.issuer, totp.digits, totp.interval) == ("Ledgerkeep", 6, 30), "pyotp reads the address")
    if time.time() % 30 > 22:
        time.sleep(9)
    platform.call("POST", "/identity/v1/me/totp/confirm", {"code": totp.at(int(time.time()) - 30)}, token, 204)
    challenge = platform.sign_in(0)["challenge"]
    platform.call("POST", MFA, {"challenge": challenge, "code": totp.at(int(time.time()) - 30)}, expect=401)
    session = platform.call("POST", MFA, {"challenge": challenge, "code": totp.now()}, expect=201)
    platform.call("DELETE", "/identity/v1/me/totp", token=session["access_token"], expect=204)
    check(True, "pyotp's codes are taken, each once")


def passkeys(platform, origin):
    """Web Authentication with fido2's structures, in each algorithm that is asked for."""
    token, kept = platform.sign_in(1)["access_token"], []
    for algorithm, attestation in ((ES256, "none"), (EdDSA, "packed"), (RS256, "packed"), (ES256, "packed")):
        asked = platform.call("POST", "/identity/v1/me/passkeys/options", {}, token)["public_key"]
        options = PublicKeyCredentialCreationOptions.from_dict(asked)
        check(algorithm.ALGORITHM in [p.alg for p in options.pub_key_cred_params], f"fido2 reads the options: {algorithm.__name__}")
        authenticator = Authenticator(algorithm)
        made = authenticator.create(options, origin, attestation=attestation)
        platform.call("POST", "/identity/v1/me/passkeys", made, token, 201)
        kept.append(authenticator)
    for authenticator in kept:
        signed = platform.sign_in(1)
        options = PublicKeyCredentialRequestOptions.from_dict(signed["public_key"])
        check(authenticator.id in [c.id for c in options.allow_credentials], "fido2 reads what a sign-in asks for")
        show = lambda passkey, expect: platform.call("POST", MFA, {"challenge": signed["challenge"], "passkey": passkey}, expect=expect)
        show(authenticator.get(options, origin, verified=False), 401)
        show(authenticator.get(options, "https://evil.example"), 401)
        passkey = authenticator.get(options, origin)
        session = show(passkey, 201)
        show(passkey, 401)
        check(session["access_token"], f"a passkey signs in ({type(authenticator.public).__name__}), once")
    me = platform.call("GET", "/identity/v1/me", token=session["access_token"])
    for passkey in me["passkeys"]:
        platform.call("DELETE", f"/identity/v1/me/passkeys/{passkey['id']}", token=session["access_token"], expect=204)
    check("access_token" in platform.sign_in(1), "and is removed")


def main():
    with tempfile.TemporaryDirectory() as directory:
        started = Platform(sys.argv[1], pathlib.Path(directory))
        try:
            platform = Caller(started)
            issuer = platform.call("GET", "/identity/v1/openapi.json")["servers"][0]["url"]
            token = platform.sign_in(0)["access_token"]
            peer = {"name": "Peer", "roles": ["auditor", "support"]}
            asked = platform.call("POST", "/tenancy/v1/api-clients", peer, token)["approval"]
            other = platform.sign_in(1)["access_token"]
            platform.call("POST", f"/identity/v1/approvals/{asked}", {"decision": "approve"}, other)
            made = platform.call("POST", "/tenancy/v1/api-clients", peer, token, headers={"approval-id": asked})
            client = (made["client_id"], made["client_secret"])
            metadata_and_tokens(platform, issuer, client)
            proofs(platform, issuer, client)
            codes(platform)
            passkeys(platform, issuer)
        finally:
            started.stop()
    print("\n".join(done))
    print(f"{len(done)} things that clients of others do hold")


if __name__ == "__main__":
    main()
