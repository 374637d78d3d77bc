//! The Lambda function `list_rights`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::rights::list::List>() })
}
