//! The Lambda function `read_journal_entry`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<ledger::journal::read::Read>() })
}
