//! What a run has shown: one table for people, the same as JSON, and what would have to hold and does not.

use super::{
    bill::Invoices,
    books::Books,
    ledger::Cost,
    out::{grouped, money, rate, say},
    proof::Proof,
    rows::Broken,
    settle::Webhooks,
    tally::{Sum, Tally},
};
use console::table::{aligned, cells};
use serde::Serialize;
use std::{collections::BTreeMap, fmt::Write, path::Path, time::Duration};

/// Broken rows that are told one by one.
const TOLD: usize = 10;

/// Everything that a run has shown.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    /// Where the rows came from.
    pub(super) source: String,
    /// Rows that could be used, and their sum.
    pub(super) input: Sum,
    /// Rows that could not.
    pub(super) broken: Vec<Broken>,
    /// Payments by status.
    pub(super) payments: BTreeMap<String, Sum>,
    /// All payments.
    pub(super) total: Sum,
    /// Payments whose outcome is still not known.
    pub(super) unsettled: u64,
    /// Invoices over the captured payments.
    pub(super) invoices: Invoices,
    /// Refunds by status.
    pub(super) refunds: BTreeMap<String, Sum>,
    /// Rows and refunds that the platform refused.
    pub(super) refused: u64,
    /// The first of them.
    pub(super) refusals: Vec<String>,
    /// Customers, cards, payments, refunds and invoices that this run made.
    pub(super) changed: [u64; 5],
    /// Answers that were replays.
    pub(super) replayed: u64,
    /// Tries beyond the first.
    pub(super) retries: u64,
    /// Webhooks.
    pub(super) webhooks: Webhooks,
    /// The audit log.
    pub(super) audit: Proof,
    /// The books.
    pub(super) books: Books,
    /// What calls cost, by what they are.
    pub(super) costs: BTreeMap<&'static str, Cost>,
    /// Seconds that the payments took.
    pub(super) charging_seconds: f64,
    /// Payments a second.
    pub(super) payments_per_second: f64,
    /// Seconds that everything took.
    pub(super) seconds: f64,
}

impl Summary {
    /// Takes over what became of the rows.
    pub(super) fn of_tally(tally: Tally, charging: Duration) -> Self {
        let total = tally.total();
        Self {
            source: String::new(),
            input: Sum::default(),
            broken: Vec::new(),
            total,
            unsettled: 0,
            invoices: Invoices::default(),
            changed: [
                tally.customers,
                tally.cards,
                tally.made,
                tally.refunded,
                tally.invoiced,
            ],
            payments: tally.payments,
            refunds: tally.refunds,
            refused: tally.refused,
            refusals: tally.told,
            replayed: 0,
            retries: 0,
            webhooks: Webhooks::default(),
            audit: Proof::default(),
            books: Books::default(),
            costs: BTreeMap::new(),
            charging_seconds: charging.as_secs_f64(),
            payments_per_second: rate(total.count, charging),
            seconds: 0.0,
        }
    }

