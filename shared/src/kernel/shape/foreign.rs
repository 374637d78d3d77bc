//! Shapes of types of the language and of other crates.

use super::{Bounds, Integer, Names, Shape, Shaped, Text};
use serde_json::{Map, Value};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

fn map(of: Shape) -> Shape {
    Shape::Map {
        of: Box::new(of),
        names: Names::default(),
    }
}

impl Shaped for String {
    fn shape() -> Shape {
        Shape::Text(Text::default())
    }
}

impl Shaped for &str {
    fn shape() -> Shape {
        String::shape()
    }
}

impl Shaped for Cow<'_, str> {
    fn shape() -> Shape {
        String::shape()
    }
}

impl Shaped for bool {
    fn shape() -> Shape {
        Shape::Boolean
    }
}

impl Shaped for jiff::Timestamp {
    fn shape() -> Shape {
        Shape::Instant
    }
}

/// Any JSON.
impl Shaped for Value {
    fn shape() -> Shape {
        Shape::Any
    }
}

impl Shaped for Map<String, Value> {
    fn shape() -> Shape {
        map(Shape::Any)
    }
}

impl<T: Shaped> Shaped for Option<T> {
    fn shape() -> Shape {
        Shape::Optional(Box::new(T::shape()))
    }
}

impl<T: Shaped> Shaped for Box<T> {
    fn shape() -> Shape {
        T::shape()
    }
}

impl<T: Shaped> Shaped for Vec<T> {
    fn shape() -> Shape {
        Shape::List {
            of: Box::new(T::shape()),
            bounds: Bounds::default(),
        }
    }
}

impl<T: Shaped> Shaped for BTreeSet<T> {
    fn shape() -> Shape {
        <Vec<T>>::shape()
    }
}

impl<T: Shaped, const N: usize> Shaped for [T; N] {
    fn shape() -> Shape {
        let count = i64::try_from(N).ok();
        <Vec<T>>::shape().within(count, count)
    }
}

impl<T: Shaped> Shaped for BTreeMap<String, T> {
    fn shape() -> Shape {
        map(T::shape())
    }
}

macro_rules! integers {
    ($($name:ident, $format:literal: $min:expr, $max:expr;)*) => {$(
        impl Shaped for $name {
            fn shape() -> Shape {
                Shape::Integer(Integer {
                    format: Some($format),
                    value: Bounds { min: $min, max: $max },
                    ..Integer::default()
                })
            }
        }
    )*};
}

// Bounds of wide numbers say nothing that their format does not.
integers! {
    i8, "int8": Some(-128), Some(127);
    i16, "int16": Some(-32_768), Some(32_767);
    i32, "int32": None, None;
    i64, "int64": None, None;
    u8, "uint8": Some(0), Some(255);
    u16, "uint16": Some(0), Some(65_535);
    u32, "uint32": Some(0), None;
    u64, "uint64": Some(0), None;
}
