//! What shapes let through and what refusals say.

use super::*;
use serde_json::json;

#[test]
fn bounds_are_those_of_the_shape_and_never_repeat_the_value() {
    let list = <Vec<String>>::shape().within(Some(1), Some(2));
    assert_eq!(list.out_of_bounds(&json!(["a"])), None);
    assert_eq!(
        list.out_of_bounds(&json!([])),
        Some("must be 1 to 2 items".into())
    );
    assert_eq!(list.out_of_bounds(&json!("ada")), None, "of another shape");
    let number = <Option<u32>>::shape().within(None, Some(5));
    assert_eq!(number.out_of_bounds(&json!(6)), Some("must be 0 to 5".into()));
    assert_eq!(number.expected(), "a whole number from 0 to 5");
    let text = String::shape().within(Some(2), None);
    assert_eq!(
        text.out_of_bounds(&json!("é")),
        Some("must be at least 2 characters".into())
    );
}
