//! The Lambda function `read_notifications_contract`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<notifications::contract::Read>() })
}
