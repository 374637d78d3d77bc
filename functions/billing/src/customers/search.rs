//! `POST /billing/v1/customers/search`: exact lookup by e-mail address. Nothing personal stands in a URL.

use super::{Customer, CustomerItem, EmailLookup};
use serde::Serialize;
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Early, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Key, Stored, Table},
    text::EmailAddress,
};

/// Most customers with one address that a search answers.
const MOST: i32 = 50;

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The address, whole. Letter case does not matter.
    #[personal]
    email: EmailAddress,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "CustomerMatches")]
pub struct Answer {
    /// The customers with this address.
    #[nested]
    data: Vec<Customer>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Search;

impl Endpoint for Search {
    const DECLARATION: Declaration = Declaration::new(
        "search_customers",
        methods::post,
        "/billing/v1/customers/search",
        Access::Right(&rbac::CUSTOMER_READ),
        Audit::Sensitive,
        "Find customers by their exact e-mail address",
    )
    .reads_only()
    .uses(&[
        Uses::Read(Table::Billing),
        Uses::Key(Purpose::Pii),
        Uses::Key(Purpose::Index),
        Uses::Below(Table::Billing),
    ]);
    type Input = Input;
    type Answer = Answer;
    const EARLY: Option<Early<Input>> = Some(|cx, input| {
        Box::pin(async move { Ok(found(cx, &input).await?.into_iter().flatten().collect()) })
    });

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let pairs = found(cx, &input).await?;
        if pairs.is_empty() {
            return Ok(Outcome::read(Answer { data: Vec::new() }));
        }
        let keys = pairs.concat();
        let mut batch = cx.batch(&keys).await?;
        let mut data = Vec::with_capacity(pairs.len());
        for [item, subject] in &pairs {
            let (item, subject) = (
                batch.take::<CustomerItem>(item)?,
                batch.take::<SubjectKeyItem>(subject)?,
            );
            if let (Some(item), Some(subject)) = (item, subject) {
                data.push(Customer::open(&item, &cx.subject(&subject).await?)?);
            }
        }
        Ok(Outcome::read(Answer { data }))
    }
}

/// Where the customers with an address stand, each with the key that opens them: one read brings both.
async fn found(cx: &Context, input: &Input) -> Result<Vec<[Key; 2]>, Problem> {
    let lookup = cx
        .blind_index(Table::Billing, "email", &input.email.normalised())
        .await?;
    let between = ("cus_".to_owned(), "cus_~".to_owned());
    let found = cx
        .below::<EmailLookup>(&hex::encode(lookup), between, true, MOST)
        .await?;
    let pair = |lookup: &Stored<EmailLookup>| {
        let id = lookup.customer.as_str();
        let subject = SubjectKeyItem::key(cx.tenant(), id, Purpose::Pii);
        [cx.key::<CustomerItem>(id), subject]
    };
    Ok(found.iter().map(pair).collect())
}