    /// What would have to hold and does not.
    pub(super) fn failures(&self) -> Vec<String> {
        let (input, total, audit) = (&self.input, &self.total, &self.audit);
        let mut failures = Vec::new();
        let mut must = |holds: bool, why: String| {
            if !holds {
                failures.push(why);
            }
        };
        let first = self.refusals.first().map(String::as_str).unwrap_or_default();
        must(
            self.refused == 0,
            format!("{} rows were refused, the first: {first}", self.refused),
        );
        must(
            input.count == total.count,
            format!("{} rows became {} payments", input.count, total.count),
        );
        must(
            input.minor == total.minor,
            format!(
                "the rows sum up to {}, the payments to {}",
                money(input.minor),
                money(total.minor)
            ),
        );
        let captured = self.captured();
        must(
            self.invoices.sum.minor == captured,
            format!(
                "the captured payments sum up to {}, the invoices to {}",
                money(captured),
                money(self.invoices.sum.minor)
            ),
        );
        must(
            self.invoices.gapless,
            "the numbers of the invoices have a gap or a repeat".to_owned(),
        );
        must(
            self.webhooks.lost == 0,
            format!(
                "{} webhooks did not arrive, {} deliveries are not made",
                self.webhooks.lost, self.webhooks.undelivered
            ),
        );
        must(
            audit.unsealed == 0,
            format!("{} calls are not in the audit bundle", audit.unsealed),
        );
        let finding = audit.findings.first().map(String::as_str).unwrap_or_default();
        must(audit.clean, format!("the audit bundle is not clean: {finding}"));
        must(
            audit.verified == audit.sealed,
            format!(
                "{} of {} entries are not covered by a checkpoint",
                audit.sealed.saturating_sub(audit.verified),
                audit.sealed
            ),
        );
        must(audit.noticed, "the changed byte was not noticed".to_owned());
        let finding = self
            .books
            .findings
            .first()
            .map(String::as_str)
            .unwrap_or_default();
        must(
            self.books.findings.is_empty(),
            format!("the books are not clean: {finding}"),
        );
        failures
    }

    /// Writes the JSON form.
    pub(super) fn write(&self, path: &Path) -> Result<(), String> {
        let text = serde_json::to_string_pretty(self).map_err(|e| e.to_string())?;
        std::fs::write(path, text + "\n").map_err(|e| format!("{}: {e}", path.display()))
    }

    /// Shows the table.
    pub(super) fn show(&self) {
        say(&self.text());
    }

    fn text(&self) -> String {
        let mut out = String::new();
        let mut line = |text: &str| {
            let _ = writeln!(out, "{text}");
        };
        line(&format!(
            "{}: {} rows, {} broken",
            self.source,
            grouped(self.input.count.into()),
            self.broken.len()
        ));
        for broken in self.broken.iter().take(TOLD) {
            line(&format!("  line {}: {}", broken.line, broken.reason));
        }
        if self.broken.len() > TOLD {
            line(&format!("  and {} more", self.broken.len() - TOLD));
        }
        line("");
        line(&self.payments_table());
        if self.unsettled > 0 {
            line(&format!(
                "{} payments are still without an outcome from the provider\n",
                self.unsettled
            ));
        }
        line(&self.invoices_table());
        let [customers, cards, payments, refunds, invoices] = self.changed.map(|n| grouped(n.into()));
        let changed: u64 = self.changed.iter().sum();
        line(&format!(
            "business items changed: {} (customers {customers}, cards {cards}, payments {payments}, refunds {refunds}, invoices {invoices})",
            grouped(changed.into())
        ));
        let (replayed, retries) = (grouped(self.replayed.into()), grouped(self.retries.into()));
        line(&format!(
            "replayed calls: {replayed}; calls tried again: {retries}\n"
        ));
        line(&self.events_table());
        line(&self.audit_lines());
        line(&self.books_lines());
        line(&self.costs_table());
        line(&format!(
            "{:.1} payments a second over {:.1} s; {:.1} s in all",
            self.payments_per_second, self.charging_seconds, self.seconds
        ));
        out.truncate(out.trim_end().len());
        out
    }

    fn payments_table(&self) -> String {
        let mut rows = vec![cells(["payments", "count", "minor units", "money"])];
        let sum =
            |name: String, s: &Sum| vec![name, grouped(s.count.into()), grouped(s.minor), money(s.minor)];
        rows.extend(
            self.payments
                .iter()
                .map(|(status, s)| sum(format!("  {status}"), s)),
        );
        rows.push(sum("  total".to_owned(), &self.total));
        rows.push(sum("  input".to_owned(), &self.input));
        if !self.refunds.is_empty() {
            rows.push(cells(["refunds", "", "", ""]));
            rows.extend(
                self.refunds
                    .iter()
                    .map(|(status, s)| sum(format!("  {status}"), s)),
            );
        }
        let verdict = if self.total == self.input {
            "total and input agree to the cent"
        } else {
            "TOTAL AND INPUT DIFFER"
        };
        format!("{}{verdict}\n", aligned(&rows))
    }

