//! The Lambda function `list_entries`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::entries::list::List>() })
}
