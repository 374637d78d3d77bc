//! `GET /notifications/v1/callback`: the WSDL that a receiver of call-backs is built from, also as `?wsdl`.

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
    #[allow(dead_code, reason = "tools add it to any address of a WSDL")]
    wsdl: Option<String>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_callback_contract",
        methods::get,
        "/notifications/v1/callback",
        Access::Public,
        Audit::Log,
        "The contract of call-backs over SOAP, for whoever builds a receiver: WSDL 1.1",
    )
    .speaks_soap();
    type Input = Input;
    type Answer = Nothing;

    async fn handle(_: &Context, _: Input) -> Result<Outcome<Nothing>, Problem> {
        Ok(Outcome::read(Nothing {}).xml(include_str!("../../callback.wsdl").into()))
    }
}
