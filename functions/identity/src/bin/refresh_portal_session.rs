//! The Lambda function `refresh_portal_session`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::portal::refresh::Refresh>() })
}
