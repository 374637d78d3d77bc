//! What the attributes are that filters name: what each holds, so that a filter that can never hold is refused when it is saved.

use crate::{
    kernel::{ids::CustomerId, money::Currency},
    store::Value,
};

/// What an attribute holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers: amounts in minor units.
    Number,
    /// A currency (ISO 4217).
    Currency,
    /// The id of a customer.
    Customer,
    /// A text.
    Text,
}

/// What the attribute of this name holds, whatever right it is of.
#[must_use]
pub fn kind(name: &str) -> Kind {
    match name {
        "amount" | "operation_amount" => Kind::Number,
        "currency" => Kind::Currency,
        "customer" => Kind::Customer,
        _ => Kind::Text,
    }
}

/// Whether it says what a call is about to do, not how its object is.
#[must_use]
pub fn of_operation(name: &str) -> bool {
    name.starts_with("operation_")
}

impl Kind {
    /// Its name in the contract.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Currency => "currency",
            Self::Customer => "customer",
            Self::Text => "text",
        }
    }

    /// Whether an attribute of this kind can be this value.
    ///
    /// # Errors
    /// Says what it is instead.
    pub fn takes(self, value: &Value) -> Result<(), &'static str> {
        match (self, value) {
            (Self::Number, Value::Number(_)) => Ok(()),
            (Self::Number, _) => Err("must be a whole number, not a text"),
            (Self::Currency, Value::Text(code)) => code.parse::<Currency>().map(drop),
            (Self::Customer, Value::Text(id)) => CustomerId::parse(id)
                .map(drop)
                .map_err(|_| "must be the id of a customer"),
            (Self::Text, Value::Text(_)) => Ok(()),
            (Self::Currency | Self::Customer | Self::Text, _) => Err("must be a text"),
        }
    }
}
