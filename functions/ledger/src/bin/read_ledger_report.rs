//! The Lambda function `read_ledger_report`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<ledger::reports::read::Read>() })
}
