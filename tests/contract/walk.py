"""Walks each service's contract: walk.py LEDGERKEEP [--examples N] [--seed N] [SERVICE]... starts a platform of its own, makes
what the paths name, and lets schemathesis call every operation with right and wrong data. It fails on any answer outside the
contract."""

import argparse, base64, concurrent.futures, json, os, pathlib, secrets, ssl, subprocess, sys, tempfile, time, urllib.error, urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SERVICES = sorted({p.stem.removeprefix("service-").split(".")[0] for p in (ROOT / "infra/stacks").glob("service-*.yaml")}
                  # Its contract is a WSDL.
                  - {"soap"})
# A check of nothing passes.
assert len(SERVICES) > 9, SERVICES
# Together they hold every right that an API client may hold.
EVERYTHING = ["integration", "billing_integration", "webhook_manager", "auditor", "risk_analyst", "risk_manager", "card_custodian", "privacy_officer"]
PASSWORD = "7 umbrellas 4 the lighthouse keeper"


class Platform:
    """A platform on a directory of its own, ended with the walk."""

    def __init__(self, command, directory):
        self.command, self.data = command, directory / "data"
        self.log = open(directory / "platform.log", "wb")
        serve = [command, "serve", "--port", "0", "--data-dir", directory / "data", "--root", ROOT]
        self.process = subprocess.Popen(serve, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL,
                                        env=os.environ | {"LEDGERKEEP_PARENT": str(os.getpid())})
        ready = directory / "data" / "platform.json"
        for _ in range(600):
            if ready.exists() or self.process.poll() is not None:
                break
            time.sleep(0.1)
        if not ready.exists():
            sys.exit("the platform did not start:\n" + (directory / "platform.log").read_text())
        told = json.loads(ready.read_text())
        self.address, self.ca = told["address"], told["ca"]
        self.first = json.loads((directory / "data" / "first-sign-in.json").read_text())
        self.tls = ssl.create_default_context(cafile=self.ca)

    def call(self, method, path, body=None, token=None, basic=None, approval=None):
        headers = {"idempotency-key": secrets.token_hex(16)}
        if approval:
            headers["approval-id"] = approval
        if token:
            headers["authorization"] = f"Bearer {token}"
        if basic:
            headers["authorization"] = "Basic " + base64.b64encode(":".join(basic).encode()).decode()
            headers["content-type"], data = "application/x-www-form-urlencoded", b"grant_type=client_credentials"
        else:
            headers["content-type"], data = "application/json", json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, method=method, headers=headers,
                                         data=None if method == "GET" else data)
        try:
            with urllib.request.urlopen(request, context=self.tls) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refused:
            sys.exit(f"{method} {path}: {refused.code} {refused.read().decode()}")

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


def awaited(what, look):
    """What `look` finds, once something asynchronous has made it."""
    for _ in range(600):
        found = look()
        if found:
            return found[0]
        time.sleep(0.1)
    sys.exit(f"{what} does not come")


def first_of(platform, path, token):
    """The first object of a list that something asynchronous fills."""
    return awaited(f"the first of {path}", lambda: platform.call("GET", path, token=token)["data"])["id"]


class Administrators:
    """The first one asks, the second one approves."""

    def __init__(self, platform):
        first = platform.first
        self.platform, self.logins = platform, [
            {"tenant": first["tenant"], "email": person["email"], "password": person["password"]}
            for person in first["administrators"]]
        self.tokens = [platform.call("POST", "/identity/v1/sessions", login)["access_token"] for login in self.logins]

    def call(self, method, path, body=None):
        answer = self.platform.call(method, path, body, token=self.tokens[0])
        if not answer or "approval" not in answer:
            return answer
        self.platform.call("POST", f"/identity/v1/approvals/{answer['approval']}", {"decision": "approve"}, token=self.tokens[1])
        return self.platform.call(method, path, body, token=self.tokens[0], approval=answer["approval"])

    def invite(self, name):
        """A person who has chosen a password: their id and sign-in."""
        email = f"{name}@people.example"
        user = self.call("POST", "/identity/v1/users", {"email": email, "name": "Guest", "roles": ["auditor"]})
        mailbox = [self.platform.command, "mail", "--json", "--to", email, "--data-dir", self.platform.data]
        mail = awaited(f"mail to {email}", lambda: subprocess.run(mailbox, capture_output=True, check=True).stdout.splitlines())
        code = next(line for line in json.loads(mail)["text"].splitlines() if line.startswith("    ")).strip()
        self.platform.call("POST", "/identity/v1/password-resets/confirm", {"token": code, "password": PASSWORD})
        return user["id"], {"tenant": self.platform.first["tenant"], "email": email, "password": PASSWORD}


