//! The Lambda function `create_privacy_request`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<privacy::requests::create::Create>() })
}
