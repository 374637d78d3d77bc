//! The Lambda function `create_customer`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::customers::create::Create>() })
}
