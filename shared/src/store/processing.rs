//! The data map: for each type of item what it is kept for, about whom, how long, who gets it, and how the items about
//! one customer are found. Fields and their classes come from the types themselves; what code cannot know stands next
//! to the type as [`Item::PROCESSING`]. The register of processing, exports and the tests are made from it.

use crate::kernel::purpose::Purpose;
use serde::Serialize;

/// About whom (GDPR art. 30(1)(c)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "DataSubjects")]
pub enum Subjects {
    /// The customers of a tenant.
    Customers,
    /// The people who work for a tenant.
    Users,
    /// Customers, and the people who worked on what concerns them.
    Both,
}

/// On what ground (GDPR art. 6(1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "LegalBasis")]
pub enum Basis {
    /// Point (b): a contract with the person.
    Contract,
    /// Point (c): a law demands it.
    LegalObligation,
    /// Point (f): a legitimate interest.
    LegitimateInterest,
}

/// How the items about one customer are found.
#[derive(Clone, Copy, Debug)]
pub enum Reach {
    /// They are about no customer, or say nothing that another item does not say.
    Nothing,
    /// The item whose id is the customer's.
    Own,
    /// A list for each item of these kinds.
    Listed {
        /// The kinds, such as `customer`.
        of: &'static [&'static str],
        /// Which index.
        index: u8,
        /// The list's name for an id.
        list: fn(&str) -> String,
    },
    /// Those of a tenant's whole list that name the customer or something of theirs.
    Mentioned {
        /// The list, in the first index.
        list: &'static str,
    },
}

/// What code cannot know about a type of item.
#[derive(Clone, Copy, Debug)]
pub struct Processing {
    /// What it is kept for.
    pub purpose: &'static str,
    /// About whom.
    pub subjects: Subjects,
    /// On what ground.
    pub basis: Basis,
    /// How long.
    pub retention: &'static str,
    /// Who gets it, beside the tenant's own people by their rights.
    pub recipients: &'static [&'static str],
    /// How the items about a customer are found.
    pub reach: Reach,
    /// Under which of its subject's keys its personal fields are sealed.
    pub key: Option<Purpose>,
    /// Fields that are not disclosed to the person: they are about others (GDPR art. 15(4)).
    pub withheld: &'static [&'static str],
}

impl Processing {
    /// What every statement must say.
    #[must_use]
    pub const fn new(
        purpose: &'static str,
        subjects: Subjects,
        basis: Basis,
        retention: &'static str,
        reach: Reach,
    ) -> Self {
        Self {
            purpose,
            subjects,
            basis,
            retention,
            recipients: &[],
            reach,
            key: None,
            withheld: &[],
        }
    }
    /// Who gets it.
    #[must_use]
    pub const fn recipients(mut self, recipients: &'static [&'static str]) -> Self {
        self.recipients = recipients;
        self
    }
    /// Its personal fields are sealed under a key of its subject: see [`super::Item::subject`].
    #[must_use]
    pub const fn sealed(mut self, purpose: Purpose) -> Self {
        self.key = Some(purpose);
        self
    }
    /// Fields that are about others.
    #[must_use]
    pub const fn withhold(mut self, fields: &'static [&'static str]) -> Self {
        self.withheld = fields;
        self
    }
}
