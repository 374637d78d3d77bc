//! Exact counts of what a call costs: DynamoDB and KMS calls, and which tables it touched.

use crate::store::Table;
use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

/// Why KMS is called; signatures and MACs are counted apart from the data path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KmsUse {
    /// Unwrapping or wrapping a tenant key.
    Data,
    /// A signature or its public key.
    Sign,
    /// A MAC.
    Mac,
}

/// Counters of one call, or of one process.
#[derive(Debug, Default)]
pub struct Meter {
    dynamodb: AtomicU64,
    kms_data: AtomicU64,
    kms_sign: AtomicU64,
    kms_mac: AtomicU64,
    outside: AtomicU64,
    touched: Mutex<BTreeSet<(Table, &'static str)>>,
}

impl Meter {
    /// One DynamoDB call.
    pub fn call(&self) {
        self.dynamodb.fetch_add(1, Ordering::Relaxed);
    }
    /// One DynamoDB call on one table.
    pub fn dynamodb(&self, table: Table, operation: &'static str) {
        self.call();
        self.dynamodb_table(table, operation);
    }
    /// Notes a table that a call touches.
    pub fn dynamodb_table(&self, table: Table, operation: &'static str) {
        if let Ok(mut touched) = self.touched.lock() {
            touched.insert((table, operation));
        }
    }
    /// A meter for calls that the outside world makes on its own account: what the sandbox payment provider
    /// keeps. A real provider keeps its side itself, so they are no part of what a call costs here.
    #[must_use]
    pub fn outside(&self) -> Self {
        self.outside.fetch_add(1, Ordering::Relaxed);
        Self::default()
    }
    /// Calls made on the account of the outside world.
    #[must_use]
    pub fn outside_calls(&self) -> u64 {
        self.outside.load(Ordering::Relaxed)
    }
    /// One KMS call.
    pub fn kms(&self, why: KmsUse) {
        let counter = match why {
            KmsUse::Data => &self.kms_data,
            KmsUse::Sign => &self.kms_sign,
            KmsUse::Mac => &self.kms_mac,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
    /// DynamoDB calls; KMS calls for data, signatures and MACs.
    #[must_use]
    pub fn counts(&self) -> [u64; 4] {
        [&self.dynamodb, &self.kms_data, &self.kms_sign, &self.kms_mac].map(|c| c.load(Ordering::Relaxed))
    }
    /// Tables and the operations on them.
    #[must_use]
    pub fn touched(&self) -> Vec<(Table, &'static str)> {
        self.touched
            .lock()
            .map(|t| t.iter().copied().collect())
            .unwrap_or_default()
    }
    /// Adds another meter's counts.
    pub fn absorb(&self, other: &Self) {
        let [d, k, s, m] = other.counts();
        self.outside.fetch_add(other.outside_calls(), Ordering::Relaxed);
        for (counter, n) in [
            (&self.dynamodb, d),
            (&self.kms_data, k),
            (&self.kms_sign, s),
            (&self.kms_mac, m),
        ] {
            counter.fetch_add(n, Ordering::Relaxed);
        }
    }
}
