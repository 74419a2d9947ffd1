//! [Sandboxing](https://html.spec.whatwg.org/multipage/browsers.html#sandboxing): of its flags, those for the origin and for
//! scripts.

use bgfetch_traits::policy::PolicyContainer;
use url::Origin;

use super::browsing_context::BrowsingContext;

/// What a document may do. A frame may do no more than the document that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sandbox {
    /// Not in an [origin of its own](https://html.spec.whatwg.org/multipage/browsers.html#sandboxed-origin-browsing-context-flag).
    pub(crate) same_origin: bool,
    /// [Run scripts](https://html.spec.whatwg.org/multipage/browsers.html#sandboxed-scripts-browsing-context-flag).
    pub(crate) scripts: bool,
}

impl Sandbox {
    /// Everything.
    pub(crate) const fn none() -> Self {
        Self { same_origin: true, scripts: true }
    }

    /// [Parses a sandboxing directive](https://html.spec.whatwg.org/multipage/browsers.html#parse-a-sandboxing-directive).
    fn parse(directive: &str) -> Self {
        let allows =
            |token: &str| directive.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(token));
        Self { same_origin: allows("allow-same-origin"), scripts: allows("allow-scripts") }
    }

    const fn and(self, other: Self) -> Self {
        Self { same_origin: self.same_origin && other.same_origin, scripts: self.scripts && other.scripts }
    }

    /// [Determines the creation sandboxing flags](https://html.spec.whatwg.org/multipage/browsers.html#determining-the-creation-sandboxing-flags)
    /// for what a browsing context is to show.
    pub(super) fn for_content_of(context: &BrowsingContext) -> Self {
        let Some(container) = context.container() else {
            // Of the document that opened it, which its own first document has, too.
            return context.active_document().map_or_else(Self::none, |document| document.sandbox());
        };
        let attribute =
            container.plain_attribute("sandbox").map_or_else(Self::none, |value| Self::parse(&value));
        attribute.and(container.owner_doc().sandbox())
    }

    /// Also with what [CSP](https://w3c.github.io/webappsec-csp/#directive-sandbox) says.
    pub(super) fn and_policies(self, policies: &PolicyContainer) -> Self {
        let enforced = policies.csp_list.iter().filter(|policy| !policy.report_only && !policy.from_meta);
        let directives = enforced.flat_map(|policy| policy.serialized.split(';'));
        directives.fold(self, |sandbox, directive| {
            let (name, value) = directive
                .trim()
                .split_once(|c: char| c.is_ascii_whitespace())
                .unwrap_or((directive.trim(), ""));
            if name.eq_ignore_ascii_case("sandbox") { sandbox.and(Self::parse(value)) } else { sandbox }
        })
    }

    /// A document's origin, as far as it is allowed.
    pub(super) fn origin(self, origin: Origin) -> Origin {
        if self.same_origin { origin } else { Origin::new_opaque() }
    }
}
