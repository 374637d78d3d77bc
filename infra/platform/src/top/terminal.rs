//! The terminal while figures are shown: its other screen, and its keys as they are pressed.

use std::{
    io::{Read, Write},
    process::{Command, Stdio},
};
use tokio::sync::mpsc::{Receiver, channel};

/// To the other screen, without a cursor.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
/// Back.
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";
/// To the first place.
const HOME: &str = "\x1b[H";
/// Clear the rest of a line, and of the screen.
const REST: &str = "\x1b[K";
const BELOW: &str = "\x1b[J";
/// Lines where the terminal does not say how many it has.
const HEIGHT: usize = 24;

/// The terminal; it is given back when this is dropped.
pub(super) struct Terminal {
    /// How it was, as stty(1) says it.
    before: String,
    keys: Receiver<u8>,
}

/// Asks stty(1), which every system with a terminal has, about the terminal that standard input is.
fn stty(arguments: &[&str]) -> Option<String> {
    let done = Command::new("stty")
        .args(arguments)
        .stdin(Stdio::inherit())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(done.stdout).ok()?;
    done.status.success().then(|| text.trim().to_owned())
}

fn write(text: &str) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|e| e.to_string())
}

impl Terminal {
    /// Takes it.
    pub(super) fn take() -> Result<Self, String> {
        let before = stty(&["-g"]).ok_or("standard input is no terminal: add --once")?;
        // Keys come as they are pressed and are not shown; Ctrl-C stays a signal.
        stty(&["-icanon", "-echo", "min", "1"]).ok_or("the terminal cannot be set")?;
        let (send, keys) = channel(1);
        let read = move || {
            for key in std::io::stdin().lock().bytes() {
                if !key.is_ok_and(|key| send.blocking_send(key).is_ok()) {
                    return;
                }
            }
        };
        let terminal = Self { before, keys };
        std::thread::Builder::new()
            .name("keys".into())
            .spawn(read)
            .map_err(|e| e.to_string())?;
        write(ENTER)?;
        Ok(terminal)
    }

    /// Lines of the terminal now.
    pub(super) fn height(&self) -> usize {
        let size = stty(&["size"]);
        let height = size.as_deref().and_then(|s| s.split(' ').next()?.parse().ok());
        height.filter(|h| *h > 0).unwrap_or(HEIGHT)
    }

    /// Shows a screen in the place of the last one.
    pub(super) fn show(&mut self, text: &str) -> Result<(), String> {
        let lines: Vec<String> = text.trim_end().lines().map(|l| format!("{l}{REST}")).collect();
        write(&format!("{HOME}{}{BELOW}", lines.join("\r\n")))
    }

    /// Waits until somebody wants to quit: q, Ctrl-C, or the terminal is gone.
    pub(super) async fn quit(&mut self) {
        let pressed = async {
            loop {
                match self.keys.recv().await {
                    Some(b'q' | b'Q') | None => return,
                    Some(_) => {}
                }
            }
        };
        let ended = async {
            match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
                Ok(mut signal) => drop(signal.recv().await),
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = pressed => {}
            () = ended => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = write(LEAVE);
        let _ = stty(&[&self.before]);
    }
}
