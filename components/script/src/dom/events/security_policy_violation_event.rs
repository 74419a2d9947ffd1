//! [`SecurityPolicyViolationEvent`](https://w3c.github.io/webappsec-csp/#violation-events).

use bgfetch_js::{DomString, Fallible, Realm, Root, platform_object, trace_fields};

use crate::bindings::{
    EventInit, SecurityPolicyViolationEventDisposition, SecurityPolicyViolationEventInit,
    SecurityPolicyViolationEventMethods,
};
use crate::dom::{Event, EventTarget};
use crate::policies::report::Report;

/// `SecurityPolicyViolationEvent`.
pub(crate) struct SecurityPolicyViolationEvent {
    event: Event,
    report: Report,
}

trace_fields!(SecurityPolicyViolationEvent { event });
platform_object!(SecurityPolicyViolationEvent: Event via event);

impl SecurityPolicyViolationEvent {
    /// Fires `securitypolicyviolation` at a target.
    pub(crate) fn fire(realm: &Realm, target: &Root<EventTarget>, report: &Report) -> Fallible<()> {
        let init = EventInit { bubbles: true, composed: true, ..EventInit::default() };
        let event = realm.wrap(Self {
            event: Event::new_inherited(realm, "securitypolicyviolation".into(), &init),
            report: report.clone(),
        })?;
        event.set_trusted();
        target.dispatch(realm, &event.upcast()).map(drop)
    }
}

impl SecurityPolicyViolationEventMethods for SecurityPolicyViolationEvent {
    fn constructor(
        realm: &Realm,
        type_: DomString,
        event_init_dict: SecurityPolicyViolationEventInit,
    ) -> Fallible<Self> {
        let init = event_init_dict;
        Ok(Self {
            event: Event::new_inherited(realm, type_, &init.parent),
            report: Report {
                document_uri: init.document_uri,
                referrer: init.referrer,
                blocked_uri: init.blocked_uri,
                effective_directive: init.effective_directive.into_string(),
                violated_directive: init.violated_directive.into_string(),
                original_policy: init.original_policy.into_string(),
                report_only: init.disposition == SecurityPolicyViolationEventDisposition::Report,
                source_file: init.source_file,
                status: init.status_code,
                line: init.line_number,
                column: init.column_number,
                sample: init.sample.into_string(),
            },
        })
    }

    fn document_uri(&self, _: &Realm) -> Fallible<String> {
        Ok(self.report.document_uri.clone())
    }

    fn referrer(&self, _: &Realm) -> Fallible<String> {
        Ok(self.report.referrer.clone())
    }

    fn blocked_uri(&self, _: &Realm) -> Fallible<String> {
        Ok(self.report.blocked_uri.clone())
    }

    fn effective_directive(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.report.effective_directive.as_str().into())
    }

    fn violated_directive(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.report.violated_directive.as_str().into())
    }

    fn original_policy(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.report.original_policy.as_str().into())
    }

    fn source_file(&self, _: &Realm) -> Fallible<String> {
        Ok(self.report.source_file.clone())
    }

    fn sample(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.report.sample.as_str().into())
    }

    fn disposition(&self, _: &Realm) -> Fallible<SecurityPolicyViolationEventDisposition> {
        Ok(if self.report.report_only {
            SecurityPolicyViolationEventDisposition::Report
        } else {
            SecurityPolicyViolationEventDisposition::Enforce
        })
    }

    fn status_code(&self, _: &Realm) -> Fallible<u16> {
        Ok(self.report.status)
    }

    fn line_number(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.report.line)
    }

    fn column_number(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.report.column)
    }
}
