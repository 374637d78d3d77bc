//! The Lambda function `create_breach`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<privacy::breaches::create::Create>() })
}
