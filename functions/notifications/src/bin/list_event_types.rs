//! The Lambda function `list_event_types`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::event_types::list::List>() })
}
