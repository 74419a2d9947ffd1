//! Interfaces that show how values are converted.

use std::cell::{Cell, RefCell};

use bgfetch_js::{
    ArrayBufferView, BufferSource, ByteString, DomString, Fallible, Member, NotImplemented, Object,
    PlatformObject, Realm, Reflector, Root, TypedArray, TypedArrayKind, Value, platform_object, trace_fields,
};

use crate::bindings::{
    Anything, BaseOptions, BuffersMethods, CallerOrBaseOptions, Data, DerivedJsonMethods,
    DictionariesMethods, FormsMethods, JsonMethods, LongOrDomString, Mood, NumbersMethods,
    NumbersOrUndefined, Options, OverloadsMethods, SharedMethods, StringsMethods, ToolsNamespace,
    UnionsMethods,
};

/// Numbers in, numbers out.
#[derive(Default)]
pub struct Numbers {
    reflector: Reflector,
    start: i32,
}

trace_fields!(Numbers {});
platform_object!(Numbers);

impl NumbersMethods for Numbers {
    fn constructor(_: &Realm, start: i32, step: Option<f64>) -> Fallible<Self> {
        #[expect(clippy::cast_possible_truncation, reason = "a test's small number")]
        Ok(Numbers { reflector: Reflector::new(), start: start + step.unwrap_or(0.0) as i32 })
    }

    fn start(&self, _: &Realm) -> Fallible<i32> {
        Ok(self.start)
    }

    fn unit(_: &Realm) -> Fallible<DomString> {
        Ok("apples".into())
    }

    fn to_byte(&self, _: &Realm, v: i8) -> Fallible<i8> {
        Ok(v)
    }

    fn to_octet(&self, _: &Realm, v: u8) -> Fallible<u8> {
        Ok(v)
    }

    fn to_short(&self, _: &Realm, v: i16) -> Fallible<i16> {
        Ok(v)
    }

    fn to_unsigned_long(&self, _: &Realm, v: u32) -> Fallible<u32> {
        Ok(v)
    }

    fn to_long_long(&self, _: &Realm, v: i64) -> Fallible<i64> {
        Ok(v)
    }

    fn enforced(&self, _: &Realm, v: u8) -> Fallible<u8> {
        Ok(v)
    }

    fn clamped(&self, _: &Realm, v: u8) -> Fallible<u8> {
        Ok(v)
    }

    fn all_clamped(&self, _: &Realm, v: Vec<u8>) -> Fallible<Vec<u8>> {
        Ok(v)
    }

    fn finite(&self, _: &Realm, v: f64) -> Fallible<f64> {
        Ok(v)
    }

    fn any(&self, _: &Realm, v: f64) -> Fallible<f64> {
        Ok(v)
    }

    fn sum(&self, _: &Realm, first: i32, rest: Vec<i32>) -> Fallible<i32> {
        Ok(first + rest.iter().sum::<i32>())
    }

    fn defaulted(&self, _: &Realm, v: i32) -> Fallible<i32> {
        Ok(v)
    }

    fn missing(&self, _: &Realm, v: Option<i32>) -> Fallible<DomString> {
        Ok(v.map_or_else(|| "missing".into(), |v| v.to_string().into()))
    }

    fn of(realm: &Realm, start: i32) -> Fallible<Root<Numbers>> {
        realm.wrap(Numbers { reflector: Reflector::new(), start })
    }
}

impl SharedMethods for Numbers {
    fn shared_name(&self, _: &Realm) -> Fallible<DomString> {
        Ok("numbers".into())
    }

    fn shout(&self, _: &Realm, word: DomString) -> Fallible<DomString> {
        Ok(word.to_uppercase().into())
    }

    fn shared_secret(&self, _: &Realm) -> Fallible<()> {
        Ok(())
    }
}

/// Strings in, strings out.
#[derive(Default)]
pub struct Strings {
    reflector: Reflector,
    current: Cell<Option<Mood>>,
    text: RefCell<DomString>,
    label: RefCell<String>,
}

trace_fields!(Strings {});
platform_object!(Strings);

