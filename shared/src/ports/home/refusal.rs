//! How a write is refused that this region may not make.

use super::{HomeItem, LEASE, Unknown};
use crate::kernel::problem::Problem;
use serde_json::json;
use std::collections::BTreeMap;

/// The code of the answer that names another region.
pub const NOT_HOME: &str = "not_home";
/// The member of the answer that names that region's address.
pub const ADDRESS: &str = "home_address";
/// Seconds after which a move may be over.
const MOVES: u32 = 5;

/// 421 where the home is another region, with its address if the configuration has it (RFC 9110, section 15.5.20); 503 while the
/// tenant moves.
#[must_use]
pub fn refused(home: &HomeItem, here: &str, addresses: &BTreeMap<String, String>) -> Problem {
    if home.region == here {
        let text = "This tenant is being moved to another region; try again in a moment.";
        return Problem::new(503, "home_moving", text).retry_after(MOVES);
    }
    let text = "This tenant's writes are taken by another region. Nothing was changed here.";
    let problem = Problem::new(421, NOT_HOME, text).with("home_region", json!(home.region));
    match addresses.get(&home.region) {
        Some(address) => problem.with(ADDRESS, json!(address)),
        None => problem,
    }
}

impl From<Unknown> for Problem {
    /// 503: fail closed. Nobody knows whether another region has taken over.
    fn from(why: Unknown) -> Self {
        let text = "It cannot be found out at the moment whether this region may write; reads are served.";
        let seconds = u32::try_from(LEASE.as_secs()).unwrap_or(u32::MAX);
        let mut problem = Self::new(503, "home_unknown", text).retry_after(seconds);
        problem.internal = Some(why.0);
        problem
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        kernel::{ids::TenantId, time::Timestamp},
        ports::home::HomeState,
    };

    #[test]
    fn the_answer_says_where_to_go_or_to_wait() {
        let at = Timestamp::UNIX_EPOCH;
        let home = HomeItem::first(&TenantId::platform(), "eu-central-1", at, "test");
        let known = BTreeMap::from([("eu-central-1".to_owned(), "https://b.example".to_owned())]);
        let there = refused(&home, "eu-west-1", &known);
        let body = there.body("req_1");
        assert_eq!((there.status, there.code), (421, NOT_HOME));
        assert_eq!(
            (&body["home_region"], &body[ADDRESS]),
            (&json!("eu-central-1"), &json!("https://b.example"))
        );
        let unknown = refused(&home, "eu-west-1", &BTreeMap::new()).body("req_1");
        assert!(unknown.get(ADDRESS).is_none());
        let moving = home.next("eu-central-1", HomeState::Moving, Some("eu-west-1"), at, "test");
        let wait = refused(&moving, "eu-central-1", &known);
        assert_eq!(
            (wait.status, wait.code, wait.retry_after),
            (503, "home_moving", Some(5))
        );
        assert_eq!(
            refused(&moving, "eu-west-1", &known).status,
            421,
            "its home answers for itself"
        );
        let unheard = Problem::from(Unknown("timeout".into()));
        assert_eq!((unheard.status, unheard.retry_after), (503, Some(4)));
    }
}
