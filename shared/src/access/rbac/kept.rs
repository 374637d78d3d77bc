//! Policies that a process has compiled. Roles are read anew with each call; reading the same ones again would take a third of its time.

use super::{Policy, Role};
use crate::{
    kernel::problem::Problem,
    store::{Attrs, Key},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Policies that are kept. When there are more, all are forgotten.
const MOST: usize = 128;

/// Roles as they were read: the key of each, and the audit entry of its last change. No two changes have one entry, in whichever
/// region they were made, so that a role that has changed is never taken for what it was.
type Read = Vec<(Key, String)>;

/// Compiled policies by the roles that they are of.
#[derive(Debug, Default)]
pub struct Kept(Mutex<HashMap<Read, Arc<Policy>>>);

impl Kept {
    /// The policy of the roles at `keys`, whose items have been found; compiled from `decode` unless it is known.
    ///
    /// # Errors
    /// Those of `decode`; then nothing is kept.
    pub fn policy(
        &self,
        found: &mut HashMap<Key, Attrs>,
        keys: &[Key],
        decode: impl FnOnce(&mut HashMap<Key, Attrs>) -> Result<Vec<Role>, Problem>,
    ) -> Result<Arc<Policy>, Problem> {
        // None where one is missing, or does not say what changed it last.
        let read: Option<Read> = keys
            .iter()
            .map(|key| {
                let change = found.get(key)?.get("audit")?.as_s().ok()?;
                Some((key.clone(), change.clone()))
            })
            .collect();
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(read) = read else {
            return Ok(Policy::of(decode(found)?));
        };
        if let Some(policy) = kept().get(&read) {
            return Ok(policy.clone());
        }
        let policy = Policy::of(decode(found)?);
        let mut kept = kept();
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(read, policy.clone());
        Ok(policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{kernel::ids::TenantId, store::Attribute};

    fn keys() -> [Key; 1] {
        [Key::of::<Role>(&TenantId::platform(), "support")]
    }

    fn found(change: &str) -> HashMap<Key, Attrs> {
        let [key] = keys();
        let audit = Attrs::from([("audit".to_owned(), Attribute::S(change.to_owned()))]);
        HashMap::from([(key, audit)])
    }

    fn role(_: &mut HashMap<Key, Attrs>) -> Result<Vec<Role>, Problem> {
        Ok(vec![Role::new("support", 1, "Support", Vec::new())])
    }

    #[test]
    fn a_policy_is_compiled_once_for_each_change_of_its_roles() {
        let kept = Kept::default();
        let first = kept.policy(&mut found("aud_1"), &keys(), role).unwrap();
        let again = kept.policy(&mut found("aud_1"), &keys(), |_| panic!("it is known"));
        assert!(Arc::ptr_eq(&first, &again.unwrap()));
        let changed = kept.policy(&mut found("aud_2"), &keys(), role).unwrap();
        assert!(!Arc::ptr_eq(&first, &changed));
    }

    #[test]
    fn roles_that_are_missing_or_do_not_say_what_changed_them_are_read_each_time() {
        let [key] = keys();
        for mut found in [HashMap::new(), HashMap::from([(key, Attrs::new())])] {
            let kept = Kept::default();
            let first = kept.policy(&mut found, &keys(), role).unwrap();
            assert!(!Arc::ptr_eq(
                &first,
                &kept.policy(&mut found, &keys(), role).unwrap()
            ));
        }
    }

    #[test]
    fn a_failure_is_not_kept_and_no_more_are_kept_than_that() {
        let kept = Kept::default();
        let failed = kept.policy(&mut found("aud_1"), &keys(), |_| Err(Problem::unauthenticated()));
        assert!(failed.is_err());
        assert!(kept.policy(&mut found("aud_1"), &keys(), role).is_ok());
        for n in 0..3 * MOST {
            kept.policy(&mut found(&format!("aud_{n}")), &keys(), role)
                .unwrap();
            assert!(kept.0.lock().unwrap().len() <= MOST);
        }
    }
}