impl StringsMethods for Strings {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Strings::default())
    }

    fn current(&self, _: &Realm) -> Fallible<Mood> {
        Ok(self.current.get().unwrap_or(Mood::Empty))
    }

    fn set_current(&self, _: &Realm, value: Mood) -> Fallible<()> {
        self.current.set(Some(value));
        Ok(())
    }

    fn text(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.text.borrow().clone())
    }

    fn set_text(&self, _: &Realm, value: DomString) -> Fallible<()> {
        *self.text.borrow_mut() = value;
        Ok(())
    }

    fn label(&self, _: &Realm) -> Fallible<String> {
        Ok(self.label.borrow().clone())
    }

    fn set_label(&self, _: &Realm, value: String) -> Fallible<()> {
        *self.label.borrow_mut() = value;
        Ok(())
    }

    fn dom(&self, _: &Realm, v: DomString) -> Fallible<DomString> {
        Ok(v)
    }

    fn usv(&self, _: &Realm, v: String) -> Fallible<String> {
        Ok(v)
    }

    fn bytes(&self, _: &Realm, v: ByteString) -> Fallible<ByteString> {
        Ok(v)
    }

    fn emptied(&self, _: &Realm, v: DomString) -> Fallible<DomString> {
        Ok(v)
    }

    fn nullable(&self, _: &Realm, v: Option<DomString>) -> Fallible<Option<DomString>> {
        Ok(v)
    }

    fn mood(&self, _: &Realm, mood: Mood) -> Fallible<Mood> {
        Ok(mood)
    }
}

/// Dictionaries in, their content out.
#[derive(Default)]
pub struct Dictionaries {
    reflector: Reflector,
}

trace_fields!(Dictionaries {});
platform_object!(Dictionaries);

impl DictionariesMethods for Dictionaries {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Dictionaries::default())
    }

    fn read(&self, realm: &Realm, options: Options) -> Fallible<DomString> {
        let size = match &options.size {
            None => "none".to_owned(),
            Some(LongOrDomString::Long(size)) => format!("long {size}"),
            Some(LongOrDomString::DomString(size)) => format!("string {size}"),
        };
        let text = format!(
            "{} {} {} | {} {} {:?} {:?} {size} {} {:?}",
            options.alpha,
            options.mood.as_str(),
            options.zebra,
            options.name,
            options.width,
            options.marks,
            options.sizes,
            options.extra.describe(realm),
            options.clamped,
        );
        Ok(text.into())
    }

    fn echo(&self, _: &Realm, options: Options) -> Fallible<Options> {
        Ok(options)
    }

    fn soft(&self, _: &Realm, options: BaseOptions) -> Fallible<DomString> {
        Ok(options.alpha)
    }
}

/// Says which member of a union it got.
#[derive(Default)]
pub struct Unions {
    reflector: Reflector,
}

trace_fields!(Unions {});
platform_object!(Unions);

impl UnionsMethods for Unions {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Unions::default())
    }

    fn which(&self, _: &Realm, v: Option<Anything>) -> Fallible<DomString> {
        let text = match v {
            None => "null".to_owned(),
            Some(Anything::Numbers(numbers)) => format!("numbers {}", numbers.start),
            Some(Anything::DomStringSequence(list)) => format!("sequence {list:?}"),
            Some(Anything::DomStringLongRecord(record)) => format!("record {record:?}"),
            Some(Anything::Boolean(value)) => format!("boolean {value}"),
            Some(Anything::Double(value)) => format!("double {value}"),
            Some(Anything::DomString(value)) => format!("string {value}"),
        };
        Ok(text.into())
    }

    fn data(&self, realm: &Realm, v: Data) -> Fallible<DomString> {
        Ok(match v {
            Data::BufferSource(source) => format!("{:?}", source.to_vec(realm)).into(),
            Data::DomString(text) => text,
        })
    }

    fn callable(&self, realm: &Realm, v: CallerOrBaseOptions) -> Fallible<DomString> {
        match v {
            CallerOrBaseOptions::Caller(caller) => caller.call(realm, &Value::UNDEFINED, 7, None),
            CallerOrBaseOptions::BaseOptions(options) => Ok(options.alpha),
        }
    }

    fn maybe(&self, realm: &Realm, there: bool) -> Fallible<NumbersOrUndefined> {
        if there {
            Numbers::of(realm, 5).map(NumbersOrUndefined::Numbers)
        } else {
            Ok(NumbersOrUndefined::Undefined(()))
        }
    }
}

/// Says which overload was called.
#[derive(Default)]
pub struct Overloads {
    reflector: Reflector,
    made: String,
}

trace_fields!(Overloads {});
platform_object!(Overloads);

