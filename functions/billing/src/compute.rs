//! What an invoice costs, computed without reading or writing anything: lines, discounts, tax, credit and what is due,
//! in this order. Amounts are whole minor units; quotients are rounded once, half away from zero.

pub mod discount;
pub mod invoice;
pub mod note;
pub mod rate;
pub mod round;
pub mod share;
pub mod tax;
pub mod units;
pub mod wallet;

pub use rate::Rate;
pub use units::Units;
