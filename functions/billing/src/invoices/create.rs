//! `POST /billing/v1/invoices`: a draft.

use super::{
    Invoice, InvoiceId, InvoiceItem, InvoiceStatus, InvoiceSummary, Settlement,
    discounts::{self, DiscountInput},
    lines::{LineInput, take},
    texts::Texts,
};
use shared::{
    crypto::Purpose,
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
    /// What is taken off, each discount from what the earlier ones leave.
    #[nested]
    #[record(length(max = 20))]
    #[serde(default)]
    discounts: Vec<DiscountInput>,
    /// A line for the customer.
    #[personal]
    memo: Option<Line>,
    /// The tenant's own reference.
    #[personal]
    reference: Option<Reference>,
    /// The customer's purchase order.
    #[personal]
    purchase_order: Option<Line>,
    /// Days that the customer has to pay; the customer's own, or the tenant's, when absent.
    #[internal]
    #[record(range(min = 0, max = 365))]
    due_days: Option<u16>,
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
        let (customer, id) = (input.customer.as_str(), InvoiceId::new(cx.now()));
        let (kept, described) = take(cx, &input.customer, input.currency, input.lines).await?;
        let (discounts, reasons) = discounts::take(input.discounts)?;
        // Their key has been read with what the lines name.
        let cipher = cx.customer_cipher(customer).await?;
        let texts = Texts {
            memo: input.memo,
            reference: input.reference,
            purchase_order: input.purchase_order,
            lines: described,
            discounts: reasons,
            seller: None,
            buyer: None,
        };
        let metadata = input.metadata.as_ref();
        let metadata = Metadata::about::<InvoiceItem>(metadata, cx, customer, id.as_str()).await?;
        let mut item = InvoiceItem {
            texts: Some(texts.sealed(&cipher, id.as_str())?),
            id,
            sequence: None,
            series: None,
            customer: input.customer,
            currency: input.currency,
            status: InvoiceStatus::Draft,
            lines: kept,
            discounts,
            taxes: Vec::new(),
            inclusive: false,
            total: 0,
            settlement: Settlement::default(),
            burned: Vec::new(),
            retained: None,
            memo: None,
            reference: None,
            due_days: input.due_days,
            issued_on: None,
            due_on: None,
            payment: None,
            subscription: None,
            created_at: cx.now(),
            finalized_at: None,
            paid_at: None,
            metadata,
        };
        item.added_up()?;
        let (id, summary) = (item.id.as_str(), InvoiceSummary::from(&item));
        let changes = Changes::new()
            .write(cx.create(&item)?)
            .event(Event::about("invoice.created", id, &summary).of(&item))
            .object(id, None, Some(&summary));
        Ok(Outcome::changed(
            Invoice::with(cx, &item, Some(&texts)).await?,
            changes,
        ))
    }
}
