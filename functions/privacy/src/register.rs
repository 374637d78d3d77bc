//! `GET /privacy/v1/register`: the register of processing (GDPR art. 30), made from the types of items themselves, before it is
//! built: what reads it out would otherwise hold everything that reads and writes those items.

use serde::Serialize;
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Service, methods},
    problem::Problem,
    processing::{Basis, ROAD, Reach, Subjects},
    rbac,
    record::{Field, Nothing, Record},
    road::Context,
};

/// One field of a type of item.
#[derive(Record, Serialize)]
#[record(name = "RegisterField")]
pub struct FieldLine {
    /// Its name; below a nested record with a dot.
    #[public]
    pub name: String,
    /// Its class: personal, card and secret ones are sealed or hashed.
    #[public]
    pub class: String,
}

/// One type of item.
#[derive(Record, Serialize)]
#[record(name = "RegisterItem")]
pub struct Line {
    /// The service that keeps it; `road` for what every service keeps.
    #[public]
    pub service: String,
    /// The table it stands in.
    #[public]
    pub table: String,
    /// Its kind.
    #[public]
    pub kind: String,
    /// Its fields.
    #[nested]
    pub fields: Vec<FieldLine>,
    /// What it is kept for; absent where it is about nobody.
    #[public]
    pub purpose: Option<String>,
    /// About whom.
    #[public]
    pub subjects: Option<Subjects>,
    /// On what ground.
    #[public]
    pub basis: Option<Basis>,
    /// How long.
    #[public]
    pub retention: Option<String>,
    /// Who gets it.
    #[public]
    pub recipients: Vec<String>,
    /// Whether an export of a customer holds it.
    #[public]
    pub exported: bool,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "ProcessingRegister")]
pub struct Answer {
    /// Every type of item.
    #[nested]
    pub data: Vec<Line>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_register",
        methods::get,
        "/privacy/v1/register",
        Access::Right(&rbac::PRIVACY_READ),
        Audit::Log,
        "Read the register of processing: what is kept, for what, about whom, how long",
    );
    type Input = Nothing;
    type Answer = Answer;

    async fn handle(_: &Context, _: Nothing) -> Result<Outcome<Answer>, Problem> {
        let none = Answer { data: Vec::new() };
        Ok(Outcome::read(none).text(include_str!("../register.json").into()))
    }
}

/// The register of what these services keep.
#[must_use]
pub fn register(services: &[&Service]) -> Answer {
    let own = services.iter().flat_map(|s| s.items.iter().map(|i| (s.name, i)));
    let lines = own
        .chain(ROAD.iter().map(|i| ("road", i)))
        .map(|(service, item)| {
            let mut fields = Vec::new();
            flatten("", item.fields, &mut fields);
            let about = item.processing;
            Line {
                service: service.to_owned(),
                table: item.table.name().to_owned(),
                kind: item.kind.to_owned(),
                fields,
                purpose: about.map(|p| p.purpose.to_owned()),
                subjects: about.map(|p| p.subjects),
                basis: about.map(|p| p.basis),
                retention: about.map(|p| p.retention.to_owned()),
                recipients: about
                    .iter()
                    .flat_map(|p| p.recipients)
                    .map(ToString::to_string)
                    .collect(),
                exported: about.is_some_and(|p| !matches!(p.reach, Reach::Nothing)),
            }
        });
    Answer {
        data: lines.collect(),
    }
}

fn flatten(prefix: &str, fields: &[Field], lines: &mut Vec<FieldLine>) {
    for field in fields {
        let name = format!("{prefix}{}", field.name);
        match field.nested {
            Some(nested) => flatten(&format!("{name}."), nested(), lines),
            None => lines.push(FieldLine {
                name,
                class: field.class.name().to_owned(),
            }),
        }
    }
}
