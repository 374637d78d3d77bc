//! The rules that a tenant has until it replaces them.

use super::{Code, EntryOutcome, Pattern, Per, Rule, RuleKind, RuleName};
use crate::alerts::Severity;

/// An entry was changed or removed.
pub const TAMPERED: &str = "audit_tampered";
/// An entry is gone, or is not what was sealed, and no stream record told it.
pub const ALTERED: &str = "audit_altered";
/// Rules that nobody can turn off.
pub const ALWAYS: [&str; 2] = [TAMPERED, ALTERED];

struct Draft {
    name: &'static str,
    enabled: bool,
    severity: Severity,
    kind: RuleKind,
    activities: &'static [&'static str],
    codes: &'static [Code],
    outcomes: &'static [EntryOutcome],
    problems: &'static [&'static str],
    marks: &'static [&'static str],
    per: Per,
    count: u32,
    minutes: u32,
}

/// One entry is enough.
const ONE: Draft = Draft {
    name: "",
    enabled: true,
    severity: Severity::High,
    kind: RuleKind::Count,
    activities: &[],
    codes: &[],
    outcomes: &[EntryOutcome::Succeeded],
    problems: &[],
    marks: &[],
    per: Per::Tenant,
    count: 1,
    minutes: 1,
};

const CHANGES: &[Code] = &[Code::C, Code::X];

const DRAFTS: &[Draft] = &[
    Draft {
        name: "failures_from_one_address",
        outcomes: &[EntryOutcome::Refused, EntryOutcome::Failed],
        per: Per::Address,
        count: 10,
        minutes: 5,
        ..ONE
    },
    Draft {
        name: "role_changed",
        activities: &[
            "identity.*role*",
            "identity.*policy*",
            "identity.create_user",
            "identity.update_user",
            "tenancy.create_api_client",
        ],
        codes: CHANGES,
        ..ONE
    },
    Draft {
        name: "card_revealed",
        activities: &["vault.*reveal*"],
        ..ONE
    },
    Draft {
        name: "card_guessed",
        outcomes: &[EntryOutcome::Refused],
        problems: &["too_many_guesses"],
        per: Per::Actor,
        ..ONE
    },
    Draft {
        name: "webhook_changed",
        severity: Severity::Medium,
        activities: &["notifications.create_webhook", "notifications.update_webhook"],
        ..ONE
    },
    Draft {
        name: "data_exported",
        severity: Severity::Medium,
        activities: &["*.create_export"],
        ..ONE
    },
    Draft {
        name: "personal_data_requested",
        severity: Severity::Medium,
        activities: &["privacy.create_privacy_request"],
        ..ONE
    },
    Draft {
        name: "retired_key_used",
        outcomes: &[],
        marks: &["retired_key_used"],
        ..ONE
    },
    // An item that nobody can read: left out of a list, so that only an alert tells.
    Draft {
        name: "item_unreadable",
        outcomes: &[],
        marks: &["unreadable_item"],
        ..ONE
    },
    Draft {
        name: "entries_purged",
        activities: &["audit.create_purge"],
        ..ONE
    },
    Draft {
        name: "refusals_doubled",
        severity: Severity::Medium,
        kind: RuleKind::Doubling,
        outcomes: &[EntryOutcome::Refused],
        count: 50,
        minutes: 60,
        ..ONE
    },
    // Everything that the contract marks with X. Off, as refunds and new clients are daily business to most.
    Draft {
        name: "every_marked_activity",
        enabled: false,
        severity: Severity::Low,
        codes: &[Code::X],
        ..ONE
    },
];

/// The rules.
#[must_use]
pub fn rules() -> Vec<Rule> {
    let patterns = |list: &[&str]| list.iter().filter_map(|t| Pattern::parse(t).ok()).collect();
    let rule = |d: &Draft| {
        Some(Rule {
            name: RuleName::parse(d.name).ok()?,
            enabled: d.enabled,
            severity: d.severity,
            kind: d.kind,
            activities: patterns(d.activities),
            codes: d.codes.to_vec(),
            outcomes: d.outcomes.to_vec(),
            problems: patterns(d.problems),
            marks: patterns(d.marks),
            per: d.per,
            count: d.count,
            minutes: d.minutes,
            mail_to: Vec::new(),
        })
    };
    DRAFTS.iter().filter_map(rule).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_draft_is_lost() {
        let rules = rules();
        assert_eq!(rules.len(), DRAFTS.len());
        for (rule, draft) in rules.iter().zip(DRAFTS) {
            assert_eq!(
                (rule.activities.len(), rule.problems.len(), rule.marks.len()),
                (draft.activities.len(), draft.problems.len(), draft.marks.len())
            );
        }
    }
}
