//! The Lambda function `list_roles`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::roles::list::List>() })
}
