//! The Lambda function `read_trial_balance`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<ledger::trial_balance::read::Read>() })
}
