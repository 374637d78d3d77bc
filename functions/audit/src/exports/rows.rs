//! Exports as rows: the entries of a time, one line each.

use super::{ExportItem, Format, bundle, csv, ocsf};
use crate::log::{
    Log,
    items::{ExportSealItem, PartItem},
    padded,
};
use serde_json::{Map, Value};
use shared::{problem::Problem, road::Context, store::Stored};

/// The parts of a log that an export is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first.
    pub first: u64,
    /// How many, at least one.
    pub parts: u64,
    /// Entries in them.
    pub entries: u64,
}

impl Window {
    /// Those that can hold an entry of the export's time: found by halving, as parts say which times they are beyond.
    ///
    /// # Errors
    /// 503 when the store does not answer, 500 when the log does not hold what its head says.
    pub async fn of(
        cx: &Context,
        log: &Log,
        seal: &ExportSealItem,
        export: &ExportItem,
    ) -> Result<Self, Problem> {
        let last = seal.parts.saturating_sub(1);
        // The last part that begins before the time, or the first of all.
        let (mut low, mut high) = (0, last);
        if let Some(first) = &export.first {
            while low < high {
                let middle = low + (high - low).div_ceil(2);
                if part(cx, log, middle).await?.begins_by(first) {
                    low = middle;
                } else {
                    high = middle - 1;
                }
            }
        }
        let begins = low;
        // The first part after it that begins after the time, or the end.
        let (mut low, mut high) = (begins + 1, seal.parts.max(1));
        if let Some(until) = &export.last {
            while low < high {
                let middle = low + (high - low) / 2;
                if part(cx, log, middle).await?.is_past(until) {
                    high = middle;
                } else {
                    low = middle + 1;
                }
            }
        }
        let ends = high;
        let from = if begins == 0 {
            0
        } else {
            part(cx, log, begins).await?.first
        };
        let to = if ends >= seal.parts {
            seal.size
        } else {
            part(cx, log, ends).await?.first
        };
        Ok(Self {
            first: begins,
            parts: ends - begins,
            entries: to.saturating_sub(from),
        })
    }
}

async fn part(cx: &Context, log: &Log, number: u64) -> Result<Stored<PartItem>, Problem> {
    let part = cx.find_sub::<PartItem>(&log.id(), &padded(number)).await?;
    part.ok_or_else(|| Problem::internal("a part of a log is not there"))
}

/// The lines of one part of an export. Entries outside its time are not read; a part may have no lines.
///
/// # Errors
/// 503 when the store does not answer, 500 when the log does not hold what its head says.
pub async fn lines(
    cx: &Context,
    log: &Log,
    seal: &ExportSealItem,
    export: &ExportItem,
    window: Window,
    part: u64,
) -> Result<Vec<String>, Problem> {
    let (first, end) = bundle::range(cx, log, seal, window.first.saturating_add(part)).await?;
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
