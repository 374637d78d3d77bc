//! The Lambda function `update_user`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::users::update::Update>() })
}
