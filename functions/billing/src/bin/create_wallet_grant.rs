//! The Lambda function `create_wallet_grant`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<billing::wallets::grant::Create>() })
}
