//! `GET /privacy/v1/requests/{id}`: state, due date, certificate, and with `part` one part of the archive.

use super::{
    Request, RequestId, RequestItem,
    archive::{Part, PartItem},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The request.
    #[public]
    id: RequestId,
    /// The part of the archive to read, from 0.
    #[public]
    part: Option<u32>,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "PrivacyRequestDetails")]
pub struct Answer {
    /// The request.
    #[nested]
    request: Request,
    /// The part that was asked for.
    #[nested]
    part: Option<Part>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_privacy_request",
        methods::get,
        "/privacy/v1/requests/{id}",
        Access::Right(&rbac::PRIVACY_READ),
        Audit::Sensitive,
        "Read a request of a data subject, or a part of its archive",
    )
    .refuses(&[codes::CUSTOMER_ERASED])
    .uses(&[Uses::Read(Table::Privacy), Uses::Key(Purpose::Pii)])
    .memory(512);
    type Input = Input;
    type Answer = Answer;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<RequestItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let id = input.id.as_str();
        let item = cx.get::<RequestItem>(id).await?;
        let mut answer = Answer {
            request: Request::from(&item.item),
            part: None,
        };
        if let Some(number) = input.part {
            let parts = item.archive.as_ref().map_or(0, |a| a.parts);
            if number >= parts {
                return Err(Problem::invalid("/part", format!("must be below {parts}")));
            }
            let sort = PartItem::place(number);
            let part_key = Key::sub::<PartItem>(cx.tenant(), id, &sort);
            let subject = SubjectKeyItem::key(cx.tenant(), item.customer.as_str(), Purpose::Pii);
            let mut batch = cx.batch(&[part_key.clone(), subject.clone()]).await?;
            // An erasure takes the archive with it: what it was sealed under is gone.
            let gone = || Problem::conflict("customer_erased", "This customer has been erased.");
            let subject = batch.take::<SubjectKeyItem>(&subject)?.ok_or_else(gone)?;
            let part = batch
                .take::<PartItem>(&part_key)?
                .ok_or_else(Problem::not_found)?;
            let body = cx
                .subject(&subject)
                .await?
                .open::<PartItem>(id, &sort, "body", &part.body)?;
            answer.part = Some(Part {
                number,
                body: STANDARD.encode(&*body),
            });
        }
        Ok(Outcome::read(answer).concerning(id))
    }
}
