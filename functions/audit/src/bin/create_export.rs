//! The Lambda function `create_export`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::exports::create::Create>() })
}