def world(platform):
    """What the hooks put in place of invented ids and credentials."""
    first, both = platform.first, Administrators(platform)
    login = both.logins[0]
    other = platform.call("POST", "/identity/v1/sessions", login)
    clients = [both.call("POST", "/tenancy/v1/api-clients", {"name": f"Walker {n}", "roles": EVERYTHING if n == 0 else ["support"]})
               for n in range(5)]
    client = [clients[0]["client_id"], clients[0]["client_secret"]]
    token = platform.call("POST", "/identity/v1/oauth/token", basic=client)["access_token"]
    post = lambda path, body: platform.call("POST", path, body, token=token)
    # More than one, as a payment can be captured or canceled once only.
    customers, methods, captured, authorized = [], [], [], []
    card = lambda customer: post("/vault/v1/payment-methods", {"customer": customer, "number": "4242424242424242", "exp_month": 12,
                                                               "exp_year": 2034, "holder": "Ada Lovelace"})["id"]
    for n in range(3):
        customer = post("/billing/v1/customers", {"name": f"Buyer {n}", "email": f"buyer{n}@buyers.example"})["id"]
        method = card(customer)
        customers.append(customer)
        methods.append(method)
        for list_, capture in ((captured, True), (authorized, False)):
            for _ in range(3):
                list_.append(post("/payments/v1/payments", {"customer": customer, "payment_method": method, "amount": 5000,
                                                            "currency": "EUR", "capture": capture})["id"])
    refunds = [post(f"/payments/v1/payments/{payment}/refunds", {"amount": 1})["id"] for payment in captured[:3]]
    webhooks = [post("/notifications/v1/webhooks", {"url": f"https://localhost:{port}/", "event_types": ["customer.created"]})["id"]
                for port in range(9, 15)]
    product = post("/billing/v1/products", {"name": "Advice"})["id"]
    price = post("/billing/v1/prices", {"product": product, "currency": "EUR", "billing_scheme": "per_unit",
                                        "unit_amount": "0.25"})["id"]
    monthly = post("/billing/v1/prices", {"product": product, "currency": "EUR", "billing_scheme": "per_unit", "unit_amount": "20",
                                          "kind": "recurring", "interval": "month"})["id"]
    items = [{"price": monthly, "quantity": "5"}]
    subscriptions = [post("/billing/v1/subscriptions", {"customer": customers[n % 3], "items": items}) for n in range(6)]
    meters = [post("/billing/v1/meters", {"name": f"Meter {n}", "aggregation": "count"})["id"] for n in range(2)]
    line = {"description": "Hours", "quantity": 2, "unit_amount": "4250"}

    def bill(count):
        return [post("/billing/v1/invoices", {"customer": customers[n % 3], "currency": "EUR", "lines": [line]})["id"]
                for n in range(count)]

    invoices, issued = bill(6), bill(4)
    for invoice in invoices[:3] + issued:
        post(f"/billing/v1/invoices/{invoice}/finalize", {})
    # What is changed, archived and deleted is nothing that others name.
    drafts = bill(6)
    changed = post("/billing/v1/products", {"name": "Support"})["id"]
    repriced = post("/billing/v1/prices", {"product": changed, "currency": "EUR", "billing_scheme": "per_unit", "unit_amount": "1"})["id"]
    check = post("/risk/v1/checks", {"customer": customers[0], "amount": 100, "currency": "EUR"})["id"]
    lists = [post("/risk/v1/lists", {"name": f"List {kind}", "kind": kind})["id"] for kind in ("allow", "deny")]
    rule = {"id": "look", "when": "amount = 7777", "decision": "review"}
    version = platform.call("PUT", "/risk/v1/rules", {"replaces": 0, "rules": [], "conditions": [rule]}, token=token)["version"]
    publish = f"/risk/v1/rules/{version}/publish"
    approval = post(publish, {})["approval"]
    platform.call("POST", f"/identity/v1/approvals/{approval}", {"decision": "approve"}, token=both.tokens[1])
    platform.call("POST", publish, {}, token=token, approval=approval)
    reviews = [post("/payments/v1/payments", {"customer": customers[0], "payment_method": methods[0], "amount": 7777,
                                              "currency": "EUR"})["review"] for _ in range(5)]
    # Whoever exercises a right of privacy is nobody whom the others charge.
    subject = post("/billing/v1/customers", {"name": "Subject", "email": "subject@buyers.example"})["id"]
    asked = [post("/privacy/v1/requests", {"customer": subject, "type": kind})["id"] for kind in ["objection"] * 3 + ["access"]]
    breaches = [post("/privacy/v1/breaches", {"summary": "Lost laptop"})["id"] for _ in range(3)]
    removed = [card(customers[n]) for n in range(3)]
    rotation = both.call("POST", "/keys/v1/rotations", {"scope": "tenant", "purpose": "audit"})["id"]
    purge = both.call("POST", "/audit/v1/purges", {})["id"]
    admin_token = both.tokens[0]
    limit = platform.call("GET", f"/tenancy/v1/tenants/{first['tenant']}", token=admin_token)["rate_limit"]
    role = {"name": "Clerk", "replaces": 0, "grants": [{"right": "payment.read", "effect": "allow"}]}
    approvals = [platform.call("PUT", f"/identity/v1/roles/clerk_{n}", role, token=admin_token)["approval"] for n in range(6)]
    guests = {name: both.invite(name) for name in ("change_password", "delete_sessions", "enrol_totp", "confirm_totp", "remove_totp",
                                                   "create_passkey_options", "register_passkey", "remove_passkey", "update_user", "unlock_user", "reset_user_password",
                                                   "reset_second_factor")}
    guest_of = lambda name: [guests[name][0]]
    users = [u["id"] for u in platform.call("GET", "/identity/v1/users", token=admin_token)["data"]]
    entries = platform.call("GET", "/audit/v1/entries?limit=3", token=token)["data"]
    export = post("/audit/v1/exports", {})
    alert = first_of(platform, "/audit/v1/alerts", token)
    post("/billing/v1/customers", {"name": "Told", "email": "told@buyers.example"})
    delivery = first_of(platform, "/notifications/v1/deliveries", token)
    operator = first["operator"]
    return {
        "address": platform.address, "ca": platform.ca, "login": login, "client": client,
        "guests": {name: guest[1] for name, guest in guests.items()},
        # What the bodies of these calls say, so that they neither lock anybody out nor change what somebody signs in with.
        "bodies": {"create_session": login, "change_password": {"old_password": PASSWORD, "password": PASSWORD},
                   "create_privacy_request": {"customer": subject}, "create_subscription": {"items": items},
                   "update_subscription": {"items": [{"id": subscriptions[0]["items"][0]["id"], "quantity": "8"}]},
                   "update_tenant": {"rate_limit": limit, "client_rate_limit": limit}},
        "operator": [operator["client_id"], operator["client_secret"]],
        "ids": {"delete_session": [other["session"]], "read_tenant": [first["tenant"]], "read_customer": customers,
                "read_payment_method": methods, "read_payment": captured + authorized, "capture_payment": authorized,
                "cancel_payment": authorized, "create_refund": captured, "list_refunds": captured,
                "read_refund": refunds,
                "read_entry": [e["id"] for e in entries], "prove_entry": [e["id"] for e in entries],
                "read_export": [export["id"]], "update_customer": customers, "read_invoice": invoices, "read_invoice_document": issued,
                "finalize_invoice": invoices[3:], "pay_invoice": invoices[:3], "read_check": [check],
                **{f"{what}_subscription": [subscriptions[0]["id"]] for what in ("read", "update", "preview", "bill")},
                "cancel_subscription": [subscription["id"] for subscription in subscriptions[1:]],
                "settle_invoice": issued[:2], "void_invoice": issued[2:], "preview_invoice": drafts[:3],
                "create_wallet_grant": customers, "read_wallet": customers,
                "add_risk_list_item": lists[:1], "list_risk_list_items": lists, "update_webhook": webhooks[:2],
                "read_review": reviews, "claim_review": reviews[:1], "release_review": reviews[1:2], "snooze_review": reviews[2:3],
                "decide_review": reviews[3:],
                "rotate_webhook_secret": webhooks[2:4], "retry_delivery": [delivery], "delete_webhook": webhooks[4:], "acknowledge_alert": [alert],
                "update_tenant": [first["tenant"]], "put_role": ["clerk", "cashier"], "decide_approval": approvals[:3],
                "read_approval": approvals, "withdraw_approval": approvals[3:],
                "read_user": users, "list_sign_ins": users, "update_user": guest_of("update_user"),
                "unlock_user": guest_of("unlock_user"), "reset_user_password": guest_of("reset_user_password"),
                "update_invoice": drafts[:3], "delete_invoice": drafts[3:], "read_product": [product], "update_product": [changed],
                "read_meter": meters, "update_meter": meters[1:], "read_price": [price], "update_price": [repriced], "reset_second_factor": guest_of("reset_second_factor"),
                "put_password_policy": ["support", "finance"], "rotate_api_client": [clients[1]["client_id"], clients[2]["client_id"]],
                "revoke_api_client": [clients[3]["client_id"], clients[4]["client_id"]],
                "reveal_payment_method": methods, "delete_payment_method": removed, "read_rotation": [rotation],
                "read_purge": [purge], "read_privacy_request": asked, "decide_privacy_request": asked[:3], "notify_breach": breaches},
        "fields": {"meter": meters[:1], "customer": customers, "payment_method": methods, "webhook": webhooks, "product": [product], "price": [price]},
    }


