"""A payment with the client that openapi-python-client has made of the platform's document: pay.py ADDRESS CA FIRST, where FIRST is
the platform's first-sign-in.json. It ends at the first thing that does not hold."""

import base64, json, pathlib, ssl, sys, uuid
from http import HTTPStatus
from typing import Protocol, TypeVar

from ledgerkeep_client import AuthenticatedClient, Client
from ledgerkeep_client.api.billing_customers import create_customer
from ledgerkeep_client.api.identity_approvals import decide_approval
from ledgerkeep_client.api.identity_oauth import issue_token
from ledgerkeep_client.api.identity_sessions import create_session
from ledgerkeep_client.api.payments_payments import create_payment, list_payments, read_payment
from ledgerkeep_client.api.tenancy_api_clients import create_api_client
from ledgerkeep_client.api.vault_payment_methods import create_payment_method
from ledgerkeep_client.models import (
    AccessToken, Approval, ApprovalDecision, AwaitingApproval, CreateApiClientRequest, CreateCustomerRequest,
    CreatePaymentMethodRequest, CreatePaymentRequest, CreateSessionRequest, Currency, Customer, DecideApprovalRequest, GrantType, IssueTokenRequest, NewApiClient, Payment, PaymentList, PaymentMethod, Problem, SessionTokens)
from ledgerkeep_client.types import Response, Unset

T = TypeVar("T")
done: list[str] = []


def check(holds: bool, what: str) -> None:
    if not holds:
        sys.exit(f"not so: {what}")
    done.append(what)


class Answer(Protocol):
    """A `Response` of whatever it may be."""

    @property
    def status_code(self) -> HTTPStatus: ...
    @property
    def content(self) -> bytes: ...
    @property
    def parsed(self) -> object: ...


def right(kind: type[T], status: int, answer: Answer) -> T:
    """What a call answered, where it answered what was asked for, as the generated type."""
    if answer.status_code != status or not isinstance(answer.parsed, kind):
        sys.exit(f"{kind.__name__} wanted, got {answer.status_code}: {answer.content.decode()}")
    return answer.parsed


def text(value: str | None | Unset) -> str:
    """A field that may be absent, and is there."""
    if not isinstance(value, str):
        sys.exit("a field is absent")
    return value


def once() -> str:
    return str(uuid.uuid4())


class Shop:
    """An API client that takes payments: the first administrator asks for it, the second one approves."""

    def __init__(self, address: str, ca: str, first: pathlib.Path) -> None:
        told = json.loads(first.read_text())
        self.address, self.tls = address, ssl.create_default_context(cafile=ca)
        nobody = Client(base_url=address, verify_ssl=self.tls, raise_on_unexpected_status=True)
        sessions = [right(SessionTokens, 201, create_session.sync_detailed(client=nobody, body=CreateSessionRequest(
            tenant=told["tenant"], email=person["email"], password=person["password"]))) for person in told["administrators"][:2]]
        one, other = (self.holding(text(session.access_token)) for session in sessions)
        body = CreateApiClientRequest(name="Python", roles=["integration"])
        asked = right(AwaitingApproval, 202, create_api_client.sync_detailed(client=one, idempotency_key=once(), body=body))
        right(Approval, 200, decide_approval.sync_detailed(
            asked.approval, client=other, idempotency_key=once(), body=DecideApprovalRequest(decision=ApprovalDecision.APPROVE)))
        made = right(NewApiClient, 201, create_api_client.sync_detailed(
            client=one, idempotency_key=once(), approval_id=asked.approval, body=body))
        itself = base64.b64encode(f"{made.client_id}:{made.client_secret}".encode()).decode()
        token = right(AccessToken, 200, issue_token.sync_detailed(
            client=self.holding(itself, "Basic"), body=IssueTokenRequest(grant_type=GrantType.CLIENT_CREDENTIALS)))
        self.client = self.holding(token.access_token)
        self.customer = right(Customer, 201, create_customer.sync_detailed(
            client=self.client, idempotency_key=once(), body=CreateCustomerRequest(name="Ada Lovelace", email="ada@example.com"))).id

    def holding(self, token: str, scheme: str = "Bearer") -> AuthenticatedClient:
        return AuthenticatedClient(base_url=self.address, token=token, prefix=scheme, verify_ssl=self.tls, raise_on_unexpected_status=True)

    def card(self, number: str) -> PaymentMethod:
        return right(PaymentMethod, 201, create_payment_method.sync_detailed(
            client=self.client, idempotency_key=once(),
            body=CreatePaymentMethodRequest(customer=self.customer, number=number, exp_month=12, exp_year=2034)))

    def pay(self, method: str, amount: int, key: str) -> Response[Payment | Problem]:
        return create_payment.sync_detailed(client=self.client, idempotency_key=key, body=CreatePaymentRequest(
            customer=self.customer, payment_method=method, amount=amount, currency=Currency.EUR))


def payments(shop: Shop) -> None:
    card = shop.card("5555555555554444")
    check((card.brand, card.last4) == ("mastercard", "4444"), "a card is kept, and its brand is one that is known")
    key = once()
    made = right(Payment, 201, shop.pay(card.id, 4200, key))
    check((made.status, made.amount, made.captured, made.currency) == ("captured", 4200, 4200, Currency.EUR), "a payment is captured")
    read = right(Payment, 200, read_payment.sync_detailed(made.id, client=shop.client))
    check(read == made, "and reads the same")
    check(right(Payment, 201, shop.pay(card.id, 4200, key)) == made, "the same key gives the same payment")
    listed = right(PaymentList, 200, list_payments.sync_detailed(client=shop.client, customer=shop.customer))
    check([payment.id for payment in listed.data] == [made.id], "and there is one")
    declined = right(Payment, 201, shop.pay(shop.card("4000000200000000").id, 4200, once()))
    check((declined.status, declined.captured) == ("declined", 0), "a declined payment is an answer with its status")


def problems(shop: Shop) -> None:
    unknown = right(Problem, 404, read_payment.sync_detailed("pay_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", client=shop.client))
    check((unknown.status, unknown.type_) == (404, f"urn:ledgerkeep:problem:{unknown.code}"), "what is not there is a problem")
    invalid = right(Problem, 422, shop.pay("pm_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", -1, once()))
    errors = [] if isinstance(invalid.errors, Unset) else invalid.errors
    check([error.pointer for error in errors] == ["/amount"], "a field that is wrong is named")
    nobody = right(Problem, 401, list_payments.sync_detailed(client=shop.holding("wrong")))
    check(nobody.status == 401, "a token that is none is a problem")


if __name__ == "__main__":
    opened = Shop(sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]))
    payments(opened)
    problems(opened)
    print("\n".join(done))
    print(f"{len(done)} things hold")
