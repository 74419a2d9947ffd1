//! A native program implements generated traits and calls them: no engine, no JavaScript, nothing but `std`.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use bindings_gen_backends::native::{
    AddEventListenerOptions, AddEventListenerOptionsOrBoolean, ByteString, CountQueuingStrategyMethods,
    CustomEventInit, CustomEventMethods, DomString, Engine, EventInit, EventListenerCallback,
    EventListenerOptionsOrBoolean, EventMethods, EventTargetMethods, FunctionCallback, HeadersInit,
    HeadersMethods, Inherits, QueuingStrategyInit, World,
};

/// The engine: there is none, so that its values are Rust's.
#[derive(Clone, Debug)]
struct Native;

/// What `any` is here.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Null,
    Number(f64),
}

type Fallible<T> = Result<T, &'static str>;
type Closure = dyn Fn(&NativeEvent) -> Fallible<()>;

impl Engine for Native {
    type Realm = ();
    type Thrown = &'static str;
    type Value = Value;
    type Root<T: fmt::Debug + 'static> = Rc<T>;

    fn null() -> Value {
        Value::Null
    }
}

impl World for Native {
    type Event = NativeEvent;
    type CustomEvent = NativeCustomEvent;
    type EventTarget = NativeEventTarget;
    type Headers = NativeHeaders;
    type CountQueuingStrategy = NativeStrategy;
    type EventListener = Listener;
    type Function = Function;
}

#[derive(Debug)]
struct NativeEvent {
    type_: DomString,
    cancelable: bool,
    prevented: Cell<bool>,
}

impl EventMethods<Native> for NativeEvent {
    fn constructor(_: &(), type_: DomString, init: EventInit) -> Fallible<Self> {
        Ok(NativeEvent { type_, cancelable: init.cancelable, prevented: Cell::new(false) })
    }

    fn type_(&self, _: &()) -> Fallible<DomString> {
        Ok(self.type_.clone())
    }

    fn cancelable(&self, _: &()) -> Fallible<bool> {
        Ok(self.cancelable)
    }

    fn prevent_default(&self, _: &()) -> Fallible<()> {
        self.prevented.set(self.cancelable);
        Ok(())
    }

    fn default_prevented(&self, _: &()) -> Fallible<bool> {
        Ok(self.prevented.get())
    }
}

#[derive(Debug)]
struct NativeCustomEvent {
    event: NativeEvent,
    detail: Value,
}

impl Inherits<NativeEvent> for NativeCustomEvent {
    fn parent(&self) -> &NativeEvent {
        &self.event
    }
}

impl CustomEventMethods<Native> for NativeCustomEvent {
    fn constructor(realm: &(), type_: DomString, init: CustomEventInit<Native>) -> Fallible<Self> {
        let event = NativeEvent::constructor(realm, type_, init.parent)?;
        Ok(NativeCustomEvent { event, detail: init.detail })
    }

    fn detail(&self, _: &()) -> Fallible<Value> {
        Ok(self.detail.clone())
    }
}

/// A callback interface: a Rust closure.
#[derive(Clone)]
struct Listener(Rc<Closure>);

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}

impl EventListenerCallback<Native> for Listener {
    fn handle_event(&self, _: &(), _: &Value, event: Rc<NativeEvent>) -> Fallible<()> {
        (self.0)(&event)
    }
}

/// A listener with its type, and whether it is called once.
type Registered = (DomString, Listener, bool);

#[derive(Debug, Default)]
struct NativeEventTarget {
    listeners: RefCell<Vec<Registered>>,
}

impl EventTargetMethods<Native> for NativeEventTarget {
    fn constructor(_: &()) -> Fallible<Self> {
        Ok(NativeEventTarget::default())
    }

    fn add_event_listener(
        &self,
        _: &(),
        type_: DomString,
        callback: Option<Listener>,
        options: AddEventListenerOptionsOrBoolean,
    ) -> Fallible<()> {
        let once = match options {
            AddEventListenerOptionsOrBoolean::AddEventListenerOptions(options) => options.once,
            AddEventListenerOptionsOrBoolean::Boolean(_) => false,
        };
        self.listeners.borrow_mut().extend(callback.map(|callback| (type_, callback, once)));
        Ok(())
    }

