//! `WindowClient`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::WindowClientMethods;
use crate::dom::Client;

/// `WindowClient`.
pub(crate) struct WindowClient {
    client: Client,
}

trace_fields!(WindowClient { client });
platform_object!(WindowClient: Client via client);

impl WindowClientMethods for WindowClient {}
