//! The Lambda function `read_rotation`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<keys::rotations::read::Read>() })
}
