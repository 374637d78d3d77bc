//! The Lambda function `confirm_password_reset`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::password_resets::confirm::Confirm>() })
}
