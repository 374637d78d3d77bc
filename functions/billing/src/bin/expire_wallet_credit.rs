//! The Lambda function `expire_wallet_credit`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { billing::workers::expire::WORKER })
}
