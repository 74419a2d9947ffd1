//! Downloads URLs through the network thread, each into a file of its own, and tells how long it took:
//!
//!     cargo run --release -p bgfetch-net --example download -- --ca-cert ca.pem --to folder URL...
//!
//! It is the smallest program that uses the network thread, and what its speed is measured with.
#![forbid(unsafe_code)]

use std::error::Error;
use std::fs::File;
use std::future::poll_fn;
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use bgfetch_net::{NetConfig, NetThread};
use bgfetch_traits::body::BodyReader;
use bgfetch_traits::fetch::{NetworkError, Priority, Request, RequestHead, Response};
use bgfetch_traits::net::{CancelHandle, NetMsg};
use bgfetch_traits::policy::Client;
use bgfetch_traits::reply::Reply;
use url::Url;

/// Bytes that are written at once.
const PIECE: usize = 128 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { config, folder, urls } = arguments()?;
    let start = Instant::now();
    let (net, thread) = NetThread::spawn(config)?;
    let answers: Vec<_> = urls
        .iter()
        .map(|url| {
            let (reply, answer) = Reply::<Result<Response, NetworkError>>::channel();
            let request = Request {
                head: RequestHead::get(url.clone()),
                client: Client::of_url(url),
                body: None,
                priority: Priority::Foreground,
            };
            net.send(NetMsg::Fetch {
                request,
                cancel: CancelHandle::new(),
                upload_progress: None,
                timing: None,
                reply,
            });
            answer
        })
        .collect();
    let mut bytes = 0;
    for (index, answer) in answers.into_iter().enumerate() {
        let response = answer.recv()??;
        if let Some(body) = response.body {
            bytes += save(body, folder.as_ref().map(|folder| folder.join(index.to_string())))?;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    writeln!(std::io::stdout(), "{} responses, {bytes} bytes, {seconds:.3} seconds", urls.len())?;
    net.send(NetMsg::Shutdown);
    thread.join().map_err(|_| "the network thread panicked")?;
    Ok(())
}

struct Arguments {
    config: NetConfig,
    folder: Option<PathBuf>,
    urls: Vec<Url>,
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut config = NetConfig::default();
    let mut folder = None;
    let mut urls = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--ca-cert" => config.ca_certificates.push(std::fs::read(value()?)?),
            "--resolve" => config.resolve.add(&value()?)?,
            "--to" => folder = Some(PathBuf::from(value()?)),
            "--limit" => config.bandwidth_limit = Some(value()?.parse()?),
            url => urls.push(url.parse()?),
        }
    }
    Ok(Arguments { config, folder, urls })
}

/// Writes a body to a file, or nowhere; how long it was.
fn save(mut body: BodyReader, path: Option<PathBuf>) -> Result<u64, Box<dyn Error>> {
    let mut file = path.map(File::create).transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut length = 0;
    while let Some(pieces) = runtime.block_on(poll_fn(|cx| body.poll_drain(cx, PIECE))) {
        for piece in pieces? {
            length += piece.len() as u64;
            if let Some(file) = &mut file {
                file.write_all(&piece)?;
            }
        }
    }
    Ok(length)
}
