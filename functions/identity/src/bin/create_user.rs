//! The Lambda function `create_user`.
fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::users::create::Create>() })
}
