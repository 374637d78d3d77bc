//! What a subscription costs: periods, prices and proration.
//!
//! Nothing here reads a clock, a store or a machine's table of zones: every computation takes its instants, and the same input is the
//! same amount for ever. Numbers are exact until a line is rounded, once, half away from zero.

mod change;
mod fraction;
mod interval;
mod model;
mod number;
mod proration;
mod schedule;
mod usage;
mod zone;

pub use change::{Change, Segment, Terms, change};
pub use fraction::Fraction;
pub use interval::{Interval, Unit};
pub use model::{Model, PercentageTerms, Priced, Step, Tier, commitment};
pub use number::{Number, Wrong};
pub use proration::{Axis, Proration};
pub use schedule::{Anchor, Period, Schedule, trial_end};
pub use usage::{Aggregation, Reading, Tally};
pub use zone::Zone;
