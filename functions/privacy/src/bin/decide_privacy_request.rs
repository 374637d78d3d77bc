//! The Lambda function `decide_privacy_request`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<privacy::requests::decide::Decide>() })
}
