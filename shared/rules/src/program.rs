//! A condition as it is run: steps over a stack, forwards only.

use crate::{Op, Value};
use jiff::tz::TimeZone;

/// A step.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Puts a constant on the stack.
    Push(Value<'static>),
    /// Puts the value of an attribute on the stack.
    Load(usize),
    /// Takes operands and puts the result there.
    Apply(Op),
    /// Jumps over this many steps where the top is not true, which becomes false; else takes it away.
    UnlessTrue(usize),
    /// Jumps over this many steps where the top is true; else takes it away.
    IfTrue(usize),
    /// Jumps over this many steps where the top is there; else takes it away.
    IfThere(usize),
    /// The hour of the top.
    Hour(TimeZone),
    /// The day of the week of the top.
    Weekday(TimeZone),
    /// Whether the top lies between two minutes of the day.
    Between(TimeZone, u16, u16),
}

/// A compiled condition.
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) steps: Vec<Step>,
    /// The places of the attributes that it reads.
    pub(crate) reads: Vec<usize>,
}

impl Program {
    /// The places of the attributes that it reads, each once, in [`crate::Slots`].
    #[must_use]
    pub fn reads(&self) -> &[usize] {
        &self.reads
    }

    /// Whether the condition holds for an event. `values` are those of [`crate::Slots::names`].
    #[must_use]
    pub fn holds(&self, values: &[Value<'_>]) -> bool {
        matches!(self.run(values), Value::Boolean(true))
    }
}
