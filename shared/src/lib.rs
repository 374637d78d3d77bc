//! What every function shares: declarations, the road, store, authentication, RBAC, field encryption, audit.
//!
//! Layers, each in a folder, that only look down; `tests/layers` holds them:
//!
//! ```text
//! takeover     openapi         what stands on the road: moves of home regions, contracts
//! road                         the steps of a call and of a run, and what is bound to them
//! process                      configuration, clients and caches of one process
//! ports                        audit log, home regions, archive, internet, mail, metrics
//! declaration                  what an endpoint and a worker are, as data
//! access                       people, clients, tokens, roles, networks, limits
//! crypto                       keys, formats, sealing
//! store                        DynamoDB, typed
//! kernel                       ids, time, money, text, records, problems
//! ```
//!
//! Outside of this crate the layers are not seen: what is public stands below under the names of nouns. Inside of it, code names the
//! layer that it takes something from.

// The derive of `Record` names this crate by its outside name.
extern crate self as shared;

mod access;
pub mod crypto;
mod declaration;
mod kernel;
pub use merkle;
pub mod openapi;
mod ports;
mod process;
pub mod road;
pub mod store;
mod takeover;

pub use access::{auth, customer, limits, networks};
pub use declaration::{issued, paging};
pub use kernel::{backoff, ids, logging, money, page, problem, random, record, shape, text, time, trace};
pub use lambda_http::Error as LambdaError;
pub use ports::{archive, audit, aws, egress, mail, metrics};
pub use process::app;
pub use road::{
    function::{Function, Service, effect, front, function},
    lists, metadata, serve, serve_worker, triggers, words,
};
pub use store::{data_role, meter};

/// Endpoints: their declarations, what they take and give, and the services that they make up.
pub mod endpoint {
    pub use crate::{
        access::auth::Limit,
        declaration::{endpoint::*, uses::Uses, worker::trigger_name},
        road::{endpoint::*, function::*, outcome::*},
    };
}

/// Home regions: who commits where, and how that changes.
pub mod home {
    pub use crate::{
        ports::home::*,
        takeover::{repair, step as takeover},
    };
}

/// The data map: what each type of item is kept for, and how a person is told what is kept about them.
pub mod processing {
    pub use crate::{road::disclosure::*, store::processing::*};
}

/// Roles, rights and filters, and who may give them.
pub mod rbac {
    pub use crate::{access::rbac::*, road::assign::*};
}

/// Functions with a trigger instead of a route.
pub mod worker {
    pub use crate::{
        declaration::worker::{Duty, Place, Trigger},
        road::{sweep::finish_intents, worker::*},
    };
}
