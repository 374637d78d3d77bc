//! What people see: lines, and how far a step has come.

use indicatif::{ProgressBar, ProgressStyle};
use shared::time::Clock;
use std::{
    io::{IsTerminal, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Milliseconds between two lines where there is no terminal.
const EVERY: u64 = 5_000;

/// Writes a line of the result.
pub(super) fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Writes a line about how it goes.
pub(super) fn note(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// How far a step has come: a bar on a terminal, a line now and then elsewhere.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    clock: Arc<dyn Clock>,
    label: &'static str,
    total: u64,
    done: AtomicU64,
    started: Duration,
    told: AtomicU64,
}

impl Progress {
    /// A step of `total` pieces.
    pub(super) fn new(clock: &Arc<dyn Clock>, label: &'static str, total: u64) -> Self {
        let style =
            ProgressStyle::with_template("{msg:>10} {bar:40} {human_pos}/{human_len}  {per_sec}  {eta} left");
        let bar = style
            .ok()
            .filter(|_| std::io::stderr().is_terminal())
            .map(|style| ProgressBar::new(total).with_style(style).with_message(label));
        let started = clock.monotonic();
        Self {
            bar,
            clock: clock.clone(),
            label,
            total,
            done: AtomicU64::new(0),
            started,
            told: AtomicU64::new(0),
        }
    }

    /// `count` more pieces are done.
    pub(super) fn add(&self, count: u64) {
        self.at(self.done.fetch_add(count, Ordering::Relaxed) + count);
    }

    /// So many pieces are done.
    pub(super) fn set(&self, done: u64) {
        self.done.store(done, Ordering::Relaxed);
        self.at(done);
    }

    fn at(&self, done: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
            return;
        }
        let passed = self.clock.monotonic().saturating_sub(self.started);
        let millis = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
        let told = self.told.load(Ordering::Relaxed);
        let due = millis >= told.saturating_add(EVERY);
        // Of several that notice at once, one tells.
        if due
            && self
                .told
                .compare_exchange(told, millis, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        {
            note(&format!(
                "{}: {done} of {}, {:.1}/s",
                self.label,
                self.total,
                rate(done, passed)
            ));
        }
    }

    /// The step is over.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Pieces a second.
#[allow(clippy::cast_precision_loss, reason = "a rate for people")]
pub(super) fn rate(count: u64, passed: Duration) -> f64 {
    count as f64 / passed.as_secs_f64().max(0.001)
}

/// A number with commas between thousands.
pub(super) fn grouped(n: i128) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::from(if n < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Minor units of a currency with two decimals, in major units.
pub(super) fn money(minor: i128) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let minor = i128::try_from(minor.unsigned_abs()).unwrap_or(i128::MAX);
    format!(
        "{sign}{}.{:02} {}",
        grouped(minor / 100),
        minor % 100,
        super::rows::CURRENCY
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        for (n, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (-1_234_567, "-1,234,567"),
            (403_165, "403,165"),
        ] {
            assert_eq!(grouped(n), text);
        }
        for (minor, text) in [
            (0, "0.00 EUR"),
            (5, "0.05 EUR"),
            (123_456_789, "1,234,567.89 EUR"),
            (-5, "-0.05 EUR"),
        ] {
            assert_eq!(money(minor), text);
        }
    }
}
