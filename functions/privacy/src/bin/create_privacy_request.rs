//! The Lambda function `create_privacy_request`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<privacy::requests::create::Create>() })
}
