//! Typed filters over the attributes of an object and of the caller.

use super::Right;
use crate::{
    record::Field,
    shape::{Member, Named, Shape, Shaped, Tagged},
    store::{Attributes, Value},
};
use serde::{Deserialize, Serialize};

/// One side of a comparison with the caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Operand(pub String);

/// A filter. `None` from its evaluation means that an attribute was missing or of the wrong type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Filter {
    /// Every part holds.
    All(Vec<Filter>),
    /// Some part holds.
    Any(Vec<Filter>),
    /// The part does not hold.
    Not(Box<Filter>),
    /// The attribute equals the value.
    Eq {
        /// Attribute of the object.
        attribute: String,
        /// What it is compared with.
        value: Value,
    },
    /// The attribute is one of the values.
    In {
        /// Attribute of the object.
        attribute: String,
        /// What it may be.
        values: Vec<Value>,
    },
    /// The attribute is at most the number.
    Le {
        /// Attribute of the object.
        attribute: String,
        /// The bound.
        value: Value,
    },
    /// The attribute is at least the number.
    Ge {
        /// Attribute of the object.
        attribute: String,
        /// The bound.
        value: Value,
    },
    /// The attribute equals an attribute of the caller.
    SelfEq {
        /// Attribute of the object.
        attribute: String,
        /// Attribute of the caller.
        principal: Operand,
    },
}

/// The attribute of the object, which every comparison names.
const ATTRIBUTE: Field = Field::public("attribute", "Attribute of the object.", String::shape);

impl Filter {
    fn members() -> Vec<Member> {
        const VALUE: &[Field] = &[
            ATTRIBUTE,
            Field::public("value", "What it is compared with.", Value::shape),
        ];
        const VALUES: &[Field] = &[
            ATTRIBUTE,
            Field::public("values", "What it may be.", <Vec<Value>>::shape),
        ];
        const PRINCIPAL: &[Field] = &[
            ATTRIBUTE,
            Field::public("principal", "Attribute of the caller.", String::shape),
        ];
        let member = |tag, name, about, shape| Member {
            tag,
            name,
            about,
            shape,
        };
        let record = |name: &'static str, about, fields| {
            Shape::Record(Named {
                name: name.into(),
                about,
                fields,
                comes_in: true,
                open: true,
                example: None,
            })
        };
        let value = || record("FilterComparison", "An attribute and a value.", VALUE);
        vec![
            member("all", "FilterAll", "Every part holds.", <Vec<Self>>::shape()),
            member("any", "FilterAny", "Some part holds.", <Vec<Self>>::shape()),
            member("not", "FilterNot", "The part does not hold.", Self::shape()),
            member("eq", "FilterEq", "The attribute equals the value.", value()),
            member(
                "in",
                "FilterIn",
                "The attribute is one of the values.",
                record("FilterMembership", "An attribute and values.", VALUES),
            ),
            member("le", "FilterLe", "The attribute is at most the number.", value()),
            member("ge", "FilterGe", "The attribute is at least the number.", value()),
            member(
                "self_eq",
                "FilterSelfEq",
                "The attribute equals an attribute of the caller.",
                record(
                    "FilterSelf",
                    "An attribute of the object and one of the caller.",
                    PRINCIPAL,
                ),
            ),
        ]
    }
}

impl Shaped for Filter {
    fn shape() -> Shape {
        Shape::Tagged(Tagged {
            name: "Filter",
            about: "Which objects a grant is about: a comparison, or several together.",
            members: Self::members,
        })
    }
}

fn same_type(a: &Value, b: &Value) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

fn compare(object: &Attributes, attribute: &str, bound: &Value) -> Option<std::cmp::Ordering> {
    match (object.get(attribute)?, bound) {
        (Value::Number(have), Value::Number(bound)) => Some(have.cmp(bound)),
        _ => None,
    }
}

