//! The Lambda function `list_sessions`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::sessions::list::List>() })
}
