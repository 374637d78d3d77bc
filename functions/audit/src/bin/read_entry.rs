//! The Lambda function `read_entry`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::entries::read::Read>() })
}
