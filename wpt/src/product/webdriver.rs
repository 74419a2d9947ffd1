//! A client of [WebDriver](https://w3c.github.io/webdriver/), one request at a time.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

/// Why a command brought no value.
#[derive(Debug, thiserror::Error)]
pub(super) enum DriverError {
    /// It took longer than the runner waits.
    #[error("no answer within {0:?}")]
    Silent(Duration),
    /// The driver is not there any more, or speaks something else.
    #[error("the driver: {0}")]
    Gone(String),
    /// The driver's own [error](https://w3c.github.io/webdriver/#errors).
    #[error("{code}: {message}")]
    Refused {
        /// Such as `no such window`.
        code: String,
        /// In the driver's words.
        message: String,
    },
}

impl DriverError {
    /// Whether the page or the browser ended, as far as the driver's words tell.
    pub(super) fn is_crash(&self) -> bool {
        match self {
            Self::Silent(_) => false,
            Self::Gone(_) => true,
            Self::Refused { code, message } => {
                code == "invalid session id"
                    || message.contains("crashed")
                    || message.contains("disconnected")
            }
        }
    }

    /// Whether a script or a page load did not end in time.
    pub(super) fn is_timeout(&self) -> bool {
        match self {
            Self::Silent(_) => true,
            Self::Gone(_) => false,
            Self::Refused { code, .. } => code == "script timeout" || code == "timeout",
        }
    }
}

/// A connection to a driver, and a session of it once one is made.
pub(super) struct WebDriver {
    runtime: tokio::runtime::Runtime,
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
}

impl WebDriver {
    /// A client of the driver on this port of the local machine.
    pub(super) fn new(port: u16) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let client = Client::builder(TokioExecutor::new()).build_http();
        Ok(Self { runtime, client, base: format!("http://127.0.0.1:{port}/session") })
    }

    /// [New session](https://w3c.github.io/webdriver/#new-session): the commands that follow are of it.
    pub(super) fn new_session(
        &mut self,
        capabilities: &Value,
        limit: Duration,
    ) -> Result<Value, DriverError> {
        let body = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let session = self.send(Method::POST, "", &body, limit)?;
        let id = session.get("sessionId").and_then(Value::as_str);
        let id = id.ok_or_else(|| DriverError::Gone("a session without an id".to_owned()))?;
        self.base = format!("{}/{id}", self.base);
        Ok(session)
    }

    pub(super) fn get(&self, path: &str, limit: Duration) -> Result<Value, DriverError> {
        self.send(Method::GET, path, &Value::Null, limit)
    }

    pub(super) fn post(&self, path: &str, body: &Value, limit: Duration) -> Result<Value, DriverError> {
        self.send(Method::POST, path, body, limit)
    }

    pub(super) fn delete(&self, path: &str, limit: Duration) -> Result<Value, DriverError> {
        self.send(Method::DELETE, path, &Value::Null, limit)
    }

    fn send(&self, method: Method, path: &str, body: &Value, limit: Duration) -> Result<Value, DriverError> {
        let gone = |error: &dyn std::fmt::Display| DriverError::Gone(error.to_string());
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
            .body(Full::new(Bytes::from(text)))
            .map_err(|error| gone(&error))?;
        let exchange = async {
            let response = self.client.request(request).await.map_err(|error| gone(&error))?;
            response.into_body().collect().await.map_err(|error| gone(&error))
        };
        let answer = self
            .runtime
            .block_on(async { tokio::time::timeout(limit, exchange).await })
            .map_err(|_| DriverError::Silent(limit))??;
        read(&answer.to_bytes())
    }
}

/// Reads `{"value": ...}`, where an error is an object with the members `error` and `message`.
fn read(answer: &[u8]) -> Result<Value, DriverError> {
    let mut answer: Value =
        serde_json::from_slice(answer).map_err(|error| DriverError::Gone(error.to_string()))?;
    let value = answer.get_mut("value").map(Value::take).unwrap_or_default();
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    match (text("error"), text("message")) {
        (Some(code), Some(message)) => {
            let message = message.lines().next().unwrap_or_default().to_owned();
            Err(DriverError::Refused { code, message })
        }
        _ => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_errors_are_told_apart() {
        assert_eq!(read(b"{\"value\": [1]}").ok(), Some(json!([1])));
        assert_eq!(read(b"{}").ok(), Some(Value::Null));
        let error = read(br#"{"value": {"error": "unknown error", "message": "tab crashed\n(more)"}}"#);
        let error = error.expect_err("an error");
        assert!(error.is_crash() && !error.is_timeout(), "{error}");
        let error = read(br#"{"value": {"error": "script timeout", "message": "x"}}"#).expect_err("an error");
        assert!(error.is_timeout() && !error.is_crash(), "{error}");
        assert!(read(b"<html>").expect_err("no JSON").is_crash());
    }
}
