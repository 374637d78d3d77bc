//! The Lambda function `read_privacy_request`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<privacy::requests::read::Read>() })
}
