//! A process of Lambda: from the gateway's events to answers, and from a trigger's events to their results.

use super::{
    event,
    function::{Function, Warm},
    worker::{self, Worker},
};
use crate::{declaration::uses::Uses, kernel::logging, process::app::App};
use std::sync::Arc;

/// Opens connections. A process that is started on demand has a request waiting, so it asks for that at once and connects
/// meanwhile; one that is started ahead (provisioned concurrency) may be frozen as soon as it asks, so it connects first.
async fn warm(app: &Arc<App>, needs: Vec<Uses>, more: Option<Warm>) {
    let own = app.clone();
    let all = async move {
        match more {
            Some(more) => tokio::join!(own.warm(&needs), more(own.clone())).0,
            None => own.warm(&needs).await,
        }
    };
    if std::env::var("AWS_LAMBDA_INITIALIZATION_TYPE").is_ok_and(|kind| kind == "on-demand") {
        tokio::spawn(all);
    } else {
        all.await;
    }
}

/// Runs a process to its end on one thread: it has one request at a time and mostly less than one core, and handing what arrives
/// to another thread takes longer than what is done with it. What takes long, such as argon2id, has a thread of its own.
fn run(process: impl Future<Output = Result<(), lambda_http::Error>>) -> Result<(), lambda_http::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(process)
}

/// Serves one endpoint as a Lambda function, until the process ends.
///
/// # Errors
/// When the environment is incomplete or the runtime ends.
pub fn serve(function: &'static Function) -> Result<(), lambda_http::Error> {
    run(async {
        logging::start();
        let app = App::from_lambda()?;
        warm(&app, function.declaration.needs(), function.warm).await;
        lambda_runtime::run(event::gateway(app, function)).await
    })
}

/// Serves one worker as a Lambda function, until the process ends.
///
/// # Errors
/// When the environment is incomplete or the runtime ends.
pub fn serve_worker(worker: &'static Worker) -> Result<(), lambda_http::Error> {
    run(async {
        logging::start();
        let app = App::from_lambda()?;
        warm(&app, worker.needs(), None).await;
        lambda_runtime::run(lambda_runtime::service_fn(
            move |event: lambda_runtime::LambdaEvent<serde_json::Value>| {
                let app = app.clone();
                async move {
                    let done = worker::run(app, worker, event.payload).await;
                    done.map_err(lambda_http::Error::from)
                }
            },
        ))
        .await
    })
}
