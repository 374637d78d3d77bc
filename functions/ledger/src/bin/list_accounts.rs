//! The Lambda function `list_accounts`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<ledger::accounts::list::List>() })
}
