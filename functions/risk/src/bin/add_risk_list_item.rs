//! The Lambda function `add_risk_list_item`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::lists::add::Add>() })
}
