//! The Lambda function `create_session`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::sessions::create::Create>() })
}
