//! The Lambda function `book_entries`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { ledger::workers::book::WORKER })
}
