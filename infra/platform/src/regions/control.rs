//! Where the regions are asked about, ended, cut off and started again: on a free port of this machine, for whoever knows the path.

use super::Board;
use crate::faults::{listen, plain};
use console::say;
use hyper::Method;
use serde_json::{Value, json};
use std::sync::Arc;

/// Serves it; gives the address, path included.
///
/// # Errors
/// When no port is free.
pub async fn serve(board: Arc<Board>) -> Result<String, String> {
    let path = format!("/{}", hex::encode(shared::random::bytes::<16>()));
    let known = path.clone();
    // What is told names where this is.
    let own: Arc<std::sync::OnceLock<String>> = Arc::default();
    let told = own.clone();
    let address = listen(move |request| {
        let (board, known, own) = (board.clone(), known.clone(), own.clone());
        async move {
            let (method, path) = (request.method().clone(), request.uri().path().to_owned());
            let (given, rest) = path.split_at_checked(known.len()).unwrap_or_default();
            let same = aws_lc_rs::constant_time::verify_slices_are_equal(given.as_bytes(), known.as_bytes());
            let parts: Vec<&str> = rest.split('/').skip(1).collect();
            Ok(match (same, &method, parts.as_slice()) {
                (Ok(()), &Method::GET, []) => plain(200, board.network.told().to_string()),
                (Ok(()), &Method::POST, [action, region]) => {
                    match board
                        .act(action, region, own.get().map_or("", String::as_str))
                        .await
                    {
                        Ok(answer) => plain(200, answer.to_string()),
                        Err(why) => plain(409, why),
                    }
                }
                _ => plain(404, String::new()),
            })
        }
    })
    .await?;
    let address = address + &path;
    let _ = told.set(address.clone());
    Ok(address)
}

impl Board {
    async fn act(&self, action: &str, name: &str, control: &str) -> Result<Value, String> {
        let region = self.network.regions().iter().find(|r| r.name == name);
        let region = region.ok_or_else(|| format!("there is no region {name}"))?;
        match action {
            "kill" => region.kill()?,
            "start" => {
                region.spawn()?;
                region.ready(&*self.clock).await?;
                self.tell(control)?;
                say(&format!("{name} is back"));
            }
            "isolate" => {
                region.cut.send_replace(true);
                say(&format!(
                    "{name} is cut off from the home table and from the other region"
                ));
            }
            "rejoin" => {
                region.cut.send_replace(false);
                say(&format!("{name} is reached again"));
            }
            _ => return Err(format!("{action}: kill, start, isolate or rejoin")),
        }
        Ok(json!({}))
    }
}
