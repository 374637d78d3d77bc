//! Invoices and credit notes as legal documents, after EN 16931.
//!
//! A [`Document`] is all that an issued invoice says, frozen. Nothing here reads a clock, a store or a catalogue: the same document
//! is the same bytes for ever. Terms of the standard are named as it names them: BT-1 is a business term, BG-4 a group of them.

pub mod amount;
mod check;
mod document;
mod einvoice;
mod html;
mod iban;
mod lists;
#[cfg(feature = "pdf")]
mod pdf;
mod view;

pub use check::{Fault, Rule, validate};
pub use document::{
    Accounting, Address, Allowance, Category, Contact, Currency, Delivery, Discount, Document, Identifier,
    Kind, Language, Line, Means, Party, Payment, Period, Preceding, Pricing, Profile, TaxGroup, Totals,
};
pub use einvoice::{NoEinvoice, cii, factur_x, ubl};
pub use html::{STYLE, html};
#[cfg(feature = "pdf")]
pub use pdf::{NoPdf, pdf};
