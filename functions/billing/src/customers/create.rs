//! `POST /billing/v1/customers`: a new customer, personal data encrypted under a key of their own.

use super::{Country, Customer, CustomerItem, EmailLookup};
use crate::{
    parties::{Address, BuyerDetails, Endpoint as ElectronicAddress, Language, Zone},
    tax_ids::TaxId,
};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::CustomerId,
    metadata::Metadata,
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Event, Table},
    text::{EmailAddress, Line, Name, Reference},
    words::Words,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// Full name of the person or company.
    #[personal]
    name: Name,
    /// E-mail address.
    #[personal]
    email: EmailAddress,
    /// Country (ISO 3166-1 alpha-2).
    #[internal]
    country: Option<Country>,
    /// The tenant's own number.
    #[personal]
    reference: Option<Reference>,
    /// Where they are, in the country above.
    #[personal]
    address: Option<Address>,
    /// Their tax ids: VAT ids are checked by format and check digits.
    #[personal]
    #[record(length(max = 5))]
    #[serde(default)]
    tax_ids: Vec<TaxId>,
    /// What their documents speak.
    #[personal]
    language: Option<Language>,
    /// Their time zone (IANA).
    #[personal]
    time_zone: Option<Zone>,
    /// Days that they have to pay.
    #[personal]
    #[record(range(min = 0, max = 365))]
    due_days: Option<u16>,
    /// Where their electronic documents go.
    #[personal]
    electronic_address: Option<ElectronicAddress>,
    /// What they ask to see on their documents, such as a Leitweg-ID.
    #[personal]
    buyer_reference: Option<Line>,
    /// What the tenant keeps with it: at most 20 keys.
    #[personal]
    metadata: Option<Metadata>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_customer",
        methods::post,
        "/billing/v1/customers",
        Access::Right(&rbac::CUSTOMER_WRITE),
        Audit::Change,
        "Create a customer; personal data is encrypted under a key of its own",
    )
    .soap("createCustomer")
    .refuses(&[codes::SUBJECT_KEY_TAKEN])
    .status(201)
    .uses(&[
        Uses::Write(Table::Billing),
        Uses::Write(Table::Keys),
        Uses::Key(Purpose::Pii),
        Uses::Key(Purpose::Index),
    ]);
    type Input = Input;
    type Answer = Customer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Customer>, Problem> {
        if let Some(country) = &input.country {
            country.is_there()?;
        }
        let id = CustomerId::new(cx.now());
        let (cipher, keep_key) = cx.new_subject(id.as_str(), Purpose::Pii).await?;
        let lookup = EmailLookup::of(cx, &input.email, &id).await?;
        let seal =
            |field: &str, text: &str| cipher.seal::<CustomerItem>(id.as_str(), "-", field, text.as_bytes());
        let kept = match &input.metadata {
            Some(metadata) => metadata.kept::<CustomerItem>(cx, &cipher, id.as_str()).await?,
            None => None,
        };
        let reference = match &input.reference {
            Some(text) => {
                let words =
                    Words::found::<CustomerItem>(cx, &cipher, id.as_str(), "reference", text.as_str());
                Some(words.await?)
            }
            None => None,
        };
        let details = BuyerDetails {
            address: input.address,
            tax_ids: input.tax_ids,
            language: input.language,
            time_zone: input.time_zone,
            due_days: input.due_days,
            electronic_address: input.electronic_address,
            buyer_reference: input.buyer_reference,
        };
        let item = CustomerItem {
            id: id.clone(),
            name: seal("name", input.name.as_str())?,
            email: seal("email", input.email.as_str())?,
            country: input.country,
            reference,
            default_payment_method: None,
            restricted_at: None,
            erased_at: None,
            created_at: cx.now(),
            billing: CustomerItem::sealed(&id, &details, &cipher)?,
            metadata: kept,
        };
        let changes = Changes::new()
            .write(cx.create(&item)?)
            .write(cx.create(&lookup)?)
            .write(keep_key)
            .event(Event::about("customer.created", id.as_str(), &item).of(&item))
            .object(id.as_str(), None, Some(&item));
        Ok(Outcome::changed(Customer::open(&item, &cipher)?, changes))
    }
}
