//! Changes within a period: other terms or none from an instant on. What is taken back and charged waits for the next invoice.

use super::{KeptSegment, KeptTerms, MOST_WAITING, SubscriptionItem, Waiting, segments::wrong};
use crate::rated::Over;
use rating::{Axis, Period, Zone, change};
use shared::{problem::Problem, time::Timestamp};

impl SubscriptionItem {
    /// Other terms for the items at these places, or none, from an instant on.
    ///
    /// # Errors
    /// 409 when a period is due and not billed yet, or too much waits; 422 when a price has no answer.
    pub(super) fn change(
        &mut self,
        zone: &Zone,
        at: Timestamp,
        changes: Vec<(usize, Option<KeptTerms>)>,
    ) -> Result<(), Problem> {
        let Some(end) = self.period_end.filter(|_| self.next > 0) else {
            // Nothing has been billed, so nothing is taken back.
            self.replace(changes);
            return Ok(());
        };
        if at >= end {
            return Err(self.refused("A period is due and not billed yet: try again when it is."));
        }
        let full = self.schedule(zone)?.full(self.next - 1).map_err(wrong)?;
        let axis = Axis::new(zone, self.proration.into());
        let position = axis.position(at);
        let length = axis.position(full.end) - axis.position(full.start);
        let period = Period { start: at, end };
        for (place, terms) in &changes {
            let Some(item) = self.items.get_mut(*place) else {
                continue;
            };
            if item.segments.is_empty() {
                continue;
            }
            let billed = item
                .segments
                .iter()
                .map(KeptSegment::rating)
                .collect::<Result<Vec<_>, _>>()?;
            // Clocks of two machines differ by a moment.
            let position = billed.last().map_or(position, |last| position.max(last.from));
            let to = terms.as_ref().map(KeptTerms::rating).transpose()?;
            let made = change(&billed, position, length, to).map_err(wrong)?;
            let mut lines = Vec::new();
            if let Some((_, amount, part)) = made.credit {
                lines.push(item.terms.credit(amount, Over { part, period })?);
            }
            if let (Some((segment, part)), Some(terms)) = (&made.charge, terms) {
                let over = Over { part: *part, period };
                let charged = terms.charge(over)?;
                // What is given back of what was taken is that to the cent, and not computed anew.
                lines.push(if charged.line.amount == segment.net {
                    charged
                } else {
                    terms.credit(-segment.net, over)?
                });
            }
            item.segments = made.segments.into_iter().map(KeptSegment::from).collect();
            lines.into_iter().for_each(|line| wait(&mut self.waiting, line));
        }
        self.replace(changes);
        if self.waiting.len() > MOST_WAITING {
            return Err(self.refused("Too much has changed in this period: more can with the next one."));
        }
        Ok(())
    }

    fn replace(&mut self, changes: Vec<(usize, Option<KeptTerms>)>) {
        for (place, terms) in changes {
            if let (Some(item), Some(terms)) = (self.items.get_mut(place), terms) {
                item.terms = terms;
            }
        }
    }
}

/// Has a line wait, unless it undoes one that waits: then neither does.
fn wait(waiting: &mut Vec<Waiting>, line: Waiting) {
    match waiting.iter().rposition(|other| other.undoes(&line)) {
        Some(place) => drop(waiting.remove(place)),
        None => waiting.push(line),
    }
}
