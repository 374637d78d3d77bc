//! The Lambda function `create_export`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::exports::create::Create>() })
}
