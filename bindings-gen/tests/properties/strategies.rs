//! Random definitions that are WebIDL.

use bindings_gen::Span;
use bindings_gen::ast::{
    Argument, Attribute, AttributeValue, Body, Buffer, Builtin, Definition, DefinitionKind, DictionaryMember,
    ExtendedAttribute, Generic, Ident, Integer, Literal, Member, MemberKind, Modifier, Operation, TypeExpr,
    TypeExprKind,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

const NOWHERE: Span = Span { file: 0, start: 0, len: 0 };

fn ident() -> impl Strategy<Value = Ident> {
    // Some are words of the grammar, which are printed behind an underscore.
    let keywords = select(vec!["interface", "attribute", "any", "required", "async", "Promise", "or"]);
    let name = prop_oneof![9 => "[A-Za-z][A-Za-z0-9_]{0,7}", 1 => keywords.prop_map(str::to_owned)];
    name.prop_map(|name| Ident { name, span: NOWHERE })
}

/// A name that is no word of the grammar.
fn plain_ident() -> impl Strategy<Value = Ident> {
    "X[a-z0-9]{0,5}".prop_map(|name| Ident { name, span: NOWHERE })
}

fn text() -> impl Strategy<Value = String> {
    "[ -!#-~]{0,8}"
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Boolean),
        any::<i64>().prop_map(|value| Literal::Integer(value.into())),
        any::<f64>().prop_map(Literal::Float),
        text().prop_map(Literal::Text),
        Just(Literal::EmptySequence),
        Just(Literal::EmptyDictionary),
    ]
}

fn constant() -> impl Strategy<Value = Literal> {
    literal().prop_filter("a constant is a number or a boolean", |literal| {
        matches!(literal, Literal::Boolean(_) | Literal::Integer(_) | Literal::Float(_))
    })
}

fn integer() -> impl Strategy<Value = Builtin> {
    let all = [
        Integer::Byte,
        Integer::Octet,
        Integer::Short,
        Integer::UnsignedShort,
        Integer::Long,
        Integer::UnsignedLong,
        Integer::LongLong,
        Integer::UnsignedLongLong,
    ];
    select(all.to_vec()).prop_map(Builtin::Integer)
}

fn float() -> impl Strategy<Value = Builtin> {
    (any::<bool>(), any::<bool>()).prop_map(|(double, unrestricted)| Builtin::Float { double, unrestricted })
}

fn builtin() -> impl Strategy<Value = Builtin> {
    let others = select(vec![
        Builtin::Object,
        Builtin::Symbol,
        Builtin::Bigint,
        Builtin::Boolean,
        Builtin::DomString,
        Builtin::UsvString,
        Builtin::ByteString,
        Builtin::Buffer(Buffer::ArrayBuffer),
        Builtin::Buffer(Buffer::SharedArrayBuffer),
        Builtin::Buffer(Buffer::DataView),
        Builtin::Buffer(Buffer::Uint8ClampedArray),
        Builtin::Buffer(Buffer::BigInt64Array),
        Builtin::Buffer(Buffer::Float32Array),
        Builtin::Buffer(Buffer::ArrayBufferView),
        Builtin::Buffer(Buffer::BufferSource),
    ]);
    prop_oneof![integer(), float(), others]
}

fn named() -> impl Strategy<Value = TypeExprKind> {
    plain_ident().prop_map(TypeExprKind::Named)
}

/// Those that have no arguments, which would have types.
fn simple_attributes() -> impl Strategy<Value = Vec<ExtendedAttribute>> {
    let value = prop_oneof![
        Just(AttributeValue::None),
        Just(AttributeValue::Wildcard),
        plain_ident().prop_map(AttributeValue::Name),
        vec(plain_ident(), 1..4).prop_map(AttributeValue::Names),
        text().prop_map(AttributeValue::Text),
    ];
    let attribute = (plain_ident(), value).prop_map(|(name, value)| ExtendedAttribute { name, value });
    prop_oneof![3 => Just(Vec::new()), 1 => vec(attribute, 1..3)]
}

