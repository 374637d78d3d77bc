//! Every call of a run: its request id, whether the audit log must name it, and what it cost.

use serde::Serialize;
use std::collections::BTreeMap;

/// What a call is counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Sessions and tokens.
    SignIn,
    /// A new customer.
    Customer,
    /// A new card.
    Card,
    /// A new payment.
    Payment,
    /// A new refund.
    Refund,
    /// A new invoice, and its number.
    Invoice,
    /// Another write.
    Other,
    /// A read.
    Read,
}

impl Kind {
    fn label(self) -> &'static str {
        match self {
            Self::SignIn => "sign-ins",
            Self::Customer => "customers",
            Self::Card => "cards",
            Self::Payment => "payments",
            Self::Refund => "refunds",
            Self::Invoice => "invoices",
            Self::Other => "other writes",
            Self::Read => "reads",
        }
    }
}

/// What calls cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Cost {
    /// Answered calls.
    pub(super) calls: u64,
    /// DynamoDB calls.
    pub(super) dynamodb: u64,
    /// KMS calls that wrap or unwrap tenant keys.
    pub(super) kms: u64,
    /// Signatures by KMS.
    pub(super) signatures: u64,
    /// MACs by KMS.
    pub(super) macs: u64,
    /// What the sandbox provider read and wrote on its own account.
    pub(super) provider: u64,
}

impl Cost {
    /// One call, from `dynamodb=3;kms=0;sign=0;mac=0;outside=0`.
    pub(super) fn read(header: Option<&str>) -> Self {
        let of = |name: &str| {
            let pairs = header
                .unwrap_or_default()
                .split(';')
                .filter_map(|p| p.trim().split_once('='));
            pairs
                .filter(|(n, _)| *n == name)
                .find_map(|(_, v)| v.parse().ok())
                .unwrap_or(0)
        };
        Self {
            calls: 1,
            dynamodb: of("dynamodb"),
            kms: of("kms"),
            signatures: of("sign"),
            macs: of("mac"),
            provider: of("outside"),
        }
    }

    /// Adds another.
    pub(super) fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.dynamodb += other.dynamodb;
        self.kms += other.kms;
        self.signatures += other.signatures;
        self.macs += other.macs;
        self.provider += other.provider;
    }
}

/// Every call of a run.
#[derive(Debug)]
pub(super) struct Ledger {
    prefix: String,
    /// By number: whether the tenant's audit log must hold an entry.
    audited: Vec<bool>,
    /// What calls cost, by what they are.
    costs: BTreeMap<&'static str, Cost>,
    /// Tries beyond the first.
    pub(super) retries: u64,
    /// Answers that were replays.
    pub(super) replayed: u64,
}

impl Ledger {
    /// A run with a name of its own.
    pub(super) fn new(run: &str) -> Self {
        let prefix = format!("demo-{run}-");
        Self {
            prefix,
            audited: Vec::new(),
            costs: BTreeMap::new(),
            retries: 0,
            replayed: 0,
        }
    }

    /// A try: its number and its `X-Request-Id`.
    pub(super) fn begin(&mut self) -> (usize, String) {
        let number = self.audited.len();
        self.audited.push(false);
        (number, format!("{}{number:08}", self.prefix))
    }

    /// Its answer.
    pub(super) fn answered(&mut self, number: usize, kind: Kind, status: u16, replayed: bool, cost: Cost) {
        // Calls that are turned away before their tenant is known are in the platform's own log, and a server that
        // could not write the entry answers 503.
        let audited = matches!(status, 200..300 | 403 | 404 | 409 | 422);
        if let Some(place) = self.audited.get_mut(number) {
            *place = audited;
        }
        self.replayed += u64::from(replayed);
        let label = if replayed { "replays" } else { kind.label() };
        self.costs.entry(label).or_default().add(&cost);
    }

    /// How many tries were made so far.
    pub(super) fn size(&self) -> usize {
        self.audited.len()
    }

    /// The number of a request id of this run.
    pub(super) fn number(&self, request_id: &str) -> Option<usize> {
        request_id.strip_prefix(&self.prefix)?.parse().ok()
    }

    /// Which of the first `size` calls the audit log must hold.
    pub(super) fn audited(&self, size: usize) -> Vec<bool> {
        self.audited.iter().take(size).copied().collect()
    }

    /// What calls cost, by what they are.
    pub(super) fn costs(&self) -> &BTreeMap<&'static str, Cost> {
        &self.costs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_read_and_summed() {
        let cost = Cost::read(Some("dynamodb=3;kms=1;sign=0;mac=2;outside=4"));
        assert_eq!(
            cost,
            Cost {
                calls: 1,
                dynamodb: 3,
                kms: 1,
                signatures: 0,
                macs: 2,
                provider: 4
            }
        );
        assert_eq!(
            Cost::read(None),
            Cost {
                calls: 1,
                ..Cost::default()
            }
        );
        assert_eq!(
            Cost::read(Some("dynamodb=x;;kms")),
            Cost {
                calls: 1,
                ..Cost::default()
            }
        );
        let mut ledger = Ledger::new("0a0b0c0d");
        for (status, replayed) in [(201, false), (201, true), (503, false)] {
            let (number, id) = ledger.begin();
            assert_eq!(ledger.number(&id), Some(number));
            assert!((8..=64).contains(&id.len()));
            ledger.answered(number, Kind::Payment, status, replayed, cost);
        }
        ledger.begin();
        assert_eq!(ledger.audited(4), [true, true, false, false]);
        assert_eq!(ledger.audited(1), [true]);
        assert_eq!(
            (
                ledger.replayed,
                ledger.costs()["payments"].dynamodb,
                ledger.costs()["replays"].calls
            ),
            (1, 6, 1)
        );
        assert_eq!(ledger.number("req_01JD3X8M9V5T2Q4R6S8W0Y1Z2A"), None);
    }
}
