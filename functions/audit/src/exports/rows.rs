//! Exports as rows: the entries of a time, one line each.

use super::{ExportItem, Format, bundle, csv, ocsf};
use crate::log::{Log, items::ExportSealItem};
use serde_json::{Map, Value};
use shared::{problem::Problem, road::Context};

/// The lines of one part of an export. Entries outside its time are not read; a part may have no lines.
///
/// # Errors
/// 503 when the store does not answer, 500 when the log does not hold what its head says.
pub async fn lines(
    cx: &Context,
    log: &Log,
    seal: &ExportSealItem,
    export: &ExportItem,
    part: u64,
) -> Result<Vec<String>, Problem> {
    let (first, end) = bundle::range(cx, log, seal, part).await?;
    let mut places = bundle::places(cx, log, first, end).await?;
    let within = |id: &String| {
        export.first.as_ref().is_none_or(|first| first <= id)
            && export.last.as_ref().is_none_or(|last| id <= last)
    };
    places.retain(|place| within(&place.id));
    let bodies = bundle::bodies(cx, &places).await?;
    let mut lines = Vec::with_capacity(places.len().saturating_add(1));
    if export.format == Format::Csv && part == 0 {
        lines.push(csv::header());
    }
    for place in &places {
        // One that has been purged is no row any more.
        let Some(body) = bodies.get(&place.id) else {
            continue;
        };
        lines.push(line(export.format, place.index, body)?);
    }
    Ok(lines)
}

fn line(format: Format, index: u64, body: &str) -> Result<String, Problem> {
    let entry = || {
        serde_json::from_str::<Map<String, Value>>(body)
            .map_err(|_| Problem::internal("the body of an audit entry does not parse"))
    };
    Ok(match format {
        Format::Bundle | Format::Jsonl => body.to_owned(),
        Format::Csv => csv::row(index, &entry()?),
        Format::Ocsf => ocsf::event(&entry()?).to_string(),
    })
}
