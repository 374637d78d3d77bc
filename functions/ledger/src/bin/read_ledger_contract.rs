//! The Lambda function `read_ledger_contract`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<ledger::contract::Read>() })
}
