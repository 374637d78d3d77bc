//! The Lambda function `create_risk_label`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::labels::create::Create>() })
}
