//! The Lambda function `add_risk_list_item`.
#![recursion_limit = "256"]

fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::lists::add::Add>() })
}
