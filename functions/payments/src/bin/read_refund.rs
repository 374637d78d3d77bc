//! The Lambda function `read_refund`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<payments::refunds::read::Read>() })
}
