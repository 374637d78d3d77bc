//! The Lambda function `list_keys`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<keys::tenant_keys::list::List>() })
}
