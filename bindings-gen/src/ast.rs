//! The definitions of the IDL files as they are written: names are not resolved, partials not merged.

use crate::source::Span;

/// An identifier and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    /// The name, without a leading underscore.
    pub name: String,
    /// Where it is written.
    pub span: Span,
}

/// An extended attribute (<https://webidl.spec.whatwg.org/#idl-extended-attributes>).
#[derive(Clone, Debug)]
pub struct ExtendedAttribute {
    /// Its name.
    pub name: Ident,
    /// What follows it.
    pub value: AttributeValue,
}

/// What follows the name of an extended attribute.
#[derive(Clone, Debug)]
pub enum AttributeValue {
    /// Nothing.
    None,
    /// `=*`
    Wildcard,
    /// `=name`
    Name(Ident),
    /// `=(a, b)`
    Names(Vec<Ident>),
    /// `="text"`, a number, or a list of these.
    Text(String),
    /// `(arguments)`
    Arguments(Vec<Argument>),
    /// `=name(arguments)`
    NamedArguments(Ident, Vec<Argument>),
}

/// A definition with its extended attributes.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Its name; for `A includes B`, A.
    pub name: Ident,
    /// From its first to its last token.
    pub span: Span,
    /// The extended attributes.
    pub attributes: Vec<ExtendedAttribute>,
    /// Whether it says `partial`.
    pub partial: bool,
    /// What it defines.
    pub kind: DefinitionKind,
}

/// What a definition defines.
#[derive(Clone, Debug)]
pub enum DefinitionKind {
    /// `interface`
    Interface(Body),
    /// `interface mixin`
    Mixin(Body),
    /// `callback interface`
    CallbackInterface(Body),
    /// `namespace`
    Namespace(Body),
    /// `dictionary`
    Dictionary {
        /// The dictionary that it inherits from.
        inherits: Option<Ident>,
        /// The members in the order of the text.
        members: Vec<DictionaryMember>,
    },
    /// `enum`
    Enum(Vec<(String, Span)>),
    /// `callback`
    Callback {
        /// What the callback returns.
        returns: TypeExpr,
        /// What it is called with.
        arguments: Vec<Argument>,
    },
    /// `typedef`
    Typedef(TypeExpr),
    /// `includes`: the mixin
    Includes(Ident),
}

/// Inheritance and members of everything that has attributes and operations.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// The interface that it inherits from.
    pub inherits: Option<Ident>,
    /// The members in the order of the text.
    pub members: Vec<Member>,
}

/// A member of an interface, mixin, namespace or callback interface.
#[derive(Clone, Debug)]
pub struct Member<T = TypeExpr> {
    /// From its first token to its semicolon.
    pub span: Span,
    /// The extended attributes.
    pub attributes: Vec<ExtendedAttribute>,
    /// What it is.
    pub kind: MemberKind<T>,
}

/// What a member is.
#[derive(Clone, Debug)]
pub enum MemberKind<T = TypeExpr> {
    /// `const`
    Constant {
        /// The name.
        name: Ident,
        /// The type.
        ty: T,
        /// The value.
        value: Literal,
    },
    /// `attribute`
    Attribute(Attribute<T>),
    /// A regular, static or special operation.
    Operation(Operation<T>),
    /// `constructor`
    Constructor(Vec<Argument<T>>),
    /// `iterable<K, V>` or `iterable<V>`
    Iterable {
        /// K
        key: Option<T>,
        /// V
        value: T,
    },
    /// `async_iterable`
    AsyncIterable {
        /// K
        key: Option<T>,
        /// V
        value: T,
        /// What the iterator is made with.
        arguments: Vec<Argument<T>>,
    },
    /// `maplike<K, V>`
    Maplike {
        /// K
        key: T,
        /// V
        value: T,
        /// Whether it says `readonly`.
        readonly: bool,
    },
    /// `setlike<V>`
    Setlike {
        /// V
        value: T,
        /// Whether it says `readonly`.
        readonly: bool,
    },
    /// `stringifier;`
    Stringifier,
}

/// `attribute`
#[derive(Clone, Debug)]
pub struct Attribute<T = TypeExpr> {
    /// The name.
    pub name: Ident,
    /// The type.
    pub ty: T,
    /// Whether it says `readonly`.
    pub readonly: bool,
    /// `static`, `inherit`, `stringifier` or nothing.
    pub modifier: Modifier,
}

