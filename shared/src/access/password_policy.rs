//! Password policies: values with floors, shipped profiles, and the strictest of several, field by field.
//!
//! A role carries a policy of its own or none; one without is held to the tenant's, which is `pci-single-factor`
//! unless the tenant has another. Whoever has several roles is held to the strictest value of each field.

use crate::kernel::text::SecretText;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use zxcvbn::matching::patterns::MatchPattern;

/// Most characters of a password; as many are always allowed (NIST SP 800-63B-4, 3.1.1.2 asks for 64).
pub const LONGEST: usize = 128;
/// Most earlier passwords that a policy can refuse.
pub const DEEPEST: u32 = 24;
/// Most consecutive failures that any policy allows (PCI DSS 4.0.1, 8.3.4).
pub const MOST_ATTEMPTS: i64 = 10;
/// What everybody here would think of first.
const PRODUCT: &str = "ledgerkeep";
/// Shortest lock of any policy, in seconds (PCI DSS 4.0.1, 8.3.4).
pub const SHORTEST_LOCK: i64 = 30 * 60;

/// A kind of character that a password can be made to hold.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, shared::shape::Choice,
)]
#[serde(rename_all = "snake_case")]
pub enum CharacterClass {
    /// A letter of any script.
    Letter,
    /// A digit of any script.
    Digit,
    /// An upper-case letter.
    Upper,
    /// A lower-case letter.
    Lower,
    /// Anything else.
    Symbol,
}

impl CharacterClass {
    const fn name(self) -> &'static str {
        match self {
            Self::Letter => "letters",
            Self::Digit => "digits",
            Self::Upper => "upper-case letters",
            Self::Lower => "lower-case letters",
            Self::Symbol => "symbols",
        }
    }
    fn holds(self, c: char) -> bool {
        match self {
            Self::Letter => c.is_alphabetic(),
            Self::Digit => c.is_numeric(),
            Self::Upper => c.is_uppercase(),
            Self::Lower => c.is_lowercase(),
            Self::Symbol => !c.is_alphanumeric(),
        }
    }
}

/// What is demanded of passwords, sign-ins and sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Fewest characters.
    pub min_length: u32,
    /// Days after which a password must be changed; none means never.
    pub max_age_days: Option<u32>,
    /// How many of the latest passwords, the current one included, may not come again.
    pub history: u32,
    /// What it must hold.
    pub classes: BTreeSet<CharacterClass>,
    /// Least score of zxcvbn, 0 to 4.
    pub min_score: u8,
    /// Consecutive failures before the lock.
    pub max_attempts: i64,
    /// Seconds of the lock.
    pub lock_seconds: i64,
    /// Seconds without a call after which a session ends.
    pub idle_seconds: i64,
    /// Seconds after which a session ends in any case.
    pub absolute_seconds: i64,
    /// Whether a second factor is needed.
    pub second_factor: bool,
}

crate::plain_shape!(
    Policy,
    "What is demanded of passwords, sign-ins and sessions.",
    min_length: u32,
    max_age_days: Option<u32>,
    history: u32,
    classes: BTreeSet<CharacterClass>,
    min_score: u8,
    max_attempts: i64,
    lock_seconds: i64,
    idle_seconds: i64,
    absolute_seconds: i64,
    second_factor: bool,
);

impl Default for Policy {
    fn default() -> Self {
        Self::pci_single_factor()
    }
}

impl Policy {
    /// `pci-single-factor`: PCI DSS 4.0.1, 8.2.8, 8.3.4, 8.3.6, 8.3.7 and 8.3.9, with the length of NIST SP 800-63B-4.
    #[must_use]
    pub fn pci_single_factor() -> Self {
        Self {
            min_length: 15,
            max_age_days: Some(90),
            history: 4,
            classes: BTreeSet::from([CharacterClass::Letter, CharacterClass::Digit]),
            min_score: 3,
            max_attempts: MOST_ATTEMPTS,
            lock_seconds: SHORTEST_LOCK,
            idle_seconds: 15 * 60,
            absolute_seconds: 12 * 3600,
            second_factor: false,
        }
    }

