//! `GET /soap/v1`: the WSDL, as `?wsdl` or `?singleWsdl`, and its schema, as `?xsd`; in any case.

use crate::wsdl;
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, methods},
    problem::Problem,
    record::{Nothing, Record},
    road::Context,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// Asks for the WSDL, which is what is answered anyway.
    #[public]
    wsdl: Option<String>,
    /// The same: the schema stands in it.
    #[public]
    singlewsdl: Option<String>,
    /// Asks for the schema alone.
    #[public]
    xsd: Option<String>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_soap_contract",
        methods::get,
        "/soap/v1",
        Access::Public,
        Audit::Log,
        "The contract of this service: WSDL 1.1 and its schema",
    )
    .speaks_soap();
    type Input = Input;
    type Answer = Nothing;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Nothing>, Problem> {
        let wants_wsdl = input.wsdl.is_some() || input.singlewsdl.is_some();
        let text = match input.xsd {
            Some(_) if wants_wsdl => return Err(Problem::invalid("/xsd", "stands beside wsdl")),
            Some(_) => include_str!("../ledgerkeep.xsd").to_owned(),
            None => {
                let address = |issuer: &str| format!("location=\"{issuer}{}\"", wsdl::PATH);
                let kept = address(shared::openapi::ADDRESS);
                include_str!("../ledgerkeep.wsdl").replace(&kept, &address(&cx.app().config.issuer))
            }
        };
        Ok(Outcome::read(Nothing {}).xml(text.into()))
    }
}
