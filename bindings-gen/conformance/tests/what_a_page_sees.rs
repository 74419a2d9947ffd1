//! What a page sees of generated interfaces: each line is an expression and what it gives.

mod world;

use self::world::world;

#[test]
fn numbers_are_converted_as_their_types_say() {
    world(false).check(
        "
        var n = new Numbers() ==> undefined
        n.start ==> 42
        new Numbers(3).start ==> 3
        new Numbers(undefined, 1.9).start ==> 43
        n.toByte(200) ==> -56
        n.toByte('0x10') ==> 16
        n.toOctet(-1) ==> 255
        n.toOctet(NaN) ==> 0
        n.toShort(40000) ==> -25536
        n.toUnsignedLong(-1) ==> 4294967295
        n.toUnsignedLong(2 ** 32 + 5) ==> 5
        n.toLongLong(-(2 ** 40)) ==> -1099511627776
        n.enforced(255.9) ==> 255
        n.enforced(256) ==> threw TypeError: v: the value 256 is outside the range of an octet: 0 to 255
        n.enforced(Infinity) ==> threw TypeError: v: the value inf is not a finite number, as an octet must be
        n.clamped(300) ==> 255
        n.clamped(1.5) ==> 2
        n.clamped(2.5) ==> 2
        n.allClamped([300, -5, 1.5]).join() ==> 255,0,2
        n.finite(NaN) ==> threw TypeError: v: the value is not a finite number
        n.any(NaN) ==> NaN
        n.sum(1, 2, 3) ==> 6
        n.sum(1) ==> 1
        n.sum() ==> threw TypeError: at least 1 argument required, but only 0 passed
        n.defaulted() ==> 7
        n.defaulted(undefined) ==> 7
        n.defaulted(null) ==> 0
        n.missing() + n.missing(undefined) + n.missing(0) ==> missingmissing0
        n.toByte(Symbol()) ==> threw TypeError: cannot convert symbol to number
        Numbers.of(8).start ==> 8
        Numbers.of.call(null, 8).start ==> 8
        Numbers.unit ==> apples
        'unit' in n ==> false
        Numbers.MANY + n.MANY + Numbers.NEGATIVE ==> 1999
        Object.getOwnPropertyDescriptor(Numbers, 'MANY').writable ==> false
        [n.sum.length, n.sum.name, Numbers.length, n.defaulted.length].join() ==> 1,sum,0,0
        ",
    );
}

#[test]
fn strings_and_enumerations() {
    world(false).check(
        r"
        var s = new Strings() ==> undefined
        s.dom('a\uD800b').charCodeAt(1).toString(16) ==> d800
        s.usv('a\uD800b').charCodeAt(1).toString(16) ==> fffd
        s.dom(null) + s.dom(undefined) + s.dom(1) ==> nullundefined1
        s.bytes('a\u00ff').length ==> 2
        s.bytes('\u0100') ==> threw TypeError: v: the string has the code unit U+0100: a ByteString has none above U+00FF
        s.emptied(null) + '|' + s.emptied(undefined) ==> |undefined
        String(s.nullable(null)) + s.nullable('x') + s.nullable(undefined) ==> nullxnull
        s.mood('very-sad') + s.mood('') ==> very-sad
        s.mood('furious') ==> threw TypeError: mood: \x22furious\x22 is not a value of the enumeration Mood
        s.current = 'happy'; s.current ==> happy
        s.current = 'furious'; s.current ==> happy
        s.current = { toString() { return 'very-sad' } }; s.current ==> very-sad
        s.text = null; s.text === '' ==> true
        s.label = 'tag'; String(s) + s.toString() ==> tagtag
        Strings.prototype.toString.call({}) ==> threw TypeError: illegal invocation: this is not an object of interface Strings
        "
        .replace(r"\x22", "\"")
        .as_str(),
    );
}

