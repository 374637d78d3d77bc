//! Typed filters over the attributes of an object and of the caller.

use super::{Right, attribute};
use crate::{
    record::Field,
    shape::{Member, Named, Shape, Shaped, Tagged},
    store::{Attributes, Value},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

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
    /// Whether every part of it can ever hold: it names only what objects of the right's kind have, compares each with
    /// what it may be, and is not too large (`most` parts, `deepest` nesting).
    ///
    /// # Errors
    /// Where in it something is wrong, as the rest of a JSON pointer, and what.
    pub fn check(&self, right: &Right, (most, deepest): (usize, usize)) -> Result<(), (String, String)> {
        let mut left = vec![(self, 1usize, String::new())];
        let mut parts = 0usize;
        while let Some((filter, depth, at)) = left.pop() {
            parts += 1;
            if parts > most || depth > deepest {
                return Err((String::new(), "is too large".into()));
            }
            let below = depth + 1;
            match filter {
                Self::All(inner) | Self::Any(inner) => {
                    let at = format!("{at}/{}", filter.tag());
                    if inner.is_empty() {
                        return Err((at, "must have a part".into()));
                    }
                    let inner = inner.iter().enumerate();
                    left.extend(inner.map(|(n, f)| (f, below, format!("{at}/{n}"))));
                }
                Self::Not(inner) => left.push((inner, below, format!("{at}/not"))),
                comparison => comparison
                    .compares(right)
                    .map_err(|(member, why)| (format!("{at}/{}/{member}", filter.tag()), why))?,
            }
        }
        Ok(())
    }

    /// Its name on the wire.
    const fn tag(&self) -> &'static str {
        match self {
            Self::All(_) => "all",
            Self::Any(_) => "any",
            Self::Not(_) => "not",
            Self::Eq { .. } => "eq",
            Self::In { .. } => "in",
            Self::Le { .. } => "le",
            Self::Ge { .. } => "ge",
            Self::SelfEq { .. } => "self_eq",
        }
    }

    /// The attribute that a comparison looks at.
    fn attribute(&self) -> Option<&str> {
        match self {
            Self::All(_) | Self::Any(_) | Self::Not(_) => None,
            Self::Eq { attribute, .. }
            | Self::In { attribute, .. }
            | Self::Le { attribute, .. }
            | Self::Ge { attribute, .. }
            | Self::SelfEq { attribute, .. } => Some(attribute),
        }
    }

    /// Whether a comparison can hold, or which of its members is wrong and why.
    fn compares(&self, right: &Right) -> Result<(), (&'static str, String)> {
        let name = self.attribute().unwrap_or_default();
        if !right.attributes.contains(&name) {
            let why = match right.attributes {
                [] => "cannot be: this right has no attributes to filter by".to_owned(),
                there_are => format!("is none of this right: there are {}", there_are.join(", ")),
            };
            return Err(("attribute", why));
        }
        let kind = attribute::kind(name);
        let ordered = matches!(self, Self::Le { .. } | Self::Ge { .. });
        if ordered && kind != attribute::Kind::Number {
            return Err(("attribute", "has no order: compare it by eq or in".into()));
        }
        match self {
            Self::Eq { value, .. } | Self::Le { value, .. } | Self::Ge { value, .. } => {
                kind.takes(value).map_err(|why| ("value", why.into()))
            }
            Self::In { values, .. } if values.is_empty() => Err(("values", "must have a value".into())),
            Self::In { values, .. } => {
                let wrong = values.iter().find_map(|value| kind.takes(value).err());
                wrong.map_or(Ok(()), |why| Err(("values", why.into())))
            }
            Self::SelfEq { principal, .. } if principal.0 != "id" => {
                Err(("principal", "is nothing that callers have: there is id".into()))
            }
            Self::SelfEq { .. } if kind == attribute::Kind::Number => {
                Err(("attribute", "is a number, and no caller's id is one".into()))
            }
            Self::SelfEq { .. } | Self::All(_) | Self::Any(_) | Self::Not(_) => Ok(()),
        }
    }

    /// Every attribute that it looks at.
    pub(super) fn looks_at<'f>(&'f self, into: &mut BTreeSet<&'f str>) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.looks_at(into)),
            Self::Not(part) => part.looks_at(into),
            comparison => into.extend(comparison.attribute()),
        }
    }

    /// Evaluates the filter; an unknown part makes the whole unknown unless another part decides alone.
    #[must_use]
    pub fn evaluate(&self, object: &Attributes, principal: &Attributes) -> Option<bool> {
        self.assuming(object, principal, None)
    }

    /// Evaluates it before it is known what the call does with the object: what looks at that says whatever makes the
    /// whole `favoured`, where there is something favoured.
    #[must_use]
    pub fn assuming(
        &self,
        object: &Attributes,
        principal: &Attributes,
        favoured: Option<bool>,
    ) -> Option<bool> {
        if let (Some(favoured), Some(name)) = (favoured, self.attribute())
            && attribute::of_operation(name)
            && !object.contains_key(name)
        {
            return Some(favoured);
        }
        match self {
            Self::All(parts) => decisive(parts, false, object, principal, favoured),
            Self::Any(parts) => decisive(parts, true, object, principal, favoured),
            Self::Not(part) => {
                let said = part.assuming(object, principal, favoured.map(|f| !f));
                said.map(|b| !b)
            }
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
fn decisive(
    parts: &[Filter],
    alone: bool,
    object: &Attributes,
    principal: &Attributes,
    favoured: Option<bool>,
) -> Option<bool> {
    let mut known = true;
    for part in parts {
        match part.assuming(object, principal, favoured) {
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

    fn checked(right: &Right, json: serde_json::Value) -> Result<(), (String, String)> {
        serde_json::from_value::<Filter>(json)
            .unwrap()
            .check(right, (100, 5))
    }

    #[test]
    fn what_can_never_hold_is_refused_when_it_is_saved() {
        use super::super::{AUDIT_READ, PAYMENT_REFUND as REFUND, TENANT_READ};
        use serde_json::json;
        for good in [
            json!({"le": {"attribute": "amount", "value": 5000}}),
            json!({"le": {"attribute": "operation_amount", "value": 5000}}),
            json!({"in": {"attribute": "currency", "values": ["EUR", "JPY"]}}),
            json!({"not": {"eq": {"attribute": "customer", "value": "cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A"}}}),
        ] {
            assert_eq!(checked(&REFUND, good.clone()), Ok(()), "{good}");
        }
        for (right, bad, at) in [
            (
                &REFUND,
                json!({"le": {"attribute": "amount", "value": "5000"}}),
                "/le/value",
            ),
            (
                &REFUND,
                json!({"eq": {"attribute": "amount", "value": true}}),
                "/eq/value",
            ),
            (
                &REFUND,
                json!({"ge": {"attribute": "currency", "value": 1}}),
                "/ge/attribute",
            ),
            (
                &REFUND,
                json!({"eq": {"attribute": "currency", "value": "eur"}}),
                "/eq/value",
            ),
            (
                &REFUND,
                json!({"eq": {"attribute": "customer", "value": "ada"}}),
                "/eq/value",
            ),
            (
                &REFUND,
                json!({"in": {"attribute": "amount", "values": [1, "2"]}}),
                "/in/values",
            ),
            (
                &REFUND,
                json!({"in": {"attribute": "amount", "values": []}}),
                "/in/values",
            ),
            (&REFUND, json!({"any": []}), "/any"),
            (&REFUND, json!({"all": [{"not": {"all": []}}]}), "/all/0/not/all"),
            (
                &REFUND,
                json!({"self_eq": {"attribute": "amount", "principal": "id"}}),
                "/self_eq/attribute",
            ),
            (
                &REFUND,
                json!({"self_eq": {"attribute": "customer", "principal": "role"}}),
                "/self_eq/principal",
            ),
            (
                &AUDIT_READ,
                json!({"le": {"attribute": "operation_amount", "value": 1}}),
                "/le/attribute",
            ),
            (
                &TENANT_READ,
                json!({"eq": {"attribute": "id", "value": "a"}}),
                "/eq/attribute",
            ),
        ] {
            assert_eq!(checked(right, bad.clone()).unwrap_err().0, at, "{bad}");
        }
        let told = checked(&REFUND, json!({"eq": {"attribute": "email", "value": "a"}})).unwrap_err();
        assert!(
            told.1.ends_with("amount, currency, customer, operation_amount"),
            "{told:?}"
        );
    }

    #[test]
    fn before_an_operation_is_known_only_what_cannot_be_is_refused() {
        let object = Attributes::from([("amount", Value::from(10))]);
        let me = Attributes::new();
        let small = |name: &str| Filter::Le {
            attribute: name.into(),
            value: 5.into(),
        };
        let operation = small("operation_amount");
        assert_eq!(operation.evaluate(&object, &me), None);
        for (filter, could, could_not) in [
            (operation.clone(), true, true),
            (Filter::Not(Box::new(operation.clone())), true, true),
            (Filter::All(vec![small("amount"), operation.clone()]), false, true),
            (
                Filter::Any(vec![Filter::Not(Box::new(small("amount"))), operation.clone()]),
                true,
                false,
            ),
        ] {
            assert_eq!(
                filter.assuming(&object, &me, Some(true)),
                Some(could),
                "{filter:?}"
            );
            assert_eq!(
                filter.assuming(&object, &me, Some(false)),
                Some(!could_not),
                "{filter:?}"
            );
        }
        let mut known = object.clone();
        known.insert("operation_amount", 6.into());
        assert_eq!(operation.assuming(&known, &me, Some(true)), Some(false));
    }

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
