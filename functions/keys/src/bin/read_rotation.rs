//! The Lambda function `read_rotation`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<keys::rotations::read::Read>() })
}
