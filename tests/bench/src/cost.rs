//! What a million requests of each endpoint cost, from exact counts and list prices.

use super::{Goal, figure};
use console::table::{aligned, cells};
use serde_json::{Value, json};
use shared::endpoint::{Audit, Uses};
use std::path::Path;
use topology::Topology;

/// List prices of us-east-1 in US dollars, June 2026, without free tiers and discounts.
mod price {
    /// A million requests of a REST API, the first 333 million of a month.
    pub const GATEWAY: f64 = 3.50;
    /// A million invocations of a function.
    pub const INVOCATION: f64 = 0.20;
    /// A gigabyte-second of a function on arm64.
    pub const GIGABYTE_SECOND: f64 = 0.000_013_333_4;
    /// A million read request units on demand.
    pub const READ: f64 = 0.125;
    /// A million write request units on demand; a replicated one costs the same, in each region.
    pub const WRITE: f64 = 0.625;
    /// A million requests under a symmetric or HMAC key: 0.03 a 10,000.
    pub const KMS: f64 = 3.0;
    /// A million requests under an asymmetric ECC key: 0.15 a 10,000.
    pub const KMS_ECC: f64 = 15.0;
}

/// Regions that hold every table: each write is paid in each.
const REGIONS: f64 = 2.0;
/// Milliseconds that a call of DynamoDB or KMS takes within a region of AWS: what a function is paid for while it waits.
const CALL_MILLIS: f64 = 5.0;

/// One endpoint, as the end-to-end suite measured it.
struct Endpoint {
    name: String,
    p50: f64,
    p99: f64,
    own: f64,
    hashes: bool,
    calls: [f64; 4],
    units: [f64; 2],
    dollars: f64,
    /// DynamoDB calls for the audit entry alone, the most of any call.
    audit: f64,
    changes: bool,
}

/// Reads what the end-to-end suite wrote: `{"endpoints": [{"operation", "calls": ["dynamodb=3;…", …]}]}`.
pub(super) fn measure(root: &Path, file: &Path) -> Result<(Vec<Goal>, Value), String> {
    let named = |why: &dyn std::fmt::Display| format!("{}: {why}", file.display());
    let text = std::fs::read_to_string(file).map_err(|e| named(&e))?;
    let read: Value = serde_json::from_str(&text).map_err(|e| named(&e))?;
    let topology = Topology::read(root)?;
    let mut endpoints = Vec::new();
    for measured in read
        .get("endpoints")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        endpoints.push(endpoint(&topology, measured).map_err(|e| named(&e))?);
    }
    if endpoints.is_empty() {
        return Err(named(&"holds no endpoints"));
    }
    endpoints.sort_by(|a, b| a.name.cmp(&b.name));
    let heads = [
        "endpoint",
        "p50 ms",
        "p99 ms",
        "own µs",
        "DynamoDB",
        "KMS",
        "RRU",
        "WRU",
        "$ a million",
    ];
    let mut rows = vec![cells(heads)];
    for e in &endpoints {
        let [dynamodb, kms, sign, mac] = e.calls;
        let [read, write] = e.units;
        rows.push(vec![
            e.name.clone(),
            format!("{:.2}", e.p50 / 1e3),
            format!("{:.2}", e.p99 / 1e3),
            format!("{:.0}{}", e.own, if e.hashes { " *" } else { "" }),
            format!("{dynamodb:.1}"),
            format!("{:.1}", kms + sign + mac),
            format!("{read:.1}"),
            format!("{write:.1}"),
            format!("{:.2}", e.dollars),
        ]);
    }
    console::say(aligned(&rows).trim_end());
    console::say(&format!(
        "warm, one at a time, local stand-ins; own: without waiting for DynamoDB and KMS, beside all that goes on in the same process\n\
         (*: checks a password or secret with argon2id); `--only cold` measures it in a process of its own.\n\
         Dollars: list prices of us-east-1, June 2026: REST API {}, invocation {}, GB-second {} (arm64, the template's memory, own time and {CALL_MILLIS} ms a call),\n\
         read unit {}, write unit {} in each of {REGIONS} regions, KMS {} and ECC {}; without logs, storage, traffic, sealing and deliveries.",
        price::GATEWAY,
        price::INVOCATION,
        price::GIGABYTE_SECOND,
        price::READ,
        price::WRITE,
        price::KMS,
        price::KMS_ECC
    ));
    let mut goals = Vec::new();
    for (changes, about, most) in [(true, "write", 0.0), (false, "read", 1.0)] {
        let of = endpoints.iter().filter(|e| e.changes == changes);
        if let Some(worst) = of.max_by(|a, b| a.audit.total_cmp(&b.audit)) {
            let name = format!(
                "DynamoDB calls of a warm {about} for its audit entry alone, worst ({})",
                worst.name
            );
            goals.push(Goal::most(&name, worst.audit, most, "calls"));
        }
    }
    Ok((
        goals,
        Value::Array(endpoints.iter().map(Endpoint::json).collect()),
    ))
}

