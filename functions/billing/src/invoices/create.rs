//! `POST /billing/v1/invoices`: a draft.

use super::{
    Invoice, InvoiceId, InvoiceItem, InvoiceStatus, InvoiceSummary,
    lines::{LineInput, take},
};
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::CustomerId,
    metadata::Metadata,
    money::Currency,
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Event, Table},
    text::{Line, Reference},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
#[record(
    example = r#"{"customer": "cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", "currency": "EUR", "lines": [{"description": "Advice, hours", "quantity": 2, "unit_amount": "4250"}]}"#
)]
pub struct Input {
    /// Who owes.
    #[public]
    customer: CustomerId,
    /// In which currency (ISO 4217).
    #[internal]
    currency: Currency,
    /// What for: 1 to 100 lines.
    #[nested]
    lines: Vec<LineInput>,
    /// A line for the customer. Not a place for personal data.
    #[internal]
    memo: Option<Line>,
    /// The tenant's own reference.
    #[internal]
    reference: Option<Reference>,
    /// What the tenant keeps with it: at most 20 keys.
    #[personal]
    metadata: Option<Metadata>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_invoice",
        methods::post,
        "/billing/v1/invoices",
        Access::Right(&rbac::INVOICE_WRITE),
        Audit::Change,
        "Draft an invoice; it keeps its own copy of what its lines say",
    )
    .soap("createInvoice")
    .refuses(&[codes::CUSTOMER_ERASED])
    .status(201)
    .uses(&[
        Uses::Write(Table::Billing),
        Uses::Read(Table::Payments),
        Uses::Key(Purpose::Index),
        Uses::Key(Purpose::Pii),
    ]);
    type Input = Input;
    type Answer = Invoice;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Invoice>, Problem> {
        let metadata = input.metadata.as_ref();
        // The key that seals it is read with what the lines name.
        let also = metadata.map(|_| SubjectKeyItem::key(cx.tenant(), input.customer.as_str(), Purpose::Pii));
        let (lines, total) = take(cx, &input.customer, input.currency, input.lines, also).await?;
        let id = InvoiceId::new(cx.now());
        let kept = Metadata::about::<InvoiceItem>(metadata, cx, input.customer.as_str(), id.as_str()).await?;
        let item = InvoiceItem {
            id,
            sequence: None,
            customer: input.customer,
            currency: input.currency,
            status: InvoiceStatus::Draft,
            lines,
            total,
            memo: input.memo,
            reference: input.reference,
            payment: None,
            created_at: cx.now(),
            finalized_at: None,
            paid_at: None,
            metadata: kept,
        };
        let id = item.id.as_str();
        let changes = Changes::new()
            .write(cx.create(&item)?)
            .event(Event::about("invoice.created", id, &InvoiceSummary::from(&item)).of(&item))
            .object(id, None, Some(&InvoiceSummary::from(&item)));
        Ok(Outcome::changed(Invoice::shown(cx, &item).await?, changes))
    }
}
