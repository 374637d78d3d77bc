//! The Lambda function `read_user`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::users::read::Read>() })
}