#[test]
fn dictionaries_are_read_in_order() {
    let world = world(false);
    world.check(
        "
        var d = new Dictionaries() ==> undefined
        d.read({ name: 'n' }) ==> a happy false | n 1 [] None none null None
        d.read({ name: 'n', width: '7', marks: new Set([1, 2]), size: 3, extra: 'e', clamped: 999, zebra: 1, mood: '' }) ==> a  true | n 7 [1, 2] None long 3 e Some(255)
        d.read({ name: 'n', size: 'big', sizes: { x: 1, y: '2' } }) ==> a happy false | n 1 [] Some([(\"x\", 1), (\"y\", 2)]) string big null None
        d.read({}) ==> threw TypeError: options: the member name of Options is required and missing
        d.read() ==> threw TypeError: at least 1 argument required, but only 0 passed
        d.read(5) ==> threw TypeError: options: the value is not an object, as a Options must be
        d.read({ name: 'n', marks: 5 }) ==> threw TypeError: options: marks: the value is not iterable
        d.read({ name: 'n', mood: 'x' }) ==> threw TypeError: options: mood: \"x\" is not a value of the enumeration Mood
        d.soft() + d.soft(null) + d.soft(undefined) + d.soft({ alpha: 'z' }) ==> aaaz
        JSON.stringify(d.echo({ name: 'n', sizes: { q: 1 } })) ==> {\"alpha\":\"a\",\"mood\":\"happy\",\"zebra\":false,\"extra\":null,\"marks\":[],\"name\":\"n\",\"sizes\":{\"q\":1},\"width\":1}
        ",
    );
    world.run(
        "var seen = []; var spy = new Proxy({ name: 'n' }, { get(t, k) { seen.push(k); return t[k] } })",
    );
    world.check("d.read(spy), seen.join() ==> alpha,mood,zebra,clamped,extra,marks,name,size,sizes,width");
}

#[test]
fn unions_take_the_member_that_the_value_is_for() {
    let world = world(false);
    world.check(
        "
        var u = new Unions() ==> undefined
        u.which(null) + u.which(undefined) ==> nullnull
        u.which(new Numbers(4)) ==> numbers 4
        u.which(['a', 1]) ==> sequence [\"a\", \"1\"]
        u.which({ a: 1 }) ==> record [(\"a\", 1)]
        u.which(true) ==> boolean true
        u.which(1.5) ==> double 1.5
        u.which('x') ==> string x
        u.which(NaN) ==> threw TypeError: v: the value is not a finite number
        u.which(new Strings()) ==> record []
        u.which() ==> threw TypeError: at least 1 argument required, but only 0 passed
        u.data(new Uint8Array([1, 2])) + u.data(new ArrayBuffer(1)) + u.data('s') ==> [1, 2][0]s
        u.data(new DataView(new ArrayBuffer(3), 1)) ==> [0, 0]
        u.data({}) ==> [object Object]
        u.callable((a, b) => 'called with ' + a + (b === undefined)) ==> called with 7true
        u.callable({ alpha: 'dict' }) + u.callable(null) ==> dicta
        u.callable(5) ==> threw TypeError: v: the value is of none of the types that are accepted here
        u.callable(() => { throw 'inside' }) ==> threw inside
        u.maybe(true).start + String(u.maybe(false)) ==> 5undefined
        ",
    );
    world
        .run("var count = 0; var list = { get [Symbol.iterator]() { count++; return [][Symbol.iterator] } }");
    world.check("new Unions().which(list) + count ==> sequence []1");
}

#[test]
fn overloads_are_resolved_by_count_and_type() {
    world(false).check(
        "
        var o = new Overloads() ==> undefined
        new Overloads('named').made + new Overloads(new Numbers(4), 5).made ==> named9
        new Overloads({}, 5) ==> threw TypeError: numbers: the value does not implement interface Numbers
        Overloads.length ==> 0
        o.pick('12') ==> long 12
        o.pick([1, 2]) ==> sequence [1, 2] None
        o.pick([1, 2], 1) ==> sequence [1, 2] Some(true)
        o.pick('a', 2) ==> string a 2
        o.pick(new Numbers(6), 2) ==> numbers 6 2
        o.pick({}, 2) ==> string [object Object] 2
        o.pick() ==> threw TypeError: at least 1 argument required, but only 0 passed
        o.pick(1, 2, 3, 4) ==> string 1 2
        o.pick.length ==> 1
        o.send(1) + '; ' + o.send(1, undefined) + '; ' + o.send(1, null) ==> options a; options a; options a
        o.send(1, []) + '; ' + o.send(1, [{}, {}]) + '; ' + o.send(1, { alpha: 'z' }) ==> transfer 0; transfer 2; options z
        o.send(1, 5) ==> threw TypeError: the value is of none of the types that are accepted here
        Overloads.make('x') + Overloads.make(['x']) + Overloads.make(3) ==> string xsequence 1string 3
        ",
    );
}

#[test]
fn attributes_do_what_their_extended_attributes_say() {
    let world = world(false);
    world.check(
        "
        var a = new Attributes() ==> undefined
        a.strings === a.strings ==> true
        a.forwarded = 'sent on'; a.forwarded.label ==> sent on
        (() => { 'use strict'; a.lenient = 5; return a.lenient })() ==> 1
        a.careless + ' ' + Object.create(Attributes.prototype).careless ==> 4 undefined
        Object.create(Attributes.prototype).careless = 5 ==> 5
        `${a} ${a.describe()} ${Attributes.prototype.toString.name}` ==> described described toString
        (() => { 'use strict'; a.strings = 5 })() ==> threw TypeError: no setter for property
        a.list === a.list && Object.isFrozen(a.list) ==> true
        var before = a.list; a.setList([1]); [a.list === before, a.list === a.list, a.list[0]].join() ==> false,true,1
        a.number = 65537; a.number ==> 1
        a.number = Symbol() ==> threw TypeError: cannot convert symbol to number
        Object.hasOwn(a, 'trusted') && !Object.getOwnPropertyDescriptor(a, 'trusted').configurable ==> true
        'trusted' in Attributes.prototype ==> false
        Object.getOwnPropertyDescriptor(a, 'fixed').writable ==> false
        a.fixed() ==> 9
        with (a) { typeof remove } ==> undefined
        Attributes.prototype[Symbol.unscopables].remove ==> true
        ['secret' in a, 'workerOnly' in a, 'OnlySecure' in self, 'OnlyWorker' in self, 'sharedSecret' in a].join() ==> false,false,false,false,false
        a.other === null && (a.other = new Numbers(2)).start ==> 2
        a.other.start ==> 2
        a.other = 5 ==> threw TypeError: other: the value does not implement interface Numbers
        a.other = undefined; a.other ==> null
        a.sharedName + a.shout() + a.shout('ho') ==> attributeshey!ho!
        new Numbers().sharedName + new Numbers().shout() ==> numbersHEY
        Attributes.prototype.shout.call(new Numbers()) ==> threw TypeError: illegal invocation: this is not an object of interface Attributes
        Object.getOwnPropertyDescriptor(Attributes.prototype, 'number').set.name ==> set number
        Object.keys(Attributes.prototype).includes('number') ==> true
        Object.getOwnPropertyDescriptor(Attributes.prototype, 'number').get.call(null) ==> threw TypeError: illegal invocation: this is not an object of interface Attributes
        ",
    );
    super_secure();
}

fn super_secure() {
    // A runtime is per thread, and the first world of this test is still there.
    std::thread::spawn(|| {
        world(true).check(
            "['secret' in Attributes.prototype, 'workerOnly' in Attributes.prototype, 'OnlySecure' in self, 'OnlyWorker' in self, 'sharedSecret' in Attributes.prototype].join() ==> true,false,true,false,true",
        );
    })
    .join()
    .unwrap();
}

#[test]
fn the_global_object_and_event_handlers() {
    world(false).check(
        "
        self === globalThis && globalThis instanceof Window && globalThis instanceof EventTarget ==> true
        answer ==> 42
        answer = 7; answer + typeof Object.getOwnPropertyDescriptor(self, 'answer').value ==> 7number
        title = 'hello'; self.title ==> hello
        Object.hasOwn(globalThis, 'title') && !Object.getOwnPropertyDescriptor(globalThis, 'self').configurable ==> true
        onping ==> null
        var f = () => 1; onping = f; onping === f ==> true
        onping = 5; onping ==> null
        var t = new EventTarget(); t.onping = f; (t.onping === f) + String(onping) ==> truenull
        t.listen(m => heard = m, 'hi'); heard ==> hi
        t.listen({ handleMessage(m) { heard = m + (this === obj) } }, 'ho'); heard ==> threw ReferenceError: obj is not defined
        var obj = { handleMessage(m) { heard = m + (this === obj) } }; t.listen(obj, 'ho'); heard ==> hotrue
        t.listen({}, 'x') ==> threw TypeError: the property handleMessage of the listener is not a function
        t.listen(null, 'x') ==> undefined
        t.listen(5, 'x') ==> threw TypeError: listener: the value is not an object
        'Listener' in self ==> false
        tools.add(1, 2) + tools.version + typeof tools.log ==> 31.0function
        Object.prototype.toString.call(tools) ==> [object tools]
        Object.getOwnPropertyDescriptor(self, 'tools').enumerable ==> false
        OldPairs === Pairs ==> true
        new Window() ==> threw TypeError: illegal constructor
        ",
    );
}

#[test]
fn iterables_and_objects_with_indices_and_names() {
    world(false).check(
        "
        JSON.stringify([...new Pairs()]) ==> [[\"a\",1],[\"b\",2]]
        [...new Pairs().keys()].join() + [...new Pairs().values()].join() ==> a,b1,2
        var l = new List(3) ==> undefined
        [l[0], l['1'], l[3], l.length, l.item(9)].join() ==> item 0,item 1,,3,
        [...l].join() ==> item 0,item 1,item 2
        List.prototype[Symbol.iterator] === Array.prototype.values ==> true
        Array.prototype.map.call(l, x => x.length).join() ==> 6,6,6
        Object.keys(l).join() + ('2' in l) + ('3' in l) ==> 0,1,2truefalse
        l[1] = 'changed'; l[1] ==> item 1
        (() => { 'use strict'; l[1] = 'changed' })() ==> threw TypeError: this property cannot be set
        delete l[1] ==> false
        delete l[7] ==> true
        Object.defineProperty(l, '1', { value: 1 }) ==> threw TypeError: an indexed property of this object cannot be set
        l.extra = 5; l.extra + Object.keys(l).length ==> 9
        [...l.entries()].join(';') ==> 0,item 0;1,item 1;2,item 2
        var b = new Box() ==> undefined
        b.colour = 'red'; b['shape'] = 5; [b.colour, b.getItem('shape'), b.length].join() ==> red,5,2
        Object.keys(b).join() + ('colour' in b) ==> colour,shapetrue
        b[7] = 'seven'; b.getItem('7') + b[7] ==> sevenseven
        delete b.colour; b.colour + ' ' + b.length ==> undefined 2
        b.getItem = 'hidden'; typeof b.getItem + b.length ==> function3
        b.forbidden = 1 ==> threw Error: QuotaExceededError: there is no room for that
        b[Symbol.iterator] = 5; b[Symbol.iterator] ==> 5
        Object.getOwnPropertyDescriptor(b, 'shape').writable ==> true
        var derived = Object.create(b); derived.own = 1; [Object.hasOwn(derived, 'own'), b.own].join() ==> true,
        var h = new Hidden() ==> undefined
        h.treasure + Object.keys(h).length + Object.getOwnPropertyNames(h).join() ==> the treasure0treasure
        typeof h.toString + ('treasure' in h) ==> functiontrue
        JSON.stringify(new Json()) ==> {\"id\":3,\"name\":\"json\"}
        JSON.stringify(new DerivedJson()) ==> {\"id\":3,\"name\":\"json\",\"derived\":true}
        ",
    );
}

#[test]
fn buffers() {
    world(false).check(
        "
        var b = new Buffers() ==> undefined
        b.size(new ArrayBuffer(5)) + b.size(new Uint16Array(2)) + b.size(new DataView(new ArrayBuffer(4))) ==> 13
        b.size('x') ==> threw TypeError: source: the value is not an ArrayBuffer or a view on one
        b.size(new SharedArrayBuffer(1)) ==> threw TypeError: source: the value is, or is a view on, a SharedArrayBuffer, which is not allowed here
        b.view(new Float64Array(1)) ==> 8
        b.view(new ArrayBuffer(1)) ==> threw TypeError: view: the value is not an ArrayBufferView
        b.bytes(new Uint8Array(3)) ==> 3
        b.bytes(new Int8Array(3)) ==> threw TypeError: array: the value is not a Uint8Array
        b.make(300).join() + (b.make(1) instanceof Uint8Array) ==> 44,2true
        ",
    );
}

#[test]
fn an_interface_that_is_not_implemented_has_no_objects() {
    world(false).check(
        "
        new Forms().accept('x') ==> x 1
        new Forms(null).accept('x') ==> x 1
        new Forms({}) ==> threw TypeError: absent: the value is not of the interface that is expected
        new Forms().accept({}) ==> [object Object] 1
        'Absent' in self ==> false
        ",
    );
}

#[test]
fn promises_reject_where_others_throw() {
    let world = world(false);
    world.logged(
        "{ const p = new Promises();
         p.later(5).then(log);
         p.later(13).catch(log);
         p.later({ valueOf() { throw 'thrown' } }).catch(log);
         p.later().catch(log);
         Promises.prototype.later.call({}, 1).catch(log);
         Promises.soon('now').then(log);
         Promises.soon(Symbol()).catch(log);
         Object.getOwnPropertyDescriptor(Promises.prototype, 'ready').get.call({}).catch(log);
         p.ready.then(log);
         p.frozen().then(list => log(Object.isFrozen(list) + list.join())) }",
        "5 RangeError thrown TypeError TypeError now TypeError TypeError undefined true1,2",
    );
    world.check(
        "
        var p = new Promises() ==> undefined
        p.state(5) + p.state(new Promise(() => {})) + p.state(Promise.resolve()) ==> fulfilledpendingpending
        p.run(v => v + 1, 1) instanceof Promise ==> true
        p.run(() => { throw 1 }, 1) instanceof Promise ==> true
        ",
    );
    world.logged(
        "const q = new Promises(); q.run(v => v + 1, 1).then(log); q.run(() => { throw 'x' }, 1).catch(log)",
        "2 x",
    );
}

#[test]
fn asynchronous_iteration_in_both_directions() {
    let world = world(false);
    world.check(
        "
        Stream.prototype.values === Stream.prototype[Symbol.asyncIterator] ==> true
        var i = new Stream(2).values(); Object.prototype.toString.call(i) ==> [object Stream AsyncIterator]
        Object.keys(Object.getPrototypeOf(i)).join() ==> next,return
        Object.getPrototypeOf(Object.getPrototypeOf(i)) === Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype) ==> true
        Stream.prototype.values.call({}) ==> threw TypeError: illegal invocation: this is not an object of interface Stream
        ",
    );
    world.logged("(async () => { for await (const x of new Stream(3)) log(x) })()", "a0 a1 a2");
    world.logged(
        "(async () => { for await (const x of new Stream(9).values({ alpha: 'z' })) { log(x); if (x === 'z1') break } })()",
        "z0 z1",
    );
    world.logged(
        "const s = new Stream(1).values(); s.next().then(log); s.next().then(log); s.next().then(log)",
        r#"{"value":"a0","done":false} {"done":true} {"done":true}"#,
    );
    world.logged(
        "const r = new Stream(5).values(); r.next().then(log); r.return('bye').then(log); r.next().then(log); r.return('again').then(log)",
        r#"{"value":"a0","done":false} {"value":"bye","done":true} {"done":true} {"value":"again","done":true}"#,
    );
    world.logged(
        "const e = new Stream(-1).values(); e.next().catch(log); e.next().then(log); Object.getPrototypeOf(e).next.call({}).catch(log)",
        r#"TypeError RangeError {"done":true}"#,
    );
    world.logged(
        "new Sink().drain(['a', Promise.resolve('b')]).then(log);
         new Sink().drain((async function* () { yield 'x'; yield 'y' })()).then(log);
         new Sink().drain(5).catch(log);
         new Sink().drain({ [Symbol.iterator]: () => ({ next: () => 5 }) }).catch(log)",
        "TypeError TypeError ab xy",
    );
    world.logged(
        "new Sink().drain((async function* () { try { yield 'a'; yield 'stop' } finally { log('closed') } })()).then(log)",
        "astopped closed",
    );
}