def oracles(environment, services):
    """What the models and examples have wrong; in here, as the hooks read where the world is when they are loaded."""
    os.environ["CONTRACT_WORLD"] = environment["CONTRACT_WORLD"]
    sys.path.insert(0, str(HERE))
    import models
    return models.check(services)


def operations(service):
    """What a contract holds, as far as its size goes."""
    return json.loads((ROOT / "functions" / service / "openapi.json").read_text())["paths"]


def walk(platform, directory, environment, given, service):
    """One contract, called with right and wrong data."""
    apart = directory / service
    apart.mkdir()
    command = [pathlib.Path(sys.executable).parent / "schemathesis", "--config-file", HERE / "schemathesis.toml",
               "run", f"{platform.address}/{service}/v1/openapi.json", "--url", platform.address,
               "--tls-verify", platform.ca, "--seed", str(given.seed), "--max-examples", str(given.examples)]
    return subprocess.run(command, env=environment, cwd=apart, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("ledgerkeep")
    arguments.add_argument("--examples", type=int, default=int(os.environ.get("CONTRACT_EXAMPLES", "10")))
    arguments.add_argument("--seed", type=int, default=int(os.environ.get("CONTRACT_SEED", "20260115")))
    arguments.add_argument("services", nargs="*", default=SERVICES)
    given = arguments.parse_args()
    failed = []
    with tempfile.TemporaryDirectory(prefix="ledgerkeep-contract-") as directory:
        directory = pathlib.Path(directory)
        platform = Platform(given.ledgerkeep, directory)
        try:
            (directory / "world.json").write_text(json.dumps(world(platform)))
            environment = os.environ | {"CONTRACT_WORLD": str(directory / "world.json"), "PYTHONPATH": str(HERE),
                                        "SCHEMATHESIS_HOOKS": "hooks", "NO_COLOR": "1"}
            # A walk waits for the platform half of its time, and so do the models: as many at a time as there are processors. The
            # largest first, so that none is left to run alone at the end.
            services = sorted(given.services, key=lambda service: -len(operations(service)))
            with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as at_once:
                walks = [(at_once.submit(walk, platform, directory, environment, given, service), service) for service in services]
                for finding in oracles(environment, given.services):
                    print(f"   {finding}", flush=True)
                    failed = ["the models"]
                for done, service in walks:
                    print(f"-- {service}\n{done.result().stdout}", flush=True)
                    if done.result().returncode:
                        failed.append(service)
        finally:
            platform.stop()
    if failed:
        sys.exit(f"answers outside the contract: {', '.join(failed)}")
    print(f"{len(given.services)} contracts hold")


if __name__ == "__main__":
    main()
