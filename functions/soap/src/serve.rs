//! `POST /soap/v1`: an envelope, which goes on as a call of the function that its operation stands for.

use crate::{envelope, fault};
use shared::{
    crypto::{KeyUse, Purpose},
    endpoint::{Access, Audit, Declaration, Endpoint, Front, Outcome, Uses, methods},
    problem::{Problem, codes},
    record::Nothing,
    road::Context,
    store::Table,
};

/// How envelopes are read and written.
pub const FRONT: Front = Front {
    protocol: "soap",
    read: envelope::read,
    write: fault::write,
};

/// The endpoint.
#[derive(Debug)]
pub struct Serve;

impl Endpoint for Serve {
    const DECLARATION: Declaration = Declaration::new(
        "serve_soap",
        methods::post,
        "/soap/v1",
        // Envelopes name their sender; what the operation asks of them is its own function's business.
        Access::Session,
        Audit::Log,
        "Answer a SOAP envelope as the function does that its operation stands for",
    )
    .refuses(&[
        codes::ACTION_MISMATCH,
        codes::BAD_IDEMPOTENCY_KEY,
        codes::BODY_TOO_LARGE,
        codes::INVALID_SECURITY,
        codes::INVALID_SECURITY_TOKEN,
        codes::MALFORMED_ENVELOPE,
        codes::MALFORMED_XML,
        codes::MUST_UNDERSTAND,
        codes::UNKNOWN_OPERATION,
        codes::UNSUPPORTED_MEDIA_TYPE,
        codes::UNSUPPORTED_SECURITY_TOKEN,
        codes::VERSION_MISMATCH,
    ])
    .speaks_soap()
    // What the functions behind it need, together; a test holds it to that.
    .uses(USES);
    type Input = Nothing;
    type Answer = Nothing;

    async fn handle(_: &Context, _: Nothing) -> Result<Outcome<Nothing>, Problem> {
        Err(Problem::internal("an envelope without an operation"))
    }
}

const USES: &[Uses] = &[
    Uses::Post,
    Uses::Read(Table::Billing),
    Uses::Write(Table::Billing),
    Uses::List(Table::Billing, 1),
    Uses::List(Table::Billing, 2),
    Uses::Below(Table::Billing),
    Uses::Read(Table::Keys),
    Uses::Write(Table::Keys),
    Uses::Read(Table::Payments),
    Uses::Write(Table::Payments),
    Uses::Read(Table::Risk),
    Uses::Write(Table::Risk),
    Uses::Read(Table::Vault),
    Uses::Write(Table::Vault),
    Uses::List(Table::Vault, 1),
    Uses::Key(Purpose::Card),
    Uses::Key(Purpose::Index),
    Uses::Key(Purpose::Pii),
    Uses::Key(Purpose::Secret),
    Uses::Mac(KeyUse::Fingerprint),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_may_what_the_functions_behind_it_may_and_no_more() {
        let behind = crate::operations().flat_map(|o| o.function.declaration.needs());
        let behind: BTreeSet<Uses> = behind.collect();
        let own: BTreeSet<Uses> = Serve::DECLARATION.needs().into_iter().collect();
        assert_eq!(own, behind);
    }
}
