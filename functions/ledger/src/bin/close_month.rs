//! The Lambda function `close_month`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<ledger::periods::close::Close>() })
}
