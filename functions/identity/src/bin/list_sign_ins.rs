//! The Lambda function `list_sign_ins`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::sign_ins::list::List>() })
}
