//! The Lambda function `put_default_password_policy`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::roles::default_policy::Put>() })
}
