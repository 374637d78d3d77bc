"""What schemathesis cannot know: who calls each operation, and objects that exist."""

import itertools, json, os, secrets, time

import requests
import schemathesis

WORLD = json.load(open(os.environ["CONTRACT_WORLD"], encoding="utf-8"))
OPERATOR = {"create_tenant"}
# What no API client may do, or is not given here.
PERSON = {"create_api_client", "delete_session", "create_user", "list_users", "read_user", "put_role", "list_roles", "list_rights",
          "list_approvals", "decide_approval", "read_approval", "withdraw_approval", "list_my_approvals", "replace_alert_rules", "acknowledge_alert", "create_purge", "update_tenant",
          "read_me", "list_sessions", "update_user", "unlock_user", "reset_user_password", "list_sign_ins", "put_password_policy",
          "list_api_clients", "rotate_api_client", "revoke_api_client", "list_keys", "create_rotation", "read_rotation",
          "put_default_password_policy", "set_kms_key"}
# What would end the sessions of the others, done by a guest of its own.
CHANGE_THEMSELVES = {"change_password", "delete_sessions", "enrol_totp", "confirm_totp", "remove_totp", "create_passkey_options",
                     "register_passkey", "remove_passkey"}
# Access tokens run out after five minutes.
RENEWED_AFTER = 120
kept, turn = {}, itertools.count()


def post(path, **given):
    answer = requests.post(WORLD["address"] + path, verify=WORLD["ca"], timeout=30, **given)
    answer.raise_for_status()
    return answer.json()["access_token"]


def token(who):
    """A token of the client with every right, of the operator, of a person, or of a guest."""
    known = kept.get(who)
    if not known or time.monotonic() - known[1] > RENEWED_AFTER:
        if who == "person":
            fresh = post("/identity/v1/sessions", json=WORLD["login"])
        elif who in WORLD["guests"]:
            # What a guest does may end their session, so that each call has one of its own.
            return post("/identity/v1/sessions", json=WORLD["guests"][who])
        else:
            fresh = post("/identity/v1/oauth/token", data={"grant_type": "client_credentials"}, auth=tuple(WORLD[who]))
        known = kept[who] = (fresh, time.monotonic())
    return known[0]


def caller(operation):
    """Who may make a call."""
    if operation in CHANGE_THEMSELVES:
        return operation
    return "operator" if operation in OPERATOR else "person" if operation in PERSON else "client"


def name(operation):
    return operation.definition.raw.get("operationId", "")


@schemathesis.auth(refresh_interval=None)
class Caller:
    def get(self, case, context):
        return token(caller(name(case.operation)))

    def set(self, case, data, context):
        security = case.operation.definition.raw.get("security")
        if security and "bearer" in security[0]:
            case.headers["Authorization"] = f"Bearer {data}"


def positive(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


def pick(values):
    return values[next(turn) % len(values)]


@schemathesis.hook
def before_call(context, case, **_):
    """Puts objects that exist into calls that are meant to succeed, and a fresh key under each."""
    if not positive(case):
        return
    operation = name(case.operation)
    if case.headers is not None:
        # A tenant may want to know why sensitive data is read, and an empty reason is none.
        if not (case.headers.get("X-Access-Reason") or "").strip():
            case.headers["X-Access-Reason"] = "The contract is walked"
    if "id" in (case.path_parameters or {}) and operation in WORLD["ids"]:
        case.path_parameters["id"] = pick(WORLD["ids"][operation])
    if "Idempotency-Key" in (case.headers or {}):
        case.headers["Idempotency-Key"] = secrets.token_hex(16)
    if isinstance(case.query, dict):
        # A cursor is made by the platform, and nobody else.
        case.query.pop("cursor", None)
    for part in (case.query, case.body):
        if isinstance(part, dict):
            for field, values in WORLD["fields"].items():
                if field in part:
                    part[field] = pick(values)
    if isinstance(case.body, dict):
        case.body.update(WORLD["bodies"].get(operation, {}))
    if operation == "issue_token":
        # One way of client authentication only (RFC 6749, section 2.3), and neither a scope nor a refresh token that somebody
        # invents: those are answered 400 (section 5.2).
        if isinstance(case.body, dict):
            for member in ("client_id", "client_secret", "scope", "refresh_token"):
                case.body.pop(member, None)
            case.body["grant_type"] = "client_credentials"
        case._auth = requests.auth.HTTPBasicAuth(*WORLD["client"])
