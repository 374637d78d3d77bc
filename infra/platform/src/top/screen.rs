//! The figures as lines of at most 80 characters.

use serde_json::Value;
use std::fmt::Write;

/// Characters of a line.
#[cfg(test)]
const WIDTH: usize = 80;
/// Characters of a function's name.
const NAME: usize = 26;

/// A number of at most seven characters.
fn number(value: Option<f64>) -> String {
    match value {
        None => "-".into(),
        Some(n) if n.abs() < 9.995 => format!("{n:.2}"),
        Some(n) if n.abs() < 999.95 => format!("{n:.1}"),
        Some(n) if n.abs() < 99_999.5 => format!("{n:.0}"),
        Some(n) if n.abs() < 9_999_500.0 => format!("{:.1}k", n / 1e3),
        Some(n) if n.abs() < 9_999_500_000.0 => format!("{:.1}M", n / 1e6),
        Some(_) => ">9999M".into(),
    }
}

fn figure(value: &Value, name: &str) -> String {
    let found = value.get(name);
    match found.and_then(Value::as_u64) {
        // Counts have no fraction.
        Some(count @ ..100_000) => count.to_string(),
        _ => number(found.and_then(Value::as_f64)),
    }
}

/// `03:12:45`, with days where there are some.
fn clock(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let time = format!("{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60);
    if days > 0 { format!("{days}d {time}") } else { time }
}

/// A line: what it is about, and figures with their names.
fn line(out: &mut String, about: &str, figures: &[(String, &str)]) {
    let mut text = format!("{about:<11}");
    for (value, name) in figures {
        let _ = write!(text, "{value:>7} {name:<9}");
    }
    out.push_str(text.trim_end());
    out.push('\n');
}

/// Draws a screen of so many lines.
pub(super) fn draw(address: &str, told: &Value, height: usize) -> String {
    let none = Value::Null;
    let part = |name: &str| told.get(name).unwrap_or(&none);
    let (calls, runs, all) = (part("calls"), part("runs"), part("all"));
    let mut out = String::new();
    let up = clock(part("up_seconds").as_u64().unwrap_or(0));
    let seconds = part("seconds").as_f64().unwrap_or(0.0);
    let _ = writeln!(out, "Ledgerkeep at {address:.30}, up {up}, last {seconds:.0} s\n");
    let f = figure;
    line(
        &mut out,
        "requests",
        &[
            (f(calls, "per_second"), "/s"),
            (f(calls, "succeeded"), "succeeded"),
            (f(calls, "refused"), "refused"),
            (f(calls, "failed"), "failed"),
        ],
    );
    line(
        &mut out,
        "latency ms",
        &[
            (f(calls, "p50_ms"), "p50"),
            (f(calls, "p90_ms"), "p90"),
            (f(calls, "p99_ms"), "p99"),
            (f(calls, "own_p50_ms"), "own p50"),
        ],
    );
    line(
        &mut out,
        "workers",
        &[
            (f(runs, "per_second"), "runs/s"),
            (f(runs, "failed"), "failed"),
            (f(runs, "returned"), "returned"),
        ],
    );
    line(
        &mut out,
        "DynamoDB",
        &[
            (f(all, "dynamodb_per_second"), "calls/s"),
            (f(all, "read_units_per_second"), "RCU/s"),
            (f(all, "write_units_per_second"), "WCU/s"),
        ],
    );
    line(
        &mut out,
        "KMS",
        &[
            (f(all, "kms_per_second"), "calls/s"),
            (f(all, "kms_errors"), "errors"),
        ],
    );
    for (about, name) in [("sealer lag", "sealer_lag"), ("deliveries", "delivery_lag")] {
        let lag = part(name);
        let mut figures = vec![
            (f(lag, "p50_ms"), "p50 ms"),
            (f(lag, "p99_ms"), "p99 ms"),
            (f(lag, "max_ms"), "max ms"),
        ];
        if name == "sealer_lag" {
            figures.push((f(told, "oldest_unsealed_seconds"), "missed s"));
        }
        line(&mut out, about, &figures);
    }
    line(&mut out, "alerts", &[(f(told, "tamper_alerts"), "tampering")]);

    let heads = ["/s", "p50 ms", "p99 ms", "refused", "failed", "units/s"];
    let _ = writeln!(
        out,
        "\n{:<NAME$}{}",
        "function",
        columns(&heads.map(str::to_owned))
    );
    // A blank line and the help follow.
    let left = height.saturating_sub(out.lines().count() + 2);
    let empty = Vec::new();
    let functions = told.get("functions").and_then(Value::as_array).unwrap_or(&empty);
    for function in functions.iter().take(left) {
        let name = function
            .get("function")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let sum = ["read_units_per_second", "write_units_per_second"]
            .iter()
            .filter_map(|n| function.get(n)?.as_f64())
            .sum();
        let cells = [
            f(function, "per_second"),
            f(function, "p50_ms"),
            f(function, "p99_ms"),
            f(function, "refused"),
            f(function, "failed"),
            number(Some(sum)),
        ];
        let _ = writeln!(out, "{name:<NAME$.NAME$}{}", columns(&cells));
    }
    if functions.is_empty() {
        out.push_str("nothing in these seconds\n");
    }
    if height < usize::MAX {
        out.push_str("\nq quits");
    }
    out
}

fn columns(cells: &[String; 6]) -> String {
    cells.iter().map(|cell| format!(" {cell:>8}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(rate: f64, ms: Value) -> Value {
        let one = json!({"count": 12, "per_second": rate, "succeeded": 99_999, "refused": 1, "failed": 0, "returned": 0,
            "p50_ms": ms, "p90_ms": ms, "p99_ms": ms, "max_ms": ms, "own_p50_ms": ms, "dynamodb_per_second": rate,
            "read_units_per_second": rate, "write_units_per_second": rate, "kms_per_second": 0.0, "kms_errors": 0});
        let mut functions = Vec::new();
        for n in 0..40 {
            let mut function = one.clone();
            function["function"] = json!(format!("a_function_with_quite_a_long_name_number_{n}"));
            functions.push(function);
        }
        json!({"seconds": 9.7, "up_seconds": 90_061, "calls": one, "runs": one, "all": one, "functions": functions,
            "sealer_lag": {"p50_ms": ms, "p99_ms": ms, "max_ms": ms}, "delivery_lag": null,
            "oldest_unsealed_seconds": 0.0, "tamper_alerts": 0})
    }

    #[test]
    fn no_line_is_longer_than_eighty_characters_and_no_screen_higher_than_the_terminal() {
        let address = "https://localhost:65535";
        for (rate, ms) in [
            (0.0, Value::Null),
            (12_345.678, json!(999_999.9)),
            (1e12, json!(1e12)),
        ] {
            for height in [24, 50, usize::MAX] {
                let text = draw(address, &told(rate, ms.clone()), height);
                for line in text.lines() {
                    assert!(line.chars().count() <= WIDTH, "{}: {line}", line.chars().count());
                }
                let lines = text.lines().count();
                assert!(lines <= height, "{lines} of {height}\n{text}");
                assert_eq!(text.contains("q quits"), height < usize::MAX);
            }
        }
        let text = draw(address, &told(1.0, json!(2.5)), usize::MAX);
        assert_eq!(text.matches("a_function_with_quite_a_lo").count(), 40);
        assert!(text.contains("up 1d 01:01:01, last 10 s"), "{text}");
        assert!(draw(address, &json!({}), 24).contains("nothing in these seconds"));
    }

    #[test]
    fn numbers_keep_to_their_columns() {
        for n in [
            0.0, 0.126, 9.99, 9.999, 99.9, 999.96, 12_345.0, 99_999.6, 123_456.0, 1e7, 1e9, 1e20,
        ] {
            assert!(number(Some(n)).chars().count() <= 7, "{n}: {}", number(Some(n)));
        }
        assert_eq!((number(Some(1.0)), number(None)), ("1.00".into(), "-".into()));
    }
}
