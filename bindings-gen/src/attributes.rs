//! The extended attributes that the compiler knows, and what it does about each.

/// An extended attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownAttribute {
    /// Its name.
    pub name: &'static str,
    /// What it stands on.
    pub on: &'static str,
    /// What becomes of it.
    pub effect: Effect,
}

/// What becomes of an extended attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The compiler does this.
    Does(&'static str),
    /// Nothing has to be done: why.
    Nothing(&'static str),
    /// It is up to the person who implements the interface: what.
    Person(&'static str),
}

use Effect::{Does, Nothing, Person};

const fn known(name: &'static str, on: &'static str, effect: Effect) -> KnownAttribute {
    KnownAttribute { name, on, effect }
}

const REFLECTS: Effect =
    Person("the attribute is a content attribute's; its getter and setter are written as any others");

/// All of those that the specifications of the web have; by name.
pub const ATTRIBUTES: [KnownAttribute; 39] = [
    known("AllowResizable", "types", Does("resizable buffers convert")),
    known("AllowShared", "types", Does("shared buffers convert")),
    known(
        "CEReactions",
        "members",
        Does(
            "the reactions of custom elements that calling, setting or deleting causes run before it returns",
        ),
    ),
    known("Clamp", "types", Does("numbers out of range become the nearest in it")),
    known(
        "CrossOriginIsolated",
        "interfaces, members",
        Does("there only where the realm is cross-origin isolated"),
    ),
    known("Default", "operations", Does("`toJSON` is written from the attributes; no method")),
    known("EnforceRange", "types", Does("numbers out of range throw")),
    known("Exposed", "interfaces, members", Does("there only in realms with those globals")),
    known("Global", "interfaces", Does("the names that `[Exposed]` means; the object is the realm's global")),
    known(
        "HTMLConstructor",
        "constructors",
        Does("no method: `new` asks the runtime's hook, which knows the definitions of custom elements"),
    ),
    known(
        "LegacyFactoryFunction",
        "interfaces",
        Does("a constructor under another name, with a method of its own"),
    ),
    known("LegacyLenientSetter", "attributes", Does("setting does nothing, silently")),
    known("LegacyLenientThis", "attributes", Does("a wrong `this` gives undefined instead of throwing")),
    known("LegacyNamespace", "interfaces", Does("the interface object is a property of the namespace")),
    known("LegacyNoInterfaceObject", "interfaces", Does("no interface object, only a prototype")),
    known("LegacyNullToEmptyString", "types", Does("null becomes the empty string")),
    known("LegacyOverrideBuiltIns", "interfaces", Does("named properties win over those of the prototypes")),
    known("LegacyTreatNonObjectAsNull", "callbacks", Does("what is no object converts to null")),
    known("LegacyUnenumerableNamedProperties", "interfaces", Does("named properties are not enumerable")),
    known(
        "LegacyUnforgeable",
        "members",
        Does("on each object rather than the prototype, and not configurable"),
    ),
    known("LegacyUnscopable", "members", Does("in `@@unscopables`")),
    known("LegacyWindowAlias", "interfaces", Does("another name in windows")),
    known("NewObject", "members", Person("the method makes a new object")),
    known(
        "PutForwards",
        "attributes",
        Does("setting sets an attribute of the object that getting gives; no setter"),
    ),
    known("Reflect", "attributes", REFLECTS),
    known("ReflectDefault", "attributes", REFLECTS),
    known("ReflectNonNegative", "attributes", REFLECTS),
    known("ReflectPositive", "attributes", REFLECTS),
    known("ReflectPositiveWithFallback", "attributes", REFLECTS),
    known("ReflectRange", "attributes", REFLECTS),
    known("ReflectSetter", "attributes", REFLECTS),
    known("ReflectURL", "attributes", REFLECTS),
    known(
        "Replaceable",
        "attributes",
        Does("setting defines a property of that name on the object; no setter"),
    ),
    known(
        "SameObject",
        "attributes",
        Person("the getter gives the same object each time; of frozen arrays the glue does it"),
    ),
    known("SecureContext", "interfaces, members", Does("there only in secure contexts")),
    known("Serializable", "interfaces", Person("structured cloning asks the implementing type")),
    known("Transferable", "interfaces", Person("structured cloning asks the implementing type")),
    known("Unscopable", "members", Does("as `[LegacyUnscopable]`, whose new name it is")),
    known("WebGLHandlesContextLoss", "operations", Person("the operation answers when the context is lost")),
];

/// What is known of an extended attribute; none if nothing is.
#[must_use]
pub fn known_attribute(name: &str) -> Option<&'static KnownAttribute> {
    ATTRIBUTES.iter().find(|known| known.name == name)
}

/// All of them as a table in Markdown.
#[must_use]
pub fn attribute_table() -> String {
    let rows = ATTRIBUTES.iter().map(|KnownAttribute { name, on, effect }| {
        let effect = match effect {
            Does(what) => (*what).to_owned(),
            Nothing(why) => format!("nothing: {why}"),
            Person(what) => format!("nothing: {what}"),
        };
        format!("| `[{name}]` | {on} | {effect} |\n")
    });
    String::from("| extended attribute | on | what the compiler does |\n|---|---|---|\n")
        + &rows.collect::<String>()
}