    fn remove_event_listener(
        &self,
        _: &(),
        type_: DomString,
        callback: Option<Listener>,
        _: EventListenerOptionsOrBoolean,
    ) -> Fallible<()> {
        let Some(callback) = callback else { return Ok(()) };
        let same = |known: &Registered| known.0 == type_ && Rc::ptr_eq(&known.1.0, &callback.0);
        self.listeners.borrow_mut().retain(|known| !same(known));
        Ok(())
    }

    fn dispatch_event(&self, realm: &(), event: Rc<NativeEvent>) -> Fallible<bool> {
        let type_ = event.type_(realm)?;
        let called: Vec<Registered> =
            self.listeners.borrow().iter().filter(|known| known.0 == type_).cloned().collect();
        self.listeners.borrow_mut().retain(|(of, _, once)| *of != type_ || !once);
        for (_, listener, _) in called {
            listener.handle_event(realm, &Value::Null, Rc::clone(&event))?;
        }
        Ok(!event.default_prevented(realm)?)
    }
}

#[derive(Debug)]
struct NativeHeaders(RefCell<Vec<(ByteString, ByteString)>>);

impl HeadersMethods<Native> for NativeHeaders {
    fn constructor(realm: &(), init: Option<HeadersInit>) -> Fallible<Self> {
        let headers = NativeHeaders(RefCell::default());
        match init {
            Some(HeadersInit::ByteStringByteStringRecord(record)) => {
                for (name, value) in record {
                    headers.append(realm, name, value)?;
                }
            }
            Some(HeadersInit::ByteStringSequenceSequence(pairs)) => {
                for pair in pairs {
                    let [name, value] =
                        <[ByteString; 2]>::try_from(pair).map_err(|_| "TypeError: no pair")?;
                    headers.append(realm, name, value)?;
                }
            }
            None => {}
        }
        Ok(headers)
    }

    fn append(&self, _: &(), name: ByteString, value: ByteString) -> Fallible<()> {
        if !name.0.iter().all(u8::is_ascii_graphic) {
            return Err("TypeError: not a header name");
        }
        self.0.borrow_mut().push((ByteString(name.0.to_ascii_lowercase()), value));
        Ok(())
    }

    fn delete(&self, _: &(), name: ByteString) -> Fallible<()> {
        self.0.borrow_mut().retain(|(known, _)| !known.0.eq_ignore_ascii_case(&name.0));
        Ok(())
    }

    fn get(&self, _: &(), name: ByteString) -> Fallible<Option<ByteString>> {
        let headers = self.0.borrow();
        let mut values = headers.iter().filter(|(known, _)| known.0.eq_ignore_ascii_case(&name.0));
        let Some((_, first)) = values.next() else { return Ok(None) };
        Ok(Some(
            values.fold(first.clone(), |all, (_, next)| ByteString([&all.0[..], b", ", &next.0].concat())),
        ))
    }

    fn get_set_cookie(&self, _: &()) -> Fallible<Vec<ByteString>> {
        let headers = self.0.borrow();
        let cookies = headers.iter().filter(|(name, _)| name.0 == b"set-cookie");
        Ok(cookies.map(|(_, value)| value.clone()).collect())
    }

    fn has(&self, realm: &(), name: ByteString) -> Fallible<bool> {
        Ok(self.get(realm, name)?.is_some())
    }

    fn set(&self, realm: &(), name: ByteString, value: ByteString) -> Fallible<()> {
        self.delete(realm, name.clone())?;
        self.append(realm, name, value)
    }

    fn pair_at(&self, _: &(), index: usize) -> Fallible<Option<(ByteString, ByteString)>> {
        Ok(self.0.borrow().get(index).cloned())
    }
}

/// A callback function: a Rust function.
#[derive(Clone, Debug)]
struct Function(fn(&[Value]) -> Value);

