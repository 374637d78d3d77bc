//! The Lambda function `list_event_types`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::event_types::list::List>() })
}