impl Filter {
    /// Whether every part of it can ever be known: it names only what objects of the right's kind have, and is not too
    /// large (`most` parts, `deepest` nesting).
    ///
    /// # Errors
    /// Says what is wrong.
    pub fn check(&self, right: &Right, (most, deepest): (usize, usize)) -> Result<(), &'static str> {
        let mut left = vec![(self, 1usize)];
        let mut parts = 0usize;
        while let Some((filter, depth)) = left.pop() {
            parts += 1;
            if parts > most || depth > deepest {
                return Err("is too large");
            }
            let below = depth + 1;
            match filter {
                Self::All(inner) | Self::Any(inner) => left.extend(inner.iter().map(|f| (f, below))),
                Self::Not(inner) => left.push((inner, below)),
                Self::Eq { attribute, .. }
                | Self::In { attribute, .. }
                | Self::Le { attribute, .. }
                | Self::Ge { attribute, .. }
                | Self::SelfEq { attribute, .. }
                    if !right.attributes.contains(&attribute.as_str()) =>
                {
                    return Err("names an attribute that this right cannot be filtered by");
                }
                Self::SelfEq { principal, .. } if principal.0 != "id" => {
                    return Err("names an attribute that callers do not have");
                }
                Self::Eq { .. }
                | Self::In { .. }
                | Self::Le { .. }
                | Self::Ge { .. }
                | Self::SelfEq { .. } => {}
            }
        }
        Ok(())
    }

    /// Evaluates the filter; an unknown part makes the whole unknown unless another part decides alone.
    #[must_use]
    pub fn evaluate(&self, object: &Attributes, principal: &Attributes) -> Option<bool> {
        match self {
            Self::All(parts) => decisive(parts, false, object, principal),
            Self::Any(parts) => decisive(parts, true, object, principal),
            Self::Not(part) => part.evaluate(object, principal).map(|b| !b),
            Self::Eq { attribute, value } => {
                let have = object.get(attribute.as_str())?;
                same_type(have, value).then(|| have == value)
            }
            Self::In { attribute, values } => {
                let have = object.get(attribute.as_str())?;
                values
                    .iter()
                    .all(|v| same_type(have, v))
                    .then(|| values.contains(have))
            }
            Self::Le { attribute, value } => compare(object, attribute, value).map(std::cmp::Ordering::is_le),
            Self::Ge { attribute, value } => compare(object, attribute, value).map(std::cmp::Ordering::is_ge),
            Self::SelfEq {
                attribute,
                principal: theirs,
            } => {
                let have = object.get(attribute.as_str())?;
                let want = principal.get(theirs.0.as_str())?;
                same_type(have, want).then(|| have == want)
            }
        }
    }
}

/// What parts say together: one that says `alone` decides, else one that is unknown makes the whole unknown.
fn decisive(parts: &[Filter], alone: bool, object: &Attributes, principal: &Attributes) -> Option<bool> {
    let mut known = true;
    for part in parts {
        match part.evaluate(object, principal) {
            Some(said) if said == alone => return Some(alone),
            Some(_) => {}
            None => known = false,
        }
    }
    known.then_some(!alone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_is_neither_true_nor_false() {
        let object = Attributes::from([
            ("currency", Value::from("EUR")),
            ("customer", Value::from("cus_1")),
        ]);
        let me = Attributes::from([("customer", Value::from("cus_1"))]);
        let eur = Filter::Eq {
            attribute: "currency".into(),
            value: "EUR".into(),
        };
        let missing = Filter::Eq {
            attribute: "amount".into(),
            value: 1.into(),
        };
        let mine = Filter::SelfEq {
            attribute: "customer".into(),
            principal: Operand("customer".into()),
        };
        let table = [
            (eur.clone(), Some(true)),
            (missing.clone(), None),
            (Filter::Not(Box::new(missing.clone())), None),
            (Filter::All(vec![eur.clone(), missing.clone()]), None),
            (
                Filter::All(vec![Filter::Not(Box::new(eur.clone())), missing.clone()]),
                Some(false),
            ),
            (Filter::Any(vec![eur.clone(), missing.clone()]), Some(true)),
            (
                Filter::Any(vec![Filter::Not(Box::new(eur.clone())), missing]),
                None,
            ),
            (mine.clone(), Some(true)),
            (
                Filter::In {
                    attribute: "currency".into(),
                    values: vec!["USD".into(), "EUR".into()],
                },
                Some(true),
            ),
            (
                Filter::Ge {
                    attribute: "currency".into(),
                    value: 1.into(),
                },
                None,
            ),
        ];
        for (filter, expected) in table {
            assert_eq!(filter.evaluate(&object, &me), expected, "{filter:?}");
            let json = serde_json::to_string(&filter).unwrap();
            assert_eq!(serde_json::from_str::<Filter>(&json).unwrap(), filter);
        }
        assert_eq!(mine.evaluate(&object, &Attributes::new()), None);
    }
}
