//! The Lambda function `create_rotation`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<keys::rotations::create::Create>() })
}