    /// `mfa`: 12 characters, no expiry, a second factor. What PCI DSS asks of every password stays.
    #[must_use]
    pub fn mfa() -> Self {
        Self {
            min_length: 12,
            max_age_days: None,
            second_factor: true,
            ..Self::pci_single_factor()
        }
    }

    /// The strictest value of each field of both.
    #[must_use]
    pub fn strictest(&self, other: &Self) -> Self {
        let ages = [self.max_age_days, other.max_age_days];
        Self {
            min_length: self.min_length.max(other.min_length),
            max_age_days: ages.into_iter().flatten().min(),
            history: self.history.max(other.history),
            classes: self.classes.union(&other.classes).copied().collect(),
            min_score: self.min_score.max(other.min_score),
            max_attempts: self.max_attempts.min(other.max_attempts),
            lock_seconds: self.lock_seconds.max(other.lock_seconds),
            idle_seconds: self.idle_seconds.min(other.idle_seconds),
            absolute_seconds: self.absolute_seconds.min(other.absolute_seconds),
            second_factor: self.second_factor || other.second_factor,
        }
    }

    /// The first field that is beyond what any policy may say, and why.
    ///
    /// # Errors
    /// The field's name and a reason for people.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let shortest = if self.second_factor { 12 } else { 15 };
        let longest_age = if self.second_factor { 3650 } else { 90 };
        let between = |name, value: i64, least: i64, most: i64| {
            let text = || format!("must be between {least} and {most}");
            (least..=most)
                .contains(&value)
                .then_some(())
                .ok_or_else(|| (name, text()))
        };
        between("min_length", self.min_length.into(), shortest, 64)?;
        match self.max_age_days {
            Some(days) => between("max_age_days", days.into(), 1, longest_age)?,
            None if self.second_factor => {}
            None => {
                let text = "must be set where there is no second factor (PCI DSS 8.3.9)";
                return Err(("max_age_days", text.into()));
            }
        }
        between("history", self.history.into(), 4, DEEPEST.into())?;
        let basic = [CharacterClass::Letter, CharacterClass::Digit];
        if !basic.iter().all(|c| self.classes.contains(c)) {
            return Err(("classes", "must hold letter and digit (PCI DSS 8.3.6)".into()));
        }
        between("min_score", self.min_score.into(), 3, 4)?;
        between("max_attempts", self.max_attempts, 3, MOST_ATTEMPTS)?;
        between("lock_seconds", self.lock_seconds, SHORTEST_LOCK, 24 * 3600)?;
        between("idle_seconds", self.idle_seconds, 60, 15 * 60)?;
        between("absolute_seconds", self.absolute_seconds, 15 * 60, 12 * 3600)
    }

    /// Whether a password that was set at `set_at` must be changed at `now`, both in Unix milliseconds.
    #[must_use]
    pub fn has_expired(&self, set_at: Option<i64>, now: i64) -> bool {
        let age = |days: u32| i64::from(days).saturating_mul(24 * 3600 * 1000);
        self.max_age_days
            .is_some_and(|days| now >= set_at.unwrap_or(0).saturating_add(age(days)))
    }
}