fn endpoint(topology: &Topology, measured: &Value) -> Result<Endpoint, String> {
    let name = measured
        .get("operation")
        .and_then(Value::as_str)
        .ok_or("an endpoint without a name")?;
    let calls: Vec<&str> = measured
        .get("calls")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let column = |wanted: &str| -> Result<Vec<f64>, String> {
        let mut values = calls
            .iter()
            .map(|c| figure(c, wanted))
            .collect::<Result<Vec<_>, _>>()?;
        values.sort_by(f64::total_cmp);
        Ok(values)
    };
    let middle = |wanted: &str| -> Result<f64, String> {
        let values = column(wanted)?;
        values
            .get(values.len() / 2)
            .copied()
            .ok_or_else(|| format!("{name}: nothing was measured"))
    };
    let mut own = Vec::new();
    for call in &calls {
        own.push(figure(call, "micros")? - figure(call, "waited")?);
    }
    own.sort_by(f64::total_cmp);
    let own = own.get(own.len() / 2).copied().unwrap_or_default();
    let last = column("micros")?;
    let p99 = last
        .get((last.len() * 99).div_ceil(100).saturating_sub(1))
        .copied()
        .unwrap_or_default();
    let function = topology.functions.get(name);
    let function = function.ok_or_else(|| format!("the templates have no function {name}"))?;
    let calls = [
        middle("dynamodb")?,
        middle("kms")?,
        middle("sign")?,
        middle("mac")?,
    ];
    let units = [middle("read")?, middle("write")?];
    let declared = services::function(name).ok_or_else(|| format!("no crate declares {name}"))?;
    let declared = &declared.declaration;
    let seconds = (own / 1e3 + calls.iter().sum::<f64>() * CALL_MILLIS) / 1e3;
    let [_, kms, sign, mac] = calls;
    let [read, write] = units;
    let dollars = price::GATEWAY
        + price::INVOCATION
        + seconds * f64::from(function.memory) / 1024.0 * price::GIGABYTE_SECOND * 1e6
        // DynamoDB counts capacity units; a strongly consistent read unit is one read request unit.
        + read * price::READ
        + write * price::WRITE * REGIONS
        + (kms + mac) * price::KMS
        + sign * price::KMS_ECC;
    Ok(Endpoint {
        name: name.to_owned(),
        p50: middle("micros")?,
        p99,
        own,
        // Only what is hashed with the pepper goes through argon2id, whose time is a matter of policy.
        hashes: function.variables.iter().any(|v| v == "SECRET_PEPPER"),
        calls,
        units,
        dollars,
        audit: column("audit")?.last().copied().unwrap_or_default(),
        // A token for a client is made of what is there: where nothing is declared to change, the entry stands alone.
        changes: !matches!(declared.audit, Audit::Log)
            && declared.uses.iter().any(|u| matches!(u, Uses::Write(_))),
    })
}

impl Endpoint {
    fn json(&self) -> Value {
        json!({"operation": self.name, "p50_micros": self.p50, "p99_micros": self.p99, "own_micros": self.own,
            "dynamodb_kms_sign_mac": self.calls, "read_write_units": self.units, "dollars_a_million": self.dollars,
            "audit_calls": self.audit, "changes": self.changes})
    }
}
