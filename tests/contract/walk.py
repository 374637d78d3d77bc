"""Walks each service's contract: walk.py LEDGERKEEP [--examples N] [--seed N] [SERVICE]... starts a platform of its own, makes
what the paths name, and lets schemathesis call every operation with right and wrong data. It fails on any answer outside the
contract."""

import argparse, base64, json, os, pathlib, secrets, ssl, subprocess, sys, tempfile, time, urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SERVICES = sorted(p.stem.removeprefix("service-") for p in (ROOT / "infra").glob("service-*.yaml"))
# Together they hold every right that an API client may hold.
EVERYTHING = ["integration", "webhook_manager", "auditor", "risk_analyst"]


class Platform:
    """A platform on a directory of its own, ended with the walk."""

    def __init__(self, command, directory):
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

    def call(self, method, path, body=None, token=None, basic=None):
        headers = {"idempotency-key": secrets.token_hex(16)}
        if token:
            headers["authorization"] = f"Bearer {token}"
        if basic:
            headers["authorization"] = "Basic " + base64.b64encode(":".join(basic).encode()).decode()
            headers["content-type"], data = "application/x-www-form-urlencoded", b"grant_type=client_credentials"
        else:
            headers["content-type"], data = "application/json", json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, method=method, headers=headers,
                                         data=None if method == "GET" else data)
        with urllib.request.urlopen(request, context=self.tls) as answer:
            return json.loads(answer.read() or b"null")

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


def first_of(platform, path, token):
    """The first object of a list that something asynchronous fills."""
    for _ in range(600):
        found = platform.call("GET", path, token=token)["data"]
        if found:
            return found[0]["id"]
        time.sleep(0.1)
    sys.exit(f"{path} stays empty")


def world(platform):
    """What the hooks put in place of invented ids and credentials."""
    first = platform.first
    person = first["administrators"][0]
    login = {"tenant": first["tenant"], "email": person["email"], "password": person["password"]}
    admin = platform.call("POST", "/identity/v1/sessions", login)
    other = platform.call("POST", "/identity/v1/sessions", login)
    client = platform.call("POST", "/tenancy/v1/api-clients", {"name": "Walker", "roles": EVERYTHING},
                           token=admin["access_token"])
    client = [client["client_id"], client["client_secret"]]
    token = platform.call("POST", "/identity/v1/oauth/token", basic=client)["access_token"]
    post = lambda path, body: platform.call("POST", path, body, token=token)
    # More than one, as a payment can be captured or canceled once only.
    customers, methods, captured, authorized = [], [], [], []
    for n in range(3):
        customer = post("/billing/v1/customers", {"name": f"Buyer {n}", "email": f"buyer{n}@buyers.example"})["id"]
        method = post("/vault/v1/payment-methods", {"customer": customer, "number": "4242424242424242", "exp_month": 12,
                                                    "exp_year": 2034, "holder": "Ada Lovelace"})["id"]
        customers.append(customer)
        methods.append(method)
        for list_, capture in ((captured, True), (authorized, False)):
            for _ in range(3):
                list_.append(post("/payments/v1/payments", {"customer": customer, "payment_method": method, "amount": 5000,
                                                            "currency": "EUR", "capture": capture})["id"])
    webhooks = [post("/notifications/v1/webhooks", {"url": f"https://localhost:{port}/", "event_types": ["customer.created"]})["id"]
                for port in range(9, 15)]
    product = post("/billing/v1/products", {"name": "Advice"})["id"]
    price = post("/billing/v1/prices", {"product": product, "currency": "EUR", "billing_scheme": "per_unit",
                                        "unit_amount": "0.25"})["id"]
    line = {"description": "Hours", "quantity": 2, "unit_amount": "4250"}
    invoices = [post("/billing/v1/invoices", {"customer": customers[n % 3], "currency": "EUR", "lines": [line]})["id"]
                for n in range(6)]
    for invoice in invoices[:3]:
        post(f"/billing/v1/invoices/{invoice}/finalize", {})
    check = post("/risk/v1/checks", {"customer": customers[0], "amount": 100, "currency": "EUR"})["id"]
    lists = [post("/risk/v1/lists", {"name": f"List {kind}", "kind": kind})["id"] for kind in ("allow", "deny")]
    admin_token = admin["access_token"]
    role = {"name": "Clerk", "replaces": 0, "grants": [{"right": "payment.read", "effect": "allow"}]}
    approvals = [platform.call("PUT", f"/identity/v1/roles/clerk_{n}", role, token=admin_token)["approval"] for n in range(3)]
    users = [u["id"] for u in platform.call("GET", "/identity/v1/users", token=admin_token)["data"]]
    entries = platform.call("GET", "/audit/v1/entries?limit=3", token=token)["data"]
    export = post("/audit/v1/exports", {})
    alert = first_of(platform, "/audit/v1/alerts", token)
    post("/billing/v1/customers", {"name": "Told", "email": "told@buyers.example"})
    delivery = first_of(platform, "/notifications/v1/deliveries", token)
    operator = first["operator"]
    return {
        "address": platform.address, "ca": platform.ca, "login": login, "client": client,
        "operator": [operator["client_id"], operator["client_secret"]],
        "ids": {"delete_session": [other["session"]], "read_tenant": [first["tenant"]], "read_customer": customers,
                "read_payment_method": methods, "read_payment": captured + authorized, "capture_payment": authorized,
                "cancel_payment": authorized, "create_refund": captured, "list_refunds": captured,
                "read_entry": [e["id"] for e in entries], "prove_entry": [e["id"] for e in entries],
                "read_export": [export["id"]], "update_customer": customers, "read_invoice": invoices,
                "finalize_invoice": invoices[3:], "pay_invoice": invoices[:3], "read_check": [check],
                "add_risk_list_item": lists[:1], "list_risk_list_items": lists, "update_webhook": webhooks[:2],
                "rotate_webhook_secret": webhooks[2:4], "retry_delivery": [delivery], "delete_webhook": webhooks[4:], "acknowledge_alert": [alert],
                "update_tenant": [first["tenant"]], "put_role": ["clerk", "cashier"], "decide_approval": approvals,
                "read_user": users},
        "fields": {"customer": customers, "payment_method": methods, "webhook": webhooks, "product": [product], "price": [price]},
    }


def oracles(environment, services):
    """What the models and examples have wrong; in here, as the hooks read where the world is when they are loaded."""
    os.environ["CONTRACT_WORLD"] = environment["CONTRACT_WORLD"]
    sys.path.insert(0, str(HERE))
    import models
    return models.check(services)


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
            for finding in oracles(environment, given.services):
                print(f"   {finding}")
                failed = ["the models"]
            for service in given.services:
                command = [pathlib.Path(sys.executable).parent / "schemathesis", "--config-file", HERE / "schemathesis.toml",
                           "run", f"{platform.address}/{service}/v1/openapi.json", "--url", platform.address,
                           "--tls-verify", platform.ca, "--seed", str(given.seed), "--max-examples", str(given.examples)]
                print(f"-- {service}", flush=True)
                if subprocess.run(command, env=environment, cwd=directory).returncode:
                    failed.append(service)
        finally:
            platform.stop()
    if failed:
        sys.exit(f"answers outside the contract: {', '.join(failed)}")
    print(f"{len(given.services)} contracts hold")


if __name__ == "__main__":
    main()
