//! The Lambda function `create_rotation`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<keys::rotations::create::Create>() })
}
