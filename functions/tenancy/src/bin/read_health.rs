//! The Lambda function `read_health`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<tenancy::health::read::Read>() })
}
