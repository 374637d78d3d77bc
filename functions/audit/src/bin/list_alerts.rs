//! The Lambda function `list_alerts`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::alerts::list::List>() })
}