/// Checks a new password against a policy and the person's own words.
///
/// # Errors
/// A reason for people.
pub fn check_policy(policy: &Policy, password: &SecretText, own_words: &[&str]) -> Result<(), String> {
    let password = password.nfc();
    let text = password.expose();
    let length = text.chars().count();
    if usize::try_from(policy.min_length).map_or(true, |least| length < least) {
        return Err(format!("must have at least {} characters", policy.min_length));
    }
    if length > LONGEST {
        return Err(format!("must have at most {LONGEST} characters"));
    }
    if !policy
        .classes
        .iter()
        .all(|class| text.chars().any(|c| class.holds(c)))
    {
        let names: Vec<&str> = policy.classes.iter().map(|c| c.name()).collect();
        return Err(format!("must have {}", names.join(" and ")));
    }
    let lower = text.to_lowercase();
    let words = own_words
        .iter()
        .chain(&[PRODUCT])
        .flat_map(|w| w.split(|c: char| !c.is_alphanumeric()));
    if words
        .map(str::to_lowercase)
        .any(|w| w.chars().count() >= 4 && lower.contains(&w))
    {
        return Err(
            "must not contain the name, the e-mail address, the tenant's name or the platform's".into(),
        );
    }
    let distinct = text.chars().collect::<BTreeSet<_>>().len();
    if distinct < 6 {
        return Err("must have at least 6 different characters".into());
    }
    // Its dictionaries hold the 30 000 most used passwords; spelled backwards or in leet they are found too.
    let own: Vec<&str> = own_words.iter().copied().chain([PRODUCT]).collect();
    let estimate = zxcvbn::zxcvbn(text, &own);
    let used = |m: &zxcvbn::Match| matches!(m.pattern, MatchPattern::Dictionary(_));
    if let [only] = estimate.sequence()
        && used(only)
    {
        return Err("is one of the most used passwords".into());
    }
    if u8::from(estimate.score()) < policy.min_score {
        return Err("is too easy to guess".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_shipped_profiles_have_their_numbers_and_stay_within_the_floors() {
        let (pci, mfa) = (Policy::pci_single_factor(), Policy::mfa());
        assert_eq!((pci.min_length, pci.max_age_days, pci.history), (15, Some(90), 4));
        assert_eq!(
            (pci.max_attempts, pci.lock_seconds, pci.second_factor),
            (10, 1800, false)
        );
        assert_eq!(
            (mfa.min_length, mfa.max_age_days, mfa.second_factor),
            (12, None, true)
        );
        assert_eq!((pci.check(), mfa.check()), (Ok(()), Ok(())));
        assert_eq!(Policy::default(), pci);
        let both = pci.strictest(&mfa);
        assert_eq!(
            (both.min_length, both.max_age_days, both.second_factor),
            (15, Some(90), true)
        );
    }

    #[test]
    fn each_floor_holds() {
        let change = |change: fn(&mut Policy)| {
            let mut policy = Policy::pci_single_factor();
            change(&mut policy);
            policy.check().unwrap_err().0
        };
        assert_eq!(change(|p| p.min_length = 14), "min_length");
        assert_eq!(change(|p| p.min_length = 65), "min_length");
        assert_eq!(change(|p| p.max_age_days = None), "max_age_days");
        assert_eq!(change(|p| p.max_age_days = Some(91)), "max_age_days");
        assert_eq!(change(|p| p.history = 3), "history");
        assert_eq!(
            change(|p| p.classes = BTreeSet::from([CharacterClass::Letter])),
            "classes"
        );
        assert_eq!(change(|p| p.min_score = 2), "min_score");
        assert_eq!(change(|p| p.max_attempts = 11), "max_attempts");
        assert_eq!(change(|p| p.lock_seconds = 1799), "lock_seconds");
        assert_eq!(change(|p| p.idle_seconds = 901), "idle_seconds");
        assert_eq!(change(|p| p.absolute_seconds = 43_201), "absolute_seconds");
    }

    #[test]
    fn a_password_is_old_on_the_day() {
        let day = 24 * 3600 * 1000;
        let pci = Policy::pci_single_factor();
        assert!(!pci.has_expired(Some(7), 7 + 90 * day - 1) && pci.has_expired(Some(7), 7 + 90 * day));
        assert!(pci.has_expired(None, 91 * day) && !Policy::mfa().has_expired(None, 9_000 * day));
    }

    fn any_policy() -> impl Strategy<Value = Policy> {
        let classes = proptest::collection::btree_set(
            prop_oneof![
                Just(CharacterClass::Letter),
                Just(CharacterClass::Digit),
                Just(CharacterClass::Upper),
                Just(CharacterClass::Lower),
                Just(CharacterClass::Symbol)
            ],
            0..5,
        );
        let lengths = (
            12u32..65,
            proptest::option::of(1u32..400),
            0u32..25,
            classes,
            0u8..5,
        );
        let times = (1i64..11, 1i64..9_000, 1i64..9_000, 1i64..90_000, any::<bool>());
        (lengths, times).prop_map(|(l, t)| Policy {
            min_length: l.0,
            max_age_days: l.1,
            history: l.2,
            classes: l.3,
            min_score: l.4,
            max_attempts: t.0,
            lock_seconds: t.1,
            idle_seconds: t.2,
            absolute_seconds: t.3,
            second_factor: t.4,
        })
    }

    proptest! {
        #[test]
        fn the_strictest_is_a_bound_of_both_in_any_order(a in any_policy(), b in any_policy(), c in any_policy()) {
            let both = a.strictest(&b);
            prop_assert_eq!(&both, &b.strictest(&a));
            prop_assert_eq!(&a.strictest(&a), &a);
            prop_assert_eq!(both.strictest(&c), a.strictest(&b.strictest(&c)));
            for one in [&a, &b] {
                prop_assert_eq!(&both.strictest(one), &both);
                prop_assert!(both.min_length >= one.min_length && both.history >= one.history);
                prop_assert!(both.max_attempts <= one.max_attempts && both.lock_seconds >= one.lock_seconds);
                prop_assert!(both.idle_seconds <= one.idle_seconds && both.absolute_seconds <= one.absolute_seconds);
                prop_assert!(one.classes.is_subset(&both.classes) && both.min_score >= one.min_score);
                prop_assert!(both.second_factor >= one.second_factor);
                let older = |p: &Policy| p.max_age_days.unwrap_or(u32::MAX);
                prop_assert!(older(&both) <= older(one));
                if one.check().is_ok() && a.check().is_ok() && b.check().is_ok() {
                    prop_assert_eq!(both.check(), Ok(()));
                }
            }
        }

        #[test]
        fn a_password_of_128_characters_is_taken_whatever_its_script(
            seed in proptest::collection::vec("[a-zä-üа-я一-龠0-9 ]", 126..=126)
        ) {
            let text = format!("{}a7", seed.concat());
            let result = check_policy(&Policy::default(), &SecretText::new(text), &[]);
            prop_assert!(result.is_ok(), "{result:?}");
        }
    }

    #[test]
    fn policy_names_its_reason() {
        let policy = Policy::default();
        let own = ["Ada Lovelace", "ada@example.com"];
        let check = |t: &str| check_policy(&policy, &SecretText::new(t.into()), &own);
        assert!(check("short1").unwrap_err().contains("15 characters"));
        assert!(check("onlylettersonlyletters").unwrap_err().contains("digits"));
        assert!(check("my-lovelace-password-1").unwrap_err().contains("name"));
        for ours in ["Ledgerkeep-12345", "my ledgerKEEP 4711", "peekregdel12345"] {
            assert!(check(ours).is_err(), "{ours}");
        }
        assert!(check("a1a1a1a1a1a1a1a1a1").unwrap_err().contains("different"));
        assert!(check(&"aB3$efgh".repeat(17)).unwrap_err().contains("at most 128"));
        assert!(check("password123456789").unwrap_err().contains("easy to guess"));
        assert!(check("plenty of entropy 42").is_ok());
        assert!(
            check(" plenty of entropy ").is_err(),
            "nothing is trimmed, and there is no digit"
        );
        let short = Policy {
            min_length: 8,
            ..Policy::default()
        };
        let most_used = check_policy(&short, &SecretText::new("1q2w3e4r5t".into()), &[]);
        assert!(most_used.unwrap_err().contains("most used"));
    }
}
