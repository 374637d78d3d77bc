//! The Lambda function `purge_entries`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { audit::workers::purge_entries::WORKER })
}
