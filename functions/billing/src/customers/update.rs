//! `PATCH /billing/v1/customers/{id}`: changes what is named and leaves the rest.

use super::{Country, Customer, CustomerItem, EmailLookup};
use crate::{
    parties::{Address, Endpoint as ElectronicAddress, Language, Zone},
    tax_ids::TaxId,
};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::{CustomerId, PaymentMethodId},
    metadata::{Metadata, MetadataChange},
    problem::Problem,
    rbac,
    record::{Patch, Record},
    road::Context,
    store::{Changes, Event, Key, Stored, Table},
    text::{EmailAddress, Line, Name, Reference},
    words::Words,
};

/// What comes in. What is absent stays as it is; null clears what may be empty.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The customer.
    #[public]
    id: CustomerId,
    /// Full name of the person or company.
    #[personal]
    name: Option<Name>,
    /// E-mail address.
    #[personal]
    email: Option<EmailAddress>,
    /// Country (ISO 3166-1 alpha-2).
    #[internal]
    country: Patch<Country>,
    /// The tenant's own number.
    #[personal]
    reference: Patch<Reference>,
    /// What invoices are paid with when nothing else is named: a payment method of this customer.
    #[public]
    default_payment_method: Patch<PaymentMethodId>,
    /// Where they are, in the country above.
    #[personal]
    address: Patch<Address>,
    /// Their tax ids, all of them: VAT ids are checked by format and check digits.
    #[personal]
    #[record(length(max = 5))]
    tax_ids: Option<Vec<TaxId>>,
    /// What their documents speak.
    #[personal]
    language: Patch<Language>,
    /// Their time zone (IANA).
    #[personal]
    time_zone: Patch<Zone>,
    /// Days that they have to pay.
    #[personal]
    #[record(range(min = 0, max = 365))]
    due_days: Patch<u16>,
    /// Where their electronic documents go.
    #[personal]
    electronic_address: Patch<ElectronicAddress>,
    /// What they ask to see on their documents, such as a Leitweg-ID.
    #[personal]
    buyer_reference: Patch<Line>,
    /// What of its metadata changes: null removes a key, and what is not named stays; null for all of it removes all.
    #[personal]
    metadata: Patch<MetadataChange>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Update;

impl Endpoint for Update {
    const DECLARATION: Declaration = Declaration::new(
        "update_customer",
        methods::patch,
        "/billing/v1/customers/{id}",
        Access::Right(&rbac::CUSTOMER_WRITE),
        Audit::Change,
        "Change a customer; what is left out stays as it is, and null clears",
    )
    .uses(&[
        Uses::Write(Table::Billing),
        Uses::Read(Table::Vault),
        Uses::Key(Purpose::Pii),
        Uses::Key(Purpose::Index),
    ]);
    type Input = Input;
    type Answer = Customer;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<CustomerItem>(), at.subject(Purpose::Pii)]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Customer>, Problem> {
        let id = input.id.as_str();
        let (old, cipher) = cx.get_with_subject::<CustomerItem>(id, Purpose::Pii).await?;
        let seal = |field: &str, text: &str| cipher.seal::<CustomerItem>(id, "-", field, text.as_bytes());
        let mut next = old.item.clone();
        let mut changes = Changes::new();
        if let Some(name) = &input.name {
            next.name = seal("name", name.as_str())?;
        }
        if let Some(email) = &input.email {
            next.email = seal("email", email.as_str())?;
            let known = Customer::open(&old, &cipher)?.email;
            // The same address in other letters is found where it was.
            if known.normalised() != email.normalised() {
                changes = changes
                    .write(cx.delete(&lookup(cx, &known, &old).await?))
                    .write(cx.create(&EmailLookup::of(cx, email, &old.id).await?)?);
            }
        }
        if let Patch::Set(country) = &input.country {
            country.is_there()?;
        }
        next.country = input.country.after(next.country);
        match &input.reference {
            Patch::Keep => {}
            Patch::Clear => next.reference = None,
            Patch::Set(text) => {
                let words = Words::found::<CustomerItem>(cx, &cipher, id, "reference", text.as_str());
                next.reference = Some(words.await?);
            }
        }
        match input.metadata {
            Patch::Keep => {}
            Patch::Clear => next.metadata = None,
            Patch::Set(change) => {
                let known = Metadata::open::<CustomerItem>(&cipher, id, old.metadata.as_ref())?;
                let metadata = change.applied(known.unwrap_or_default())?;
                next.metadata = metadata.kept::<CustomerItem>(cx, &cipher, id).await?;
            }
        }
        let known = old.details(&cipher)?;
        let mut details = known.clone();
        details.address = input.address.after(details.address);
        details.tax_ids = input.tax_ids.unwrap_or(details.tax_ids);
        details.language = input.language.after(details.language);
        details.time_zone = input.time_zone.after(details.time_zone);
        details.due_days = input.due_days.after(details.due_days);
        details.electronic_address = input.electronic_address.after(details.electronic_address);
        details.buyer_reference = input.buyer_reference.after(details.buyer_reference);
        if details != known {
            next.billing = CustomerItem::sealed(&old.id, &details, &cipher)?;
        }
        if let Patch::Set(method) = &input.default_payment_method
            && vault::cards::owner(cx, method).await?.as_ref() != Some(&old.id)
        {
            let why = "is not a payment method of this customer";
            return Err(Problem::invalid("/default_payment_method", why));
        }
        next.default_payment_method = input.default_payment_method.after(next.default_payment_method);
        let changes = changes
            .write(cx.replace(&old, &next)?)
            .event(Event::about("customer.updated", id, &next).of(&next))
            .object(id, Some(&old.item), Some(&next));
        Ok(Outcome::changed(Customer::open(&next, &cipher)?, changes))
    }
}

/// The lookup item of the customer's address. It is written once and never changed, so it need not be read.
async fn lookup(
    cx: &Context,
    known: &EmailAddress,
    customer: &CustomerItem,
) -> Result<Stored<EmailLookup>, Problem> {
    let item = EmailLookup::of(cx, known, &customer.id).await?;
    Ok(Stored { item, revision: 1 })
}
