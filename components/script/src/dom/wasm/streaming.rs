//! [Compiling what a response
//! carries](https://webassembly.github.io/spec/web-api/#compile-a-potential-webassembly-response).

use bgfetch_js::{Exception, Fallible, Promise, Realm, Root};

use super::Module;
use crate::dom::Response;
use crate::dom::fetch::body::BodyOwner;

/// The MIME type of modules, of which parameters are none.
const MIME_TYPE: &str = "application/wasm";

/// Compiles the response that `source` is, or will be.
///
/// # Errors
/// What `source` rejects with; a `TypeError` if it is no response that may be compiled; a `CompileError`.
pub(super) async fn compile(
    realm: &Realm,
    source: Promise<Root<Response>>,
    constants: Option<String>,
) -> Fallible<Root<Module>> {
    let value = source.future(realm)?.await?;
    let response = Root::<Response>::from_value(&value)
        .ok_or_else(|| Exception::type_error("what is to be compiled is no Response"))?;
    let head = response.head();
    // Step 4: the type as it was sent, which has no parameters.
    let sent = head.headers.get("content-type");
    let is_wasm = sent.is_some_and(|sent| {
        let text = String::from_utf8_lossy(&sent).into_owned();
        text.trim_matches([' ', '\t', '\n', '\r']).eq_ignore_ascii_case(MIME_TYPE)
    });
    if !is_wasm {
        return Err(Exception::type_error(format!("the response's type is not {MIME_TYPE}")));
    }
    // Steps 5 and 6.
    let visible = head.filtered();
    if !(200..=299).contains(&visible.status) {
        return Err(Exception::type_error("the response is no successful one of which script may know"));
    }
    // Step 7.
    if response.is_unusable() {
        return Err(Exception::type_error("the body is locked or was read before"));
    }
    let bytes = match response.current_body() {
        Some(body) => (*body.stream).clone().read_all_bytes(realm).await?,
        None => Vec::new(),
    };
    Module::compile(realm, bytes, constants).await
}