/// Types that may be nullable and members of unions.
fn distinguishable() -> impl Strategy<Value = TypeExpr> {
    let leaf = prop_oneof![3 => builtin().prop_map(TypeExprKind::Builtin), 2 => named()];
    let leaf = (leaf, any::<bool>()).prop_map(|(kind, nullable)| TypeExpr {
        kind,
        nullable,
        attributes: Vec::new(),
    });
    leaf.prop_recursive(3, 12, 3, |inner| {
        let annotated = (inner.clone(), simple_attributes())
            .prop_map(|(ty, attributes)| TypeExpr { attributes, ..ty })
            .boxed();
        let generic = select(vec![
            Generic::Sequence,
            Generic::AsyncSequence,
            Generic::FrozenArray,
            Generic::ObservableArray,
        ]);
        let generic = (generic, annotated.clone())
            .prop_map(|(generic, of)| TypeExprKind::Generic(generic, Box::new(of)));
        let key = select(vec![Builtin::DomString, Builtin::UsvString, Builtin::ByteString]).prop_map(|key| {
            TypeExpr { kind: TypeExprKind::Builtin(key), nullable: false, attributes: Vec::new() }
        });
        let record =
            (key, annotated).prop_map(|(key, value)| TypeExprKind::Record(Box::new(key), Box::new(value)));
        let union = vec(inner, 2..4).prop_map(TypeExprKind::Union);
        (prop_oneof![3 => generic, 1 => record, 2 => union], any::<bool>())
            .prop_map(|(kind, nullable)| TypeExpr { kind, nullable, attributes: Vec::new() })
    })
}

fn ty() -> impl Strategy<Value = TypeExpr> {
    let never_null = |kind| TypeExpr { kind, nullable: false, attributes: Vec::new() };
    let promise = distinguishable()
        .prop_map(move |of| never_null(TypeExprKind::Generic(Generic::Promise, Box::new(of))));
    prop_oneof![
        8 => distinguishable(),
        1 => promise,
        1 => Just(never_null(TypeExprKind::Builtin(Builtin::Any))),
    ]
}

fn annotated_type() -> impl Strategy<Value = TypeExpr> {
    (ty(), simple_attributes()).prop_map(|(ty, attributes)| TypeExpr { attributes, ..ty })
}

fn return_type() -> impl Strategy<Value = TypeExpr> {
    let undefined =
        TypeExpr { kind: TypeExprKind::Builtin(Builtin::Undefined), nullable: false, attributes: Vec::new() };
    prop_oneof![1 => Just(undefined), 2 => ty()]
}

fn argument() -> impl Strategy<Value = Argument> {
    let flags = (0..3_u8, option::of(literal()));
    (ident(), annotated_type(), flags).prop_map(|(name, ty, (form, default))| Argument {
        name,
        ty,
        optional: form > 0,
        variadic: form == 2,
        default: default.filter(|_| form == 1),
    })
}

fn arguments() -> impl Strategy<Value = Vec<Argument>> {
    vec(argument(), 0..4)
}

fn attributes() -> impl Strategy<Value = Vec<ExtendedAttribute>> {
    let with_arguments =
        (plain_ident(), option::of(plain_ident()), arguments()).prop_map(|(name, of, list)| {
            let value = match of {
                Some(of) => AttributeValue::NamedArguments(of, list),
                None => AttributeValue::Arguments(list),
            };
            vec![ExtendedAttribute { name, value }]
        });
    prop_oneof![5 => simple_attributes(), 1 => with_arguments]
}

fn attribute() -> impl Strategy<Value = MemberKind> {
    let modifier = select(vec![Modifier::None, Modifier::Static, Modifier::Inherit, Modifier::Stringifier]);
    (ident(), annotated_type(), any::<bool>(), modifier).prop_map(|(name, ty, readonly, modifier)| {
        // An inherited attribute can be set.
        let readonly = readonly && modifier != Modifier::Inherit;
        MemberKind::Attribute(Attribute { name, ty, readonly, modifier })
    })
}

