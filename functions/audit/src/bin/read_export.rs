//! The Lambda function `read_export`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::exports::read::Read>() })
}
