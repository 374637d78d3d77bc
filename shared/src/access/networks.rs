//! Networks that calls may come from: lists of the platform, the tenant, its roles, its users and its API clients. Every
//! list there is must contain the caller's address, which is the one in the gateway's request context and never a header's.

use crate::kernel::problem::Problem;
use ipnet::IpNet;
use std::net::IpAddr;

crate::text_type!(
    /// A network in CIDR notation (RFC 4632, RFC 4291).
    Network, r"^[0-9a-fA-F.:]+/[0-9]{1,3}$", "203.0.113.0/24", |t| {
        t.parse::<IpNet>().map(|n| n.trunc().to_string()).map_err(|_| "is not a network in CIDR notation")
    }
);

/// Most networks of one list.
pub const MOST: usize = 50;

/// Whether an address is in one of the networks; none listed means any, no address means none.
#[must_use]
pub fn contain(networks: &[IpNet], address: Option<IpAddr>) -> bool {
    networks.is_empty() || address.is_some_and(|a| networks.iter().any(|n| n.contains(&a.to_canonical())))
}

/// As [`contain`], of networks as they are stored. What does not parse contains nothing.
#[must_use]
pub fn network_allows(networks: &[String], address: Option<IpAddr>) -> bool {
    networks.is_empty()
        || address.is_some_and(|a| {
            let mut networks = networks.iter().filter_map(|n| n.parse::<IpNet>().ok());
            networks.any(|n| n.contains(&a.to_canonical()))
        })
}

/// The refusal of a call from elsewhere. It does not say whose list it is.
#[must_use]
pub fn not_allowed() -> Problem {
    Problem::new(
        403,
        "network_not_allowed",
        "Calls from this address are not allowed.",
    )
}

/// A list as it is stored: without repetition, at most [`MOST`].
///
/// # Errors
/// 422 for more.
pub fn listed(networks: &[Network]) -> Result<Vec<String>, Problem> {
    if networks.len() > MOST {
        return Err(Problem::invalid("/networks", "must be at most fifty networks"));
    }
    let mut listed: Vec<String> = networks.iter().map(|n| n.as_str().to_owned()).collect();
    listed.sort_unstable();
    listed.dedup();
    Ok(listed)
}

/// As [`listed`], for a list that applies to whoever sets it: it must contain the address of this very call.
///
/// # Errors
/// 422 for a list that would lock its author out.
pub fn listed_by(networks: &[Network], address: Option<IpAddr>) -> Result<Vec<String>, Problem> {
    let listed = listed(networks)?;
    if network_allows(&listed, address) {
        Ok(listed)
    } else {
        let text = "must contain the address that this call comes from, or it would lock you out";
        Err(Problem::invalid("/networks", text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_of_both_kinds() {
        let nets = vec!["10.0.0.0/8".to_owned(), "2001:db8::/32".to_owned()];
        let parsed: Vec<IpNet> = nets.iter().map(|n| n.parse().unwrap()).collect();
        for (address, allowed) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("11.0.0.1", false),
            ("2001:db8::1", true),
            ("2001:db9::1", false),
        ] {
            let address = address.parse().ok();
            assert_eq!(network_allows(&nets, address), allowed, "{address:?}");
            assert_eq!(contain(&parsed, address), allowed, "{address:?}");
        }
        assert!(network_allows(&[], None) && contain(&[], None));
        assert!(!network_allows(&nets, None) && !contain(&parsed, None));
        assert!(!network_allows(&["garbage".to_owned()], "10.0.0.1".parse().ok()));
    }

    #[test]
    fn nobody_locks_themselves_out() {
        let list = |t: &[&str]| t.iter().map(|n| Network::parse(n).unwrap()).collect::<Vec<_>>();
        let me = "10.1.2.3".parse().ok();
        assert_eq!(listed_by(&[], me).unwrap(), Vec::<String>::new());
        let both = list(&["10.9.9.9/8", "192.0.2.0/24", "10.0.0.0/8"]);
        assert_eq!(listed_by(&both, me).unwrap(), ["10.0.0.0/8", "192.0.2.0/24"]);
        assert_eq!(listed_by(&list(&["192.0.2.0/24"]), me).unwrap_err().status, 422);
        assert_eq!(listed_by(&list(&["192.0.2.0/24"]), None).unwrap_err().status, 422);
        let many: Vec<Network> = (0..51)
            .map(|n| Network::parse(&format!("10.{n}.0.0/16")).unwrap())
            .collect();
        assert_eq!(listed(&many).unwrap_err().status, 422);
    }
}
