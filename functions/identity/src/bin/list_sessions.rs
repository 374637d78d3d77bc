//! The Lambda function `list_sessions`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::sessions::list::List>() })
}