/// What stands before `attribute` or the return type of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modifier {
    /// Nothing.
    None,
    /// `static`
    Static,
    /// `inherit`
    Inherit,
    /// `stringifier`
    Stringifier,
    /// `getter`
    Getter,
    /// `setter`
    Setter,
    /// `deleter`
    Deleter,
    /// `legacycaller`
    LegacyCaller,
}

/// An operation.
#[derive(Clone, Debug)]
pub struct Operation<T = TypeExpr> {
    /// The name, if it has one.
    pub name: Option<Ident>,
    /// The return type.
    pub returns: T,
    /// The arguments.
    pub arguments: Vec<Argument<T>>,
    /// `static`, `stringifier`, `getter`, `setter`, `deleter` or nothing.
    pub modifier: Modifier,
}

/// An argument.
#[derive(Clone, Debug)]
pub struct Argument<T = TypeExpr> {
    /// The name.
    pub name: Ident,
    /// The type.
    pub ty: T,
    /// Whether it may be left out.
    pub optional: bool,
    /// Whether it says `...`.
    pub variadic: bool,
    /// The value that stands for a missing one.
    pub default: Option<Literal>,
}

/// A member of a dictionary.
#[derive(Clone, Debug)]
pub struct DictionaryMember<T = TypeExpr> {
    /// From its first token to its semicolon.
    pub span: Span,
    /// The name.
    pub name: Ident,
    /// The type.
    pub ty: T,
    /// Whether it says `required`.
    pub required: bool,
    /// The value that stands for a missing one.
    pub default: Option<Literal>,
    /// The extended attributes.
    pub attributes: Vec<ExtendedAttribute>,
}

/// A default value or the value of a constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`
    Null,
    /// `undefined`
    Undefined,
    /// `true`, `false`
    Boolean(bool),
    /// An integer.
    Integer(i128),
    /// A decimal, an infinity or NaN.
    Float(f64),
    /// A string.
    Text(String),
    /// `[]`
    EmptySequence,
    /// `{}`
    EmptyDictionary,
}

/// A type as it is written.
#[derive(Clone, Debug)]
pub struct TypeExpr {
    /// What it is.
    pub kind: TypeExprKind,
    /// Whether it ends in `?`.
    pub nullable: bool,
    /// Extended attributes that apply to types.
    pub attributes: Vec<ExtendedAttribute>,
}

/// What a type is.
#[derive(Clone, Debug)]
pub enum TypeExprKind {
    /// A keyword of the language, such as `unsigned long`.
    Builtin(Builtin),
    /// A definition's name.
    Named(Ident),
    /// `sequence<T>` and the like.
    Generic(Generic, Box<TypeExpr>),
    /// `record<K, V>`
    Record(Box<TypeExpr>, Box<TypeExpr>),
    /// `(A or B)`
    Union(Vec<TypeExpr>),
}

/// A type with one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Generic {
    /// `sequence`
    Sequence,
    /// `async_sequence`
    AsyncSequence,
    /// `FrozenArray`
    FrozenArray,
    /// `ObservableArray`
    ObservableArray,
    /// `Promise`
    Promise,
}

/// A type that needs no definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Builtin {
    /// `any`
    Any,
    /// `undefined`
    Undefined,
    /// `object`
    Object,
    /// `symbol`
    Symbol,
    /// `bigint`
    Bigint,
    /// `boolean`
    Boolean,
    /// An integer type.
    Integer(Integer),
    /// `float`, `double`, `unrestricted` or not.
    Float {
        /// 64 bits rather than 32.
        double: bool,
        /// Whether infinities and NaN are values.
        unrestricted: bool,
    },
    /// `DOMString`
    DomString,
    /// `USVString`
    UsvString,
    /// `ByteString`
    ByteString,
    /// `ArrayBuffer`, `DataView`, a typed array, or one of the unions of these.
    Buffer(Buffer),
}

/// An integer type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the IDL's")]
pub enum Integer {
    Byte,
    Octet,
    Short,
    UnsignedShort,
    Long,
    UnsignedLong,
    LongLong,
    UnsignedLongLong,
}

/// A buffer source type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the IDL's")]
pub enum Buffer {
    ArrayBuffer,
    SharedArrayBuffer,
    DataView,
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    BigInt64Array,
    BigUint64Array,
    Float16Array,
    Float32Array,
    Float64Array,
    ArrayBufferView,
    BufferSource,
}
