//! Policies that a process has compiled. Roles are read anew with each call; reading the same ones again would take a third of its time.

use super::{Policy, Role};
use crate::{problem::Problem, store::Key};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Policies that are kept. When there are more, all are forgotten.
const MOST: usize = 128;

/// Roles as they were read: the key of each, and the audit entry of its last change. No two changes have one entry, in whichever
/// region they were made, so that a role that has changed is never taken for what it was.
pub type Read = Vec<(Key, String)>;

/// Compiled policies by the roles that they are of.
#[derive(Debug, Default)]
pub struct Kept(Mutex<HashMap<Read, Arc<Policy>>>);

impl Kept {
    /// The policy of roles, compiled from `decode` unless it is known. `read` is none where an item does not say what changed it
    /// last.
    ///
    /// # Errors
    /// Those of `decode`; then nothing is kept.
    pub fn policy(
        &self,
        read: Option<Read>,
        decode: impl FnOnce() -> Result<Vec<Role>, Problem>,
    ) -> Result<Arc<Policy>, Problem> {
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(read) = read else {
            return Ok(Policy::of(decode()?));
        };
        if let Some(policy) = kept().get(&read) {
            return Ok(policy.clone());
        }
        let policy = Policy::of(decode()?);
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
    use crate::ids::TenantId;

    fn read(change: &str) -> Option<Read> {
        Some(vec![(
            Key::of::<Role>(&TenantId::platform(), "support"),
            change.to_owned(),
        )])
    }

    fn role() -> Result<Vec<Role>, Problem> {
        Ok(vec![Role::new("support", 1, "Support", Vec::new())])
    }

    #[test]
    fn a_policy_is_compiled_once_for_each_change_of_its_roles() {
        let kept = Kept::default();
        let first = kept.policy(read("aud_1"), role).unwrap();
        let again = kept.policy(read("aud_1"), || panic!("it is known")).unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        let changed = kept.policy(read("aud_2"), role).unwrap();
        assert!(!Arc::ptr_eq(&first, &changed));
    }

    #[test]
    fn roles_that_do_not_say_what_changed_them_are_read_each_time() {
        let kept = Kept::default();
        let first = kept.policy(None, role).unwrap();
        assert!(!Arc::ptr_eq(&first, &kept.policy(None, role).unwrap()));
    }

    #[test]
    fn a_failure_is_not_kept_and_no_more_are_kept_than_that() {
        let kept = Kept::default();
        assert!(
            kept.policy(read("aud_1"), || Err(Problem::unauthenticated()))
                .is_err()
        );
        assert!(kept.policy(read("aud_1"), role).is_ok());
        for n in 0..3 * MOST {
            kept.policy(read(&format!("aud_{n}")), role).unwrap();
            assert!(kept.0.lock().unwrap().len() <= MOST);
        }
    }
}
