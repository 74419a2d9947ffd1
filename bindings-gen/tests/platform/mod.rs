//! The IDL of the whole platform: all files of `@webref/idl`, of the version that `webidl/VERSION` names.

use std::path::Path;

use bindings_gen::{SourceSet, load};

/// Where `@webref/idl` 3.85.0 breaks a rule of Web IDL: definition and member. Whoever implements these leaves them out.
const WRONG: [(&str, &str, &str); 13] = [
    ("FragmentResultOptions", "breakToken", "null is no dictionary"),
    ("CSSColorValue", "parse", "its union cannot be told apart"),
    ("DigitalCredential", "protocol", "its union cannot be told apart"),
    ("IntersectionObserverEntryInit", "rootBounds", "a nullable dictionary"),
    ("CaptureController", "constructor", "there are two"),
    ("PushSubscriptionChangeEventInit", "newSubscription", "null is no object"),
    ("PushSubscriptionChangeEventInit", "oldSubscription", "null is no object"),
    ("Report", "body", "a nullable dictionary"),
    ("NetworkInformation", "saveData", "[SameObject] of a boolean"),
    ("CollectedClientPaymentData", "payment", "its union cannot be told apart"),
    ("GPUPipelineError", "constructor", "a required argument behind an optional one"),
    ("XRSessionInit", "domOverlay", "a nullable dictionary"),
    ("XRSession", "domOverlayState", "a dictionary as an attribute"),
];

/// All files: those that bgfetch implements something of, and the others, which are kept beside the tests.
pub(crate) fn sources() -> SourceSet {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = SourceSet::default();
    for folder in [here.join("../webidl"), here.join("tests/webref")] {
        let read = SourceSet::read_dir(&folder).unwrap_or_else(|error| panic!("{error}"));
        all.files.extend(read.files);
    }
    all
}

/// A configuration with all that some files define, but for what is wrong with them.
pub(crate) fn implement_everything(sources: &SourceSet) -> String {
    let world = load(sources).unwrap_or_else(|problems| panic!("{}", problems.render()));
    let names = world.interfaces.keys().chain(world.callback_interfaces.keys()).chain(world.enums.keys());
    let names = names.chain(world.dictionaries.keys()).chain(world.callbacks.keys());
    let entry = |name: &String| {
        let wrong = WRONG.iter().filter(|(of, ..)| of == name);
        let wrong: Vec<String> = wrong.map(|(_, member, why)| format!("{member:?} = {why:?}")).collect();
        match wrong.is_empty() {
            true => format!("[{name}]\n"),
            false => format!("[{name}]\nleft-out = {{ {} }}\n", wrong.join(", ")),
        }
    };
    names.map(entry).collect()
}