impl FunctionCallback<Native> for Function {
    fn call(&self, _: &(), _: &Value, arguments: Vec<Value>) -> Fallible<Value> {
        Ok((self.0)(&arguments))
    }
}

#[derive(Debug)]
struct NativeStrategy(f64);

impl CountQueuingStrategyMethods<Native> for NativeStrategy {
    fn constructor(_: &(), init: QueuingStrategyInit) -> Fallible<Self> {
        Ok(NativeStrategy(init.high_water_mark))
    }

    fn high_water_mark(&self, _: &()) -> Fallible<f64> {
        Ok(self.0)
    }

    fn size(&self, _: &()) -> Fallible<Function> {
        Ok(Function(|_| Value::Number(1.0)))
    }
}

/// What an engine's glue is written as: generic over the world, it knows the traits alone.
fn dispatch_named<E: World>(
    realm: &E::Realm,
    target: &E::EventTarget,
    name: &str,
    event: impl FnOnce(E::Event) -> E::Root<E::Event>,
) -> Result<bool, E::Thrown> {
    let init = EventInit { cancelable: true, ..EventInit::default() };
    target.dispatch_event(realm, event(E::Event::constructor(realm, DomString::from(name), init)?))
}

#[test]
fn events_reach_native_listeners_with_the_defaults_of_the_idl() {
    let target = NativeEventTarget::constructor(&()).unwrap();
    let seen = Rc::new(Cell::new(0));
    let counted = Rc::clone(&seen);
    let listener = Listener(Rc::new(move |event| {
        counted.set(counted.get() + 1);
        event.prevent_default(&())
    }));
    let once = AddEventListenerOptions { once: true, ..AddEventListenerOptions::default() };
    assert!(!once.capture, "the default of the inherited dictionary");
    let options = AddEventListenerOptionsOrBoolean::AddEventListenerOptions(once);
    target.add_event_listener(&(), "ping".into(), Some(listener), options).unwrap();

    assert_eq!(dispatch_named::<Native>(&(), &target, "pong", Rc::new), Ok(true));
    assert_eq!(dispatch_named::<Native>(&(), &target, "ping", Rc::new), Ok(false), "prevented");
    assert_eq!(dispatch_named::<Native>(&(), &target, "ping", Rc::new), Ok(true), "called once");
    assert_eq!(seen.get(), 1);
}

#[test]
fn an_inherited_interface_is_a_part_of_the_object() {
    let init = CustomEventInit { detail: Value::Number(4.0), ..CustomEventInit::<Native>::default() };
    let event = NativeCustomEvent::constructor(&(), "built".into(), init).unwrap();
    assert_eq!(event.detail(&()), Ok(Value::Number(4.0)));
    assert_eq!(event.parent().type_(&()).unwrap().to_string(), "built");
    assert_eq!(CustomEventInit::<Native>::default().detail, Value::Null, "the default of the IDL");
}

#[test]
fn unions_records_and_exceptions_are_plain_rust() {
    let record = vec![("Accept".into(), "text/html".into()), ("ACCEPT".into(), "*/*".into())];
    let init = HeadersInit::ByteStringByteStringRecord(record);
    let headers = NativeHeaders::constructor(&(), Some(init)).unwrap();
    assert_eq!(headers.get(&(), "accept".into()), Ok(Some("text/html, */*".into())));
    assert_eq!(headers.pair_at(&(), 1), Ok(Some(("accept".into(), "*/*".into()))));
    assert_eq!(headers.append(&(), "not a name".into(), "".into()), Err("TypeError: not a header name"));
    let strategy = NativeStrategy::constructor(&(), QueuingStrategyInit { high_water_mark: 3.0 }).unwrap();
    let size = strategy.size(&()).unwrap();
    assert_eq!(size.call(&(), &Value::Null, Vec::new()), Ok(Value::Number(1.0)));
}

#[test]
fn strings_keep_what_utf_8_cannot() {
    let lone = DomString::from_units(vec![0x61, 0xD800]);
    assert_eq!(lone.units(), [0x61, 0xD800]);
    assert_eq!(lone.to_string(), "a\u{FFFD}");
}
