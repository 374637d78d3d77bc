//! The Lambda function `list_journal_entries`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<ledger::journal::list::List>() })
}