fn operation() -> impl Strategy<Value = MemberKind> {
    let named = select(vec![Modifier::None, Modifier::Static]);
    let special = select(vec![Modifier::Getter, Modifier::Setter, Modifier::Deleter]);
    let form = prop_oneof![
        3 => (named, ident().prop_map(Some)),
        1 => (special, option::of(ident())),
    ];
    (form, return_type(), arguments()).prop_map(|((modifier, name), returns, arguments)| {
        MemberKind::Operation(Operation { name, returns, arguments, modifier })
    })
}

fn member() -> impl Strategy<Value = Member> {
    let constant_type = prop_oneof![integer(), float(), Just(Builtin::Boolean)];
    let constant = (ident(), constant_type, constant()).prop_map(|(name, ty, value)| {
        let ty = TypeExpr { kind: TypeExprKind::Builtin(ty), nullable: false, attributes: Vec::new() };
        MemberKind::Constant { name, ty, value }
    });
    let iterable = (option::of(ty()), ty()).prop_map(|(key, value)| MemberKind::Iterable { key, value });
    let async_iterable = (option::of(ty()), ty(), arguments())
        .prop_map(|(key, value, arguments)| MemberKind::AsyncIterable { key, value, arguments });
    let maplike = (ty(), ty(), any::<bool>()).prop_map(|(key, value, readonly)| MemberKind::Maplike {
        key,
        value,
        readonly,
    });
    let setlike = (ty(), any::<bool>()).prop_map(|(value, readonly)| MemberKind::Setlike { value, readonly });
    let kind = prop_oneof![
        4 => attribute(),
        4 => operation(),
        1 => constant,
        1 => arguments().prop_map(MemberKind::Constructor),
        1 => iterable,
        1 => async_iterable,
        1 => maplike,
        1 => setlike,
        1 => Just(MemberKind::Stringifier),
    ];
    (attributes(), kind).prop_map(|(attributes, kind)| Member { span: NOWHERE, attributes, kind })
}

fn dictionary_member() -> impl Strategy<Value = DictionaryMember> {
    (ident(), ty(), any::<bool>(), option::of(literal()), attributes()).prop_map(
        |(name, ty, required, default, attributes)| DictionaryMember {
            span: NOWHERE,
            name,
            ty,
            required,
            default: default.filter(|_| !required),
            attributes,
        },
    )
}

fn body() -> impl Strategy<Value = Body> {
    vec(member(), 0..4).prop_map(|members| Body { inherits: None, members })
}

fn definition() -> impl Strategy<Value = Definition> {
    let interface = (option::of(plain_ident()), body(), any::<bool>()).prop_map(|(parent, body, partial)| {
        let inherits = parent.filter(|_| !partial);
        (partial, DefinitionKind::Interface(Body { inherits, ..body }))
    });
    let mixin = (any::<bool>(), body()).prop_map(|(partial, body)| (partial, DefinitionKind::Mixin(body)));
    let namespace =
        (any::<bool>(), body()).prop_map(|(partial, body)| (partial, DefinitionKind::Namespace(body)));
    let members = vec(dictionary_member(), 0..4);
    let dictionary =
        (option::of(plain_ident()), members, any::<bool>()).prop_map(|(parent, members, partial)| {
            let inherits = parent.filter(|_| !partial);
            (partial, DefinitionKind::Dictionary { inherits, members })
        });
    let whole = prop_oneof![
        body().prop_map(DefinitionKind::CallbackInterface),
        vec((text(), Just(NOWHERE)), 1..4).prop_map(DefinitionKind::Enum),
        (return_type(), arguments())
            .prop_map(|(returns, arguments)| DefinitionKind::Callback { returns, arguments }),
        annotated_type().prop_map(DefinitionKind::Typedef),
        plain_ident().prop_map(DefinitionKind::Includes),
    ];
    let kind = prop_oneof![
        3 => interface,
        1 => mixin,
        1 => namespace,
        2 => dictionary,
        3 => whole.prop_map(|kind| (false, kind)),
    ];
    (plain_ident(), attributes(), kind).prop_map(|(name, attributes, (partial, kind))| Definition {
        name,
        span: NOWHERE,
        attributes,
        partial,
        kind,
    })
}

pub(crate) fn definitions() -> impl Strategy<Value = Vec<Definition>> {
    vec(definition(), 0..4)
}