    /// What was captured, in minor units.
    fn captured(&self) -> i128 {
        self.payments.get("captured").map_or(0, |sum| sum.minor)
    }

    fn invoices_table(&self) -> String {
        let i = &self.invoices;
        let number = |n: &Option<String>| n.clone().unwrap_or_else(|| "-".to_owned());
        let rows = [
            cells(["invoices", "first", "last", "gapless", "minor units", "money"]),
            vec![
                format!("  {}", grouped(i.sum.count.into())),
                number(&i.first),
                number(&i.last),
                if i.gapless { "yes" } else { "NO" }.to_owned(),
                grouped(i.sum.minor),
                money(i.sum.minor),
            ],
        ];
        let verdict = if i.sum.minor == self.captured() {
            "invoices and captured payments agree to the cent"
        } else {
            "INVOICES AND CAPTURED PAYMENTS DIFFER"
        };
        format!("{}{verdict}\n", aligned(&rows))
    }

    fn events_table(&self) -> String {
        let w = &self.webhooks;
        let columns = [
            ("webhooks", None),
            ("expected", Some(w.expected)),
            ("sent", Some(w.sent)),
            ("received", Some(w.received)),
            ("verified", Some(w.verified)),
            ("unverifiable", Some(w.unverifiable)),
            ("repeated", Some(w.repeated)),
            ("undelivered", Some(w.undelivered)),
            ("lost", Some(w.lost)),
        ];
        let names = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        let values = columns
            .iter()
            .map(|(_, n)| n.map(|n| grouped(n.into())).unwrap_or_default())
            .collect();
        aligned(&[names, values])
    }

    fn audit_lines(&self) -> String {
        let audit = &self.audit;
        let n = |n: u64| grouped(n.into());
        let outcomes: Vec<String> = audit
            .outcomes
            .iter()
            .map(|(o, count)| format!("{o} {}", n(*count)))
            .collect();
        let mut out = format!(
            "audit entries: {} sealed, {} verified offline, {} checkpoints: {}\n",
            n(audit.sealed),
            n(audit.verified),
            n(audit.checkpoints),
            if audit.clean { "CLEAN" } else { "NOT CLEAN" },
        );
        let _ = writeln!(
            out,
            "  {} entries about {} answered calls of this run ({}): {} unsealed entries",
            n(audit.ours),
            n(audit.calls),
            outcomes.join(", "),
            n(audit.unsealed),
        );
        let _ = writeln!(
            out,
            "  {}, verified with {}",
            audit.bundle.display(),
            audit.key.display()
        );
        for finding in &audit.findings {
            let _ = writeln!(out, "  {finding}");
        }
        let tampered = audit.tampered.as_deref().unwrap_or("nothing was found");
        let _ = writeln!(out, "  a copy with one byte changed: {tampered}");
        out
    }

    fn books_lines(&self) -> String {
        let books = &self.books;
        if let Some(why) = &books.unread {
            return format!("books: not read: {why}\n");
        }
        let mut out = format!(
            "books: {} journal entries, {} named by the audit log, verified offline: {}\n",
            grouped(books.entries.into()),
            grouped(books.named.into()),
            if books.findings.is_empty() {
                "CLEAN"
            } else {
                "NOT CLEAN"
            },
        );
        for (currency, (debit, credit)) in &books.sums {
            let of = |line: &&(String, String, i64)| line.1 == *currency;
            let lines = books.balances.iter().filter(of);
            let lines: Vec<String> = lines
                .map(|(kind, _, n)| format!("{kind} {}", grouped((*n).into())))
                .collect();
            let _ = writeln!(
                out,
                "  trial balance, {currency}: debits {} - credits {} = {} ({})",
                grouped(*debit),
                grouped(*credit),
                debit - credit,
                lines.join(", "),
            );
        }
        for finding in books.findings.iter().take(5) {
            let _ = writeln!(out, "  {finding}");
        }
        let _ = writeln!(out, "  {}", books.journal.display());
        out
    }

