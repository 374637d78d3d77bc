"""Whether clients of SOAP get on with the platform: soap.py LEDGERKEEP NODE starts one of its own; NODE is the folder of programs that has
node, below the packages. xmlschema and lxml read the contract; zeep, suds and node-soap each do the main job by a digest, zeep once by its
password as text. It ends at the first difference."""

import base64, datetime, hashlib, json, os, pathlib, secrets, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "contract"))

import requests
import suds.client
import suds.transport.http
import suds.wsse
import xmlschema
import zeep
import zeep.exceptions
import zeep.transports
import zeep.wsse.username
from lxml import etree
from suds.sax.element import Element
from walk import Administrators, Platform

# requests would rather trust these than what it is told.
for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
    os.environ.pop(name, None)
OWN = "urn:ledgerkeep:soap:v1"
CARD = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034}
done = []


def check(holds, what):
    if not holds:
        sys.exit(f"not so: {what}")
    done.append(what)


def contract(http, address):
    """The schema by two libraries; the WSDL in every way that it is asked for."""
    texts = {query: http.get(f"{address}/soap/v1{query}") for query in ("", "?wsdl", "?WSDL", "?singleWsdl", "?xsd", "?XSD")}
    check(all(a.status_code == 200 and a.headers["content-type"].startswith("text/xml") for a in texts.values()), "the contract is read out in any case")
    check(len({a.text for q, a in texts.items() if "xsd" not in q.lower()}) == 1, "it is one WSDL")
    xsd = texts["?xsd"].text
    schema = xmlschema.XMLSchema(xsd)
    check(len(schema.elements) > 30, "xmlschema takes the schema")
    libxml = etree.XMLSchema(etree.fromstring(xsd.encode()))
    check(libxml is not None, "libxml2 takes the schema")
    for sample in sorted((HERE.parent.parent / "events" / "soap").glob("*.xml")):
        body = etree.parse(str(sample)).getroot()[-1][0]
        libxml.assertValid(body)
        schema.validate(etree.tostring(body).decode())
    check(True, "both find every sample valid")
    return schema, libxml


class Session(requests.Session):
    """requests, keeping what was answered last."""

    def send(self, request, **kwargs):
        self.last = super().send(request, **kwargs)
        return self.last


def with_zeep(platform, ca, client, digest):
    session = Session()
    session.verify = ca
    wsse = zeep.wsse.username.UsernameToken(client["client_id"], client["soap_secret"], use_digest=digest)
    soap = zeep.Client(f"{platform}/soap/v1?wsdl", wsse=wsse, transport=zeep.transports.Transport(session=session))
    at = soap.create_service(f"{{{OWN}}}LedgerkeepSoap", f"{platform}/soap/v1")

    def call(operation, **inside):
        key = etree.Element(f"{{{OWN}}}idempotencyKey")
        key.text = secrets.token_hex(16)
        return getattr(at, operation)(**inside, _soapheaders=[key])

    customer = call("createCustomer", name="Ada & Søn <Ltd>", email="ada@example.com",
                    metadata={"entry": [{"key": "order", "value": "17"}]})
    check(customer.name == "Ada & Søn <Ltd>" and customer.metadata.entry[0].value == "17", "zeep makes a customer")
    card = call("tokenizePaymentMethod", customer=customer.id, **CARD)
    check(card.last4 == "4242", "a card")
    payment = call("initiatePayment", customer=customer.id, payment_method=card.id, amount=4200, currency="EUR", capture=False)
    check(payment.status == "authorized" and payment.amount == 4200, "a payment")
    check(call("capturePayment", id=payment.id).captured == 4200, "captures it")
    check(call("refundPayment", id=payment.id, amount=200).amount == 200, "refunds a part")
    check(call("getPayment", id=payment.id).refunded == 200, "reads it")
    invoice = call("createInvoice", customer=customer.id, currency="EUR",
                   lines={"item": [{"description": "Advice", "unit_amount": "42.5", "quantity": 2}]})
    check(invoice.total == 85 and len(invoice.lines.item) == 1, "drafts an invoice")
    check(call("finalizeInvoice", id=invoice.id).status == "open", "finalizes it")
    listed = call("getInvoices", customer=customer.id)
    check([row.id for row in listed.data.item] == [invoice.id], "and finds it in a list")
    try:
        call("createCustomer", name="", email="nobody")
    except zeep.exceptions.Fault as fault:
        text = etree.tostring(fault.detail).decode()
        check("invalid_input" in text and "/email" in text, "zeep reads a fault")
    else:
        sys.exit("a bad customer was taken")
    return session.last


