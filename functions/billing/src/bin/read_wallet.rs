//! The Lambda function `read_wallet`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::wallets::read::Read>() })
}
