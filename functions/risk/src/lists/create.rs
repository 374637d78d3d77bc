//! `POST /risk/v1/lists`: a new list with nobody on it.

use super::{ListCount, ListId, ListItem, ListKind, MOST, RiskList};
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Attribute, Changes, Table, Update},
    text::Name,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// What people call it.
    #[internal]
    name: Name,
    /// `allow`: who is on it is not held up by velocity. `deny`: who is on it pays nothing.
    #[internal]
    kind: ListKind,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_risk_list",
        methods::post,
        "/risk/v1/lists",
        Access::Right(&rbac::RISK_LIST),
        Audit::Change,
        "Make an allow or deny list",
    )
    .refuses(&[codes::TOO_MANY_LISTS])
    .status(201)
    .uses(&[Uses::Write(Table::Risk)]);
    type Input = Input;
    type Answer = RiskList;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<RiskList>, Problem> {
        let item = ListItem {
            id: ListId::new(cx.now()),
            name: input.name,
            kind: input.kind,
            created_at: cx.now(),
        };
        let full = Problem::conflict("too_many_lists", format!("A tenant has at most {MOST} lists."));
        let one_more = Update::new().add("count", 1).when(
            "attribute_not_exists(#count) OR #count < :most",
            &[(":most", Attribute::N(MOST.to_string()))],
        );
        let changes = Changes::new()
            .write(cx.update::<ListCount>("-", "-", one_more).otherwise(full))
            .write(cx.create(&item)?)
            .object(item.id.as_str(), None, Some(&item));
        Ok(Outcome::changed(RiskList::from(&item), changes))
    }
}
