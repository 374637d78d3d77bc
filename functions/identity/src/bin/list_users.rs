//! The Lambda function `list_users`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::users::list::List>() })
}
