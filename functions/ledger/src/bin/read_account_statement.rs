//! The Lambda function `read_account_statement`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<ledger::accounts::statement::Statement>() })
}
