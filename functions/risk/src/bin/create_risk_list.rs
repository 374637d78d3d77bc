//! The Lambda function `create_risk_list`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<risk::lists::create::Create>() })
}