    fn costs_table(&self) -> String {
        let mut rows = vec![cells([
            "calls",
            "answered",
            "DynamoDB",
            "a call",
            "KMS",
            "a call",
            "signatures",
            "MACs",
            "provider's",
        ])];
        let mut total = Cost::default();
        for (label, cost) in &self.costs {
            rows.push(cost_row(label, cost));
            total.add(cost);
        }
        rows.push(cost_row("total", &total));
        aligned(&rows)
    }
}

fn cost_row(label: &str, cost: &Cost) -> Vec<String> {
    let n = |n: u64| grouped(n.into());
    // Hundredths are enough, and exact.
    let average = |sum: u64| {
        let hundredths = (sum * 100 + cost.calls / 2).checked_div(cost.calls).unwrap_or(0);
        format!("{}.{:02}", n(hundredths / 100), hundredths % 100)
    };
    vec![
        format!("  {label}"),
        n(cost.calls),
        n(cost.dynamodb),
        average(cost.dynamodb),
        n(cost.kms),
        average(cost.kms),
        n(cost.signatures),
        n(cost.macs),
        n(cost.provider),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Summary {
        let mut tally = Tally {
            customers: 1,
            cards: 1,
            made: 2,
            ..Tally::default()
        };
        tally.payments.entry("captured".into()).or_default().add(123_456);
        tally.payments.entry("declined".into()).or_default().add(1);
        let mut summary = Summary::of_tally(tally, Duration::from_secs(2));
        summary.input = summary.total;
        summary.invoices = Invoices {
            sum: Sum {
                count: 1,
                minor: 123_456,
            },
            first: Some("INV-000001".into()),
            last: Some("INV-000001".into()),
            gapless: true,
        };
        summary.source = "a.csv".into();
        let proof = Proof {
            sealed: 9,
            verified: 9,
            calls: 8,
            ours: 9,
            clean: true,
            noticed: true,
            ..Proof::default()
        };
        summary.audit = Proof {
            tampered: Some("line 3, entry 2 (aud_1): altered".into()),
            ..proof
        };
        summary.costs.insert(
            "payments",
            Cost {
                calls: 3,
                dynamodb: 10,
                kms: 1,
                signatures: 0,
                macs: 2,
                provider: 0,
            },
        );
        summary
    }

    #[test]
    fn the_table_is_aligned() {
        let text = good().text();
        for line in [
            "payments    count  minor units         money",
            "  captured      1      123,456  1,234.56 EUR",
            "  declined      1            1      0.01 EUR",
            "  total         2      123,457  1,234.57 EUR",
            "  payments         3        10    3.33    1    0.33           0     2           0",
            "business items changed: 4 (customers 1, cards 1, payments 2, refunds 0, invoices 0)",
            "invoices       first        last  gapless  minor units         money",
            "  1       INV-000001  INV-000001      yes      123,456  1,234.56 EUR",
            "  a copy with one byte changed: line 3, entry 2 (aud_1): altered",
            "1.0 payments a second over 2.0 s; 0.0 s in all",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\nis not in\n{text}");
        }
    }

    #[test]
    fn each_invariant_has_its_line() {
        assert_eq!(good().failures(), Vec::<String>::new());
        let mut bad = good();
        bad.input.add(5);
        bad.refused = 1;
        bad.invoices.gapless = false;
        bad.invoices.sum.minor -= 1;
        bad.webhooks.lost = 2;
        bad.audit = Proof {
            unsealed: 3,
            sealed: 9,
            verified: 8,
            ..Proof::default()
        };
        let failures = bad.failures();
        assert_eq!(failures.len(), 10, "{failures:?}");
        assert!(
            failures.contains(&"the rows sum up to 1,234.62 EUR, the payments to 1,234.57 EUR".to_owned())
        );
        assert!(failures.contains(&"2 webhooks did not arrive, 0 deliveries are not made".to_owned()));
    }
}
