//! The Lambda function `prove_entry`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<audit::entries::prove::Prove>() })
}
