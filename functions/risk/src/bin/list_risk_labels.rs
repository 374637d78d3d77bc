//! The Lambda function `list_risk_labels`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::labels::list::List>() })
}
