//! The Lambda function `post_journal_entry`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<ledger::journal::post::Post>() })
}
