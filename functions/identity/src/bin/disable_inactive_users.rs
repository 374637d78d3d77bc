//! The Lambda function `disable_inactive_users`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve_worker(&const { identity::users::disable_inactive::WORKER })
}
