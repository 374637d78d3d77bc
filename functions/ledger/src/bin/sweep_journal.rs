//! The Lambda function `sweep_journal`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { ledger::workers::sweep::WORKER })
}
