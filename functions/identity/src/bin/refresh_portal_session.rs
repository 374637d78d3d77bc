//! The Lambda function `refresh_portal_session`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::portal::refresh::Refresh>() })
}
