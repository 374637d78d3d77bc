//! The Lambda function `change_password`.
#[tokio::main]
async fn main() -> Result<(), shared::LambdaError> {
    shared::serve(&const { shared::function::<identity::me::password::Change>() }).await
}
