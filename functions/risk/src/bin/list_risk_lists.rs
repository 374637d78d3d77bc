//! The Lambda function `list_risk_lists`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::lists::list::List>() })
}
