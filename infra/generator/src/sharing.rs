//! Roles that are the same to the letter are one: an account has a thousand of them.
//!
//! Two functions of a stack share both roles where everything that the roles allow is the same text, after what is withheld from
//! either. What differs by name alone does not count: each function keeps its own log group by a condition that Lambda fulfils for it
//! (`lambda:SourceFunctionArn`), and the data role's path is one that only they know.

use super::{role::Role, split::Piece};
use aws_lc_rs::digest::{SHA256, digest};
use grants::access::Function;
use std::collections::BTreeMap;

/// Most functions that share a role: each has a statement about its logs in a policy that holds 10,240 characters.
const MOST: usize = 16;

/// The roles of a stack's functions, in the order of their first holders.
pub(super) fn roles(piece: &Piece) -> Vec<Role<'static>> {
    let endpoints = piece
        .endpoints
        .iter()
        .map(|f| (Function::endpoint(&f.declaration), None));
    let workers = piece
        .workers
        .iter()
        .map(|w| (Function::worker(w), Some(w.trigger)));
    let mut roles: Vec<Role<'static>> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for (function, trigger) in endpoints.chain(workers) {
        let name = function.name;
        let role = Role::of(function, trigger);
        let key = role.permissions().filter(|_| role.may_be_shared());
        let open = key.as_ref().and_then(|key| roles.get_mut(*known.get(key)?));
        match open.filter(|r| r.holders.len() < MOST) {
            Some(same) => same.holders.push(name),
            None => {
                known.extend(key.map(|key| (key, roles.len())));
                roles.push(role);
            }
        }
    }
    for role in roles.iter_mut().filter(|r| r.holders.len() > 1) {
        role.id = shared_id(role);
    }
    roles
}

/// `Shared1a2b3c4d`: by what it allows, and by its first holder, as there may be two of one text.
fn shared_id(role: &Role<'_>) -> String {
    let first = role.holders.first().copied().unwrap_or_default();
    let text = format!("{first}\n{}", role.permissions().unwrap_or_default());
    let hash = hex::encode(digest(&SHA256, text.as_bytes()));
    format!("Shared{}", hash.get(..8).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use names::pascal;
    use services::SERVICES;
    use shared::endpoint::Service;

    fn pieces() -> Vec<Piece> {
        super::super::split::pieces(SERVICES, &[]).unwrap()
    }

    #[test]
    fn holders_of_a_role_may_do_the_same_and_nobody_else_does() {
        let (mut functions, mut all) = (0, 0);
        for piece in pieces() {
            let roles = roles(&piece);
            functions += piece.endpoints.len() + piece.workers.len();
            all += roles.len();
            let mut open = std::collections::BTreeSet::new();
            for role in &roles {
                assert!(role.holders.len() <= MOST);
                for name in &role.holders {
                    let own = Role::of(function(piece.service, name), trigger(piece.service, name));
                    assert_eq!(own.permissions(), role.permissions(), "{name}");
                    assert!(own.may_be_shared() || role.holders.len() == 1, "{name}");
                }
                // One that has no room left may be followed by another.
                if role.may_be_shared() && role.holders.len() < MOST {
                    assert!(
                        open.insert(role.permissions()),
                        "{}: {:?}",
                        piece.name(),
                        role.holders
                    );
                }
            }
        }
        assert!(all < functions, "{all} of {functions}");
    }

    fn function(service: &'static Service, name: &str) -> Function<'static> {
        let endpoint = service.endpoints.iter().find(|f| f.declaration.name == name);
        match endpoint {
            Some(f) => Function::endpoint(&f.declaration),
            None => Function::worker(service.workers.iter().find(|w| w.name == name).unwrap()),
        }
    }

    fn trigger(service: &'static Service, name: &str) -> Option<shared::worker::Trigger> {
        service.workers.iter().find(|w| w.name == name).map(|w| w.trigger)
    }

    #[test]
    fn the_roles_that_other_policies_know_by_their_paths_have_one_holder() {
        for name in ["purge_entries", "archive_log", "render_documents"] {
            let all: Vec<Role<'static>> = pieces().iter().flat_map(roles).collect();
            let role = all.iter().find(|r| r.holders.contains(&name)).unwrap();
            assert_eq!(
                (role.id.as_str(), role.holders.as_slice()),
                (pascal(name).as_str(), &[name][..])
            );
        }
    }
}