impl OverloadsMethods for Overloads {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Overloads::default())
    }

    fn constructor_2(_: &Realm, name: DomString) -> Fallible<Self> {
        Ok(Overloads { made: name.into_string(), ..Overloads::default() })
    }

    fn constructor_3(_: &Realm, numbers: Root<Numbers>, extra: i32) -> Fallible<Self> {
        Ok(Overloads { made: (numbers.start + extra).to_string(), ..Overloads::default() })
    }

    fn made(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.made.as_str().into())
    }

    fn pick(&self, _: &Realm, v: i32) -> Fallible<DomString> {
        Ok(format!("long {v}").into())
    }

    fn pick_2(&self, _: &Realm, v: DomString, w: i32) -> Fallible<DomString> {
        Ok(format!("string {v} {w}").into())
    }

    fn pick_3(&self, _: &Realm, v: Root<Numbers>, w: i32) -> Fallible<DomString> {
        Ok(format!("numbers {} {w}", v.start).into())
    }

    fn pick_4(&self, _: &Realm, v: Vec<i32>, x: Option<bool>) -> Fallible<DomString> {
        Ok(format!("sequence {v:?} {x:?}").into())
    }

    fn send_with_transfer(&self, _: &Realm, _: Value, transfer: Vec<Object>) -> Fallible<DomString> {
        Ok(format!("transfer {}", transfer.len()).into())
    }

    fn send(&self, _: &Realm, _: Value, options: BaseOptions) -> Fallible<DomString> {
        Ok(format!("options {}", options.alpha).into())
    }

    fn make(_: &Realm, a: DomString) -> Fallible<DomString> {
        Ok(format!("string {a}").into())
    }

    fn make_2(_: &Realm, a: Vec<DomString>) -> Fallible<DomString> {
        Ok(format!("sequence {}", a.len()).into())
    }
}

/// Has a default `toJSON`.
#[derive(Default)]
pub struct Json {
    reflector: Reflector,
}

trace_fields!(Json {});
platform_object!(Json);

impl JsonMethods for Json {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Json::default())
    }

    fn id(&self, _: &Realm) -> Fallible<i32> {
        Ok(3)
    }

    fn name(&self, _: &Realm) -> Fallible<DomString> {
        Ok("json".into())
    }

    fn strings(&self, realm: &Realm) -> Fallible<Root<Strings>> {
        realm.wrap(Strings::default())
    }
}

/// Has a default `toJSON`, and inherits one.
#[derive(Default)]
pub struct DerivedJson {
    json: Json,
}

trace_fields!(DerivedJson { json });
platform_object!(DerivedJson: Json via json);

impl DerivedJsonMethods for DerivedJson {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(DerivedJson::default())
    }

    fn derived(&self, _: &Realm) -> Fallible<bool> {
        Ok(true)
    }
}

/// Buffers in, their sizes out.
#[derive(Default)]
pub struct Buffers {
    reflector: Reflector,
}

trace_fields!(Buffers {});
platform_object!(Buffers);

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

impl BuffersMethods for Buffers {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Buffers::default())
    }

    fn size(&self, realm: &Realm, source: BufferSource) -> Fallible<u32> {
        Ok(length(&source.to_vec(realm)))
    }

    fn view(&self, realm: &Realm, view: ArrayBufferView) -> Fallible<u32> {
        Ok(length(&view.to_vec(realm)))
    }

    fn bytes(&self, realm: &Realm, array: TypedArray) -> Fallible<u32> {
        Ok(length(&array.to_view().to_vec(realm)))
    }

    fn make(&self, realm: &Realm, first: u8) -> Fallible<TypedArray> {
        TypedArray::from_vec(realm, TypedArrayKind::Uint8, vec![first, 2])
    }
}

/// The namespace `tools`.
pub struct Tools;

impl ToolsNamespace for Tools {
    fn version(_: &Realm) -> Fallible<DomString> {
        Ok("1.0".into())
    }

    fn add(_: &Realm, a: i32, b: i32) -> Fallible<i32> {
        Ok(a + b)
    }

    fn log(_: &Realm, _: Vec<Value>) -> Fallible<()> {
        Ok(())
    }
}

/// Mentions an interface that is not implemented.
#[derive(Default)]
pub struct Forms {
    reflector: Reflector,
    other: RefCell<Option<Member<Numbers>>>,
}

trace_fields!(Forms { other });
platform_object!(Forms);

impl FormsMethods for Forms {
    fn constructor(_: &Realm, absent: Option<NotImplemented>) -> Fallible<Self> {
        match absent {
            None => Ok(Forms::default()),
            Some(never) => match never {},
        }
    }

    fn constructed(this: &Root<Self>, realm: &Realm) -> Fallible<()> {
        // The object is there already when this is called.
        assert!(this.root().is_same(this));
        *this.other.borrow_mut() = Some(Numbers::of(realm, 1)?.into());
        Ok(())
    }

    fn accept(&self, _: &Realm, v: DomString) -> Fallible<DomString> {
        let prepared = self.other.borrow().as_ref().map_or(0, |other| other.start);
        Ok(format!("{v} {prepared}").into())
    }
}