def with_suds(platform, ca, client):
    import ssl, urllib.request
    context = ssl.create_default_context(cafile=ca)

    class Transport(suds.transport.http.HttpTransport):
        def u2handlers(self):
            return [urllib.request.HTTPSHandler(context=context)]

    soap = suds.client.Client(f"{platform}/soap/v1?wsdl", transport=Transport(), location=f"{platform}/soap/v1", cache=None)
    soap.set_options(port="LedgerkeepSoap")

    def call(operation, **inside):
        # suds writes tokens of its own way, so this one is made by hand and sent by it.
        nonce, created = os.urandom(16), datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        digest = base64.b64encode(hashlib.sha1(nonce + created.encode() + client["soap_secret"].encode()).digest()).decode()
        wsse = ("wsse", suds.wsse.wssens[1])
        wsu = ("wsu", suds.wsse.wsuns[1])
        security, token = Element("Security", ns=wsse), Element("UsernameToken", ns=wsse)
        token.append(Element("Username", ns=wsse).setText(client["client_id"]))
        kind = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
        password = Element("Password", ns=wsse).setText(digest)
        password.set("Type", kind)
        token.append(password)
        token.append(Element("Nonce", ns=wsse).setText(base64.b64encode(nonce).decode()))
        token.append(Element("Created", ns=wsu).setText(created))
        security.append(token)
        key = Element("idempotencyKey", ns=("l", OWN)).setText(secrets.token_hex(16))
        soap.set_options(soapheaders=(security, key))
        return getattr(soap.service, operation)(**inside)

    customer = call("createCustomer", name="Ada", email="ada@example.com")
    check(str(customer.name) == "Ada", "suds makes a customer")
    card = call("tokenizePaymentMethod", customer=customer.id, **CARD)
    payment = call("initiatePayment", customer=customer.id, payment_method=card.id, amount=4200, currency="EUR")
    check(str(payment.status) == "captured", "and a payment")
    refund = call("refundPayment", id=payment.id)
    check(int(refund.amount) == 4200, "and gives it back")
    try:
        call("getPayment", id="pay_01JD3X8M9V5T2Q4R6S8W0Y1Z2A")
    except suds.WebFault as fault:
        check(str(fault.fault.detail.problem.code) == "not_found", "suds reads a fault")
    else:
        sys.exit("a payment of nobody was found")


def call_backs(platform, directory, client, node):
    """node-soap's server, built from the contract of call-backs, takes an event: with a timestamp and without."""
    cert, key = directory / "callback.pem", directory / "callback-key.pem"
    request, extension = directory / "callback.csr", directory / "callback.ext"
    extension.write_text("subjectAltName=DNS:localhost")
    authority = pathlib.Path(platform.ca)
    for command in (["req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-subj", "/CN=localhost", "-out", request],
                    ["x509", "-req", "-in", request, "-CA", authority, "-CAkey", authority.with_name("ca-key.pem"), "-CAcreateserial",
                     "-CAserial", directory / "serial", "-days", "2", "-extfile", extension, "-out", cert]):
        subprocess.run(["openssl", *map(str, command)], check=True, capture_output=True)
    token = platform.call("POST", "/identity/v1/oauth/token", basic=(client["client_id"], client["client_secret"]))["access_token"]
    for stamped in (False, True):
        server = subprocess.Popen([node / "node", HERE / "callback.mjs", node.parent.parent, platform.address, platform.ca, cert, key],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            port = json.loads(server.stdout.readline())["port"]
            body = {"url": f"https://localhost:{port}/notify", "kind": "soap", "timestamp": stamped, "event_types": ["customer.created"]}
            webhook = platform.call("POST", "/notifications/v1/webhooks", body, token=token)
            server.stdin.write(json.dumps({"username": webhook["id"], "password": webhook["secret"]}) + "\n")
            server.stdin.flush()
            made = platform.call("POST", "/billing/v1/customers", {"name": "Ada", "email": "ada@example.com"}, token=token)
            told = json.loads(server.stdout.readline())
            check(told["type"] == "customer.created" and told["object"] == made["id"] and told["customer"]["id"] == made["id"],
                  f"node-soap's server takes a call-back {'with' if stamped else 'without'} a timestamp")
            platform.call("PATCH", f"/notifications/v1/webhooks/{webhook['id']}", {"status": "disabled"}, token=token)
        finally:
            server.kill()


def main():
    with tempfile.TemporaryDirectory() as directory:
        started = Platform(sys.argv[1], pathlib.Path(directory))
        try:
            http = requests.Session()
            http.verify = started.ca
            both = Administrators(started)

            def client(mode):
                body = {"name": mode, "roles": ["integration", "webhook_manager"], "soap": mode}
                return both.call("POST", "/tenancy/v1/api-clients", body)

            _, libxml = contract(http, started.address)
            digest = client("digest")
            last = with_zeep(started.address, started.ca, digest, True)
            check(last.status_code == 500 and last.headers["x-request-id"], "a fault has the id of its call")
            with_zeep(started.address, started.ca, client("text"), False)
            with_suds(started.address, started.ca, digest)
            node = pathlib.Path(sys.argv[2])
            said = subprocess.run([node / "node", HERE / "soap.mjs", node.parent.parent, started.address, started.ca, digest["client_id"],
                                   digest["soap_secret"]], capture_output=True, text=True, timeout=120)
            call_backs(started, pathlib.Path(directory), digest, node)
            check(said.returncode == 0 and said.stdout.strip() == "node-soap did the main job", f"node-soap does the main job {said.stderr}".strip())
        finally:
            started.stop()
    print("\n".join(done))
    print(f"{len(done)} things that clients of SOAP do hold")


if __name__ == "__main__":
    main()
