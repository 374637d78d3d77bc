//! The Lambda function `create_check`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::checks::create::Create>() })
}
