//! The Lambda function `read_payments_contract`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<payments::contract::Read>() })
}
