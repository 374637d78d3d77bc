//! `POST /privacy/v1/requests`: a data subject asks for something. An erasure needs a second person.

use super::{Request, RequestId, RequestItem, RequestStatus, RequestType, archive, erase, months_later};
use billing::customers::{CustomerItem, privacy};
use payments::payments::PaymentItem;
use risk::{RiskOutcome, checks::CheckItem};
use serde::Serialize;
use shared::{
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::CustomerId,
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Stored, Table},
    text::{IssuedSecret, Reference},
    time::Instant,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// About whom.
    #[public]
    customer: CustomerId,
    /// What is asked for.
    #[public]
    r#type: RequestType,
    /// The tenant's own number of the case.
    #[internal]
    reference: Option<Reference>,
    /// What it is about: for a review the payment or the risk check that was refused automatically.
    #[internal]
    about: Option<Reference>,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "NewPrivacyRequest")]
pub struct Answer {
    /// The request.
    #[public]
    id: RequestId,
    /// What is asked for.
    #[public]
    r#type: RequestType,
    /// About whom.
    #[public]
    customer: CustomerId,
    /// Where it stands.
    #[public]
    status: RequestStatus,
    /// When it came (RFC 3339 UTC).
    #[public]
    received_at: Instant,
    /// Until when it must be answered.
    #[public]
    due_at: Instant,
    /// The key of the archive, for access and portability: base64 of 256 bits. It is told once, and kept by nobody once
    /// the archive has been made.
    #[secret]
    archive_key: Option<IssuedSecret>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_privacy_request",
        methods::post,
        "/privacy/v1/requests",
        Access::Right(&rbac::PRIVACY_WRITE),
        Audit::Alert,
        "Take a request of a data subject; an erasure needs a second person",
    )
    .refuses(&[codes::CUSTOMER_ERASED])
    .status(201)
    .four_eyes_when(|input| {
        let safe = [
            "access",
            "portability",
            "rectification",
            "restriction",
            "restriction_lift",
            "objection",
            "review",
        ];
        !input
            .get("type")
            .and_then(serde_json::Value::as_str)
            .is_some_and(|t| safe.contains(&t))
    })
    .uses(&[
        Uses::Write(Table::Privacy),
        Uses::Write(Table::Billing),
        Uses::Write(Table::Keys),
        Uses::Read(Table::Vault),
        Uses::Read(Table::Payments),
        Uses::Read(Table::Risk),
        Uses::Key(Purpose::Pii),
        Uses::Key(Purpose::Index),
        Uses::List(Table::Vault, 1),
    ]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let customer = cx.get::<CustomerItem>(input.customer.as_str()).await?;
        if customer.erased_at.is_some() {
            let text = "This customer has been erased: nothing about them is left.";
            return Err(Problem::conflict("customer_erased", text));
        }
        let mut item = RequestItem {
            id: RequestId::new(cx.now()),
            r#type: input.r#type,
            customer: input.customer,
            status: RequestStatus::Open,
            reference: input.reference,
            about: input.about,
            received_at: cx.now(),
            due_at: months_later(cx.now(), 1),
            extended: false,
            customer_revision: customer.revision,
            decided_by: None,
            decided_at: None,
            reason: None,
            archive_key: None,
            leased_until: 0,
            archive: None,
            certificate: None,
        };
        let (changes, archive_key) = act(cx, &customer, &mut item).await?;
        let id = item.id.as_str();
        let after = Request::from(&item);
        let changes = changes.write(cx.create(&item)?).object(id, None, Some(&after));
        let answer = Answer {
            id: item.id.clone(),
            r#type: item.r#type,
            customer: item.customer.clone(),
            status: item.status,
            received_at: Instant::from(item.received_at),
            due_at: Instant::from(item.due_at),
            archive_key,
        };
        let location = format!("/privacy/v1/requests/{id}");
        Ok(Outcome::changed(answer, changes).header("location", location))
    }
}

/// What is done at once.
async fn act(
    cx: &Context,
    customer: &Stored<CustomerItem>,
    item: &mut RequestItem,
) -> Result<(Changes, Option<IssuedSecret>), Problem> {
    let changes = Changes::new();
    Ok(match item.r#type {
        RequestType::Access | RequestType::Portability => {
            let cipher = cx.cipher_of(item.customer.as_str(), Purpose::Pii).await?;
            let cipher = cipher.ok_or_else(Problem::not_found)?;
            let (sealed, told) = archive::new_key(&cipher, &item.id)?;
            item.archive_key = Some(sealed);
            item.status = RequestStatus::InProgress;
            (changes, Some(told))
        }
        RequestType::Erasure => {
            let mut changes = changes;
            for write in privacy::erase(cx, customer).await? {
                changes = changes.write(write);
            }
            let (writes, certificate) = erase::destroy(cx, &item.customer).await?;
            for write in writes {
                changes = changes.write(write);
            }
            item.status = RequestStatus::InProgress;
            item.certificate = Some(certificate);
            (changes, None)
        }
        RequestType::Restriction | RequestType::RestrictionLift => {
            let on = item.r#type == RequestType::Restriction;
            item.status = RequestStatus::Completed;
            item.decided_at = Some(cx.now());
            item.decided_by = Some(cx.principal().id());
            (changes.write(privacy::restrict(cx, customer, on)?), None)
        }
        RequestType::Review => {
            automated_refusal(cx, item).await?;
            (changes, None)
        }
        RequestType::Rectification | RequestType::Objection => (changes, None),
    })
}

/// A review is of a decision that no human took: a payment or a check that the screen has refused (GDPR art. 22(1)).
async fn automated_refusal(cx: &Context, item: &RequestItem) -> Result<(), Problem> {
    let missing = "is needed: the payment or the check that was refused";
    let about = item
        .about
        .as_ref()
        .ok_or_else(|| Problem::invalid("/about", missing))?;
    let (payment, check) = (
        cx.key::<PaymentItem>(about.as_str()),
        cx.key::<CheckItem>(about.as_str()),
    );
    let mut batch = cx.batch(&[payment.clone(), check.clone()]).await?;
    let payment = batch.take::<PaymentItem>(&payment)?;
    let check = batch.take::<CheckItem>(&check)?;
    let of_payment = payment.map(|p| (p.item.customer, p.item.risk.outcome));
    let found = of_payment.or(check.map(|c| (c.item.customer, c.item.verdict.outcome)));
    match found {
        Some((customer, outcome)) if customer == item.customer && outcome != RiskOutcome::Accept => Ok(()),
        _ => {
            let text = "is no payment or check of this customer that was refused automatically";
            Err(Problem::invalid("/about", text))
        }
    }
}
