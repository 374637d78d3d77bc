//! The Lambda function `create_risk_list`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::lists::create::Create>() })
}
