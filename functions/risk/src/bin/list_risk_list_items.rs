//! The Lambda function `list_risk_list_items`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::lists::items::List>() })
}
