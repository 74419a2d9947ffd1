//! What a page sees of maps, sets, lists, rare types and old constructs: each line is an expression and what it gives.

mod world;

use bgfetch_js::glue::Exposure;
use bgfetch_js::{Realm, RealmOptions};
use bindings_gen_conformance::{bindings, dom};

use self::world::world;

#[test]
fn maps_are_like_maps() {
    world(false).check(
        "
        var m = new Scores() ==> undefined
        m.set('a', '1') === m && m.set('b', 2).size ==> 2
        m.get('a') + ' ' + m.get('x') + ' ' + m.has('b') + m.has('c') ==> 1 undefined truefalse
        JSON.stringify([...m]) ==> [[\"a\",1],[\"b\",2]]
        [...m.keys()].join() + [...m.values()].join() ==> a,b1,2
        Scores.prototype[Symbol.iterator] === Scores.prototype.entries ==> true
        Object.getPrototypeOf(m.entries()) === Object.getPrototypeOf(new Map().entries()) ==> true
        var seen = []; m.forEach(function (v, k, o) { seen.push(k + v + (o === m) + this) }, 7); seen.join() ==> a1true7,b2true7
        m.forEach({}) ==> threw TypeError: the value is not a function
        m.delete('a') + ' ' + m.delete('a') + ' ' + m.size ==> true false 1
        m.set('n', NaN) ==> threw TypeError: value: the value is not a finite number
        m.clear() + ' ' + m.size ==> undefined 0
        m.set(-0, -0); Object.is([...m.values()][0], -0) + [...m.keys()][0] ==> true0
        m.fill(); m.look() ==> [(\"two\", 2.0)] Some(2.0) 1 false
        var it = m.set('three', 3).keys(); it.next(); m.delete('three'); m.set('four', 4); it.next().value ==> four
        Map.prototype.get = () => 'patched'; m.get('two') ==> 2
        Object.getOwnPropertyDescriptor(Scores.prototype, 'size').get.name ==> get size
        [Scores.prototype.set.length, Scores.prototype.get.length, Scores.prototype.clear.length].join() ==> 2,1,0
        Scores.prototype.get.call({}, 'a') ==> threw TypeError: illegal invocation: this is not an object of interface Scores
        var r = new Marks() ==> undefined
        ['set', 'delete', 'clear'].map(n => n in r).join() ==> false,false,false
        r.note(3); (r.get('3') === r) + ' ' + r.get(65539).size ==> true 1
        Object.prototype.toString.call(m) ==> [object Scores]
        ",
    );
}

#[test]
fn sets_are_like_sets() {
    world(false).check(
        "
        var s = new Tags() ==> undefined
        s.add('x') === s && s.add('x').add('y').size ==> 2
        [...s].join() + s.has('x') + s.has('z') ==> x,ytruefalse
        Tags.prototype.keys === Tags.prototype.values && Tags.prototype.values === Tags.prototype[Symbol.iterator] ==> true
        Tags.prototype.keys.name ==> values
        JSON.stringify([...s.entries()]) ==> [[\"x\",\"x\"],[\"y\",\"y\"]]
        Object.getPrototypeOf(s.values()) === Object.getPrototypeOf(new Set().values()) ==> true
        s.delete('x') + ' ' + s.delete('x') ==> true false
        s.clear(); s.fill(); var seen = []; s.forEach((v, k, o) => seen.push(v + k + (o === s))); seen.join() ==> firstfirsttrue,secondsecondtrue
        s.add('\\uD800').has('\\uFFFD') ==> true
        var o = new OwnTags() ==> undefined
        o.add(2) === o && [...o].join() ==> 4
        o.add() ==> threw TypeError: at least 1 argument required, but only 0 passed
        o.has(4) + ' ' + o.delete(4) + ' ' + o.size ==> true true 0
        ",
    );
}

#[test]
fn observable_arrays_are_like_arrays() {
    world(false).check(
        "
        var s = new Shelf() ==> undefined
        var list = s.numbers; list === s.numbers && Array.isArray(list) ==> true
        list.push(1, '2'); list.length + list.join() ==> 21,2
        s.log ==> +0=1 +1=2
        list[0] = 300; list.join() + s.log ==> 44,2-0=1 +0=44
        s.numbers = new Set([5, 6, 7]); list.join() ==> 5,6,7
        s.log ==> -1=2 -0=44 +0=5 +1=6 +2=7
        list.length = 1; list.join() + s.log ==> 5-2=7 -1=6
        (() => { 'use strict'; list.length = 9 })() ==> threw TypeError: proxy: cannot set property
        (() => { 'use strict'; list[3] = 9 })() ==> threw TypeError: proxy: cannot set property
        list.length = 1.5 ==> threw RangeError: this is not the length of an array
        list[1] = 13 ==> threw RangeError: thirteen
        s.numbers = 5 ==> threw TypeError: the value is not iterable
        list.length ==> 1
        JSON.stringify(Object.getOwnPropertyDescriptor(list, '0')) ==> {\"value\":5,\"writable\":true,\"enumerable\":true,\"configurable\":true}
        JSON.stringify(Object.getOwnPropertyDescriptor(list, 'length')) ==> {\"value\":1,\"writable\":true,\"enumerable\":false,\"configurable\":false}
        Reflect.defineProperty(list, '0', { get() {} }) + ' ' + Reflect.defineProperty(list, '0', { writable: false }) ==> false false
        Reflect.defineProperty(list, '0', { value: 8 }) + ' ' + list[0] ==> true 8
        Reflect.defineProperty(list, 'length', { enumerable: true }) + ' ' + Reflect.preventExtensions(list) ==> false false
        Object.freeze(list) ==> threw TypeError: proxy preventExtensions handler returned false
        list.extra = 1; Reflect.ownKeys(list).join() + ('extra' in list) + (1 in list) ==> 0,length,extratruefalse
        delete list[0]; list.length + ' ' + delete list.length ==> 0 false
        s.numbers.push(1, 2, 3); s.reset(); list.join() ==> 3,2,1
        [...list].concat(list).length ==> 6
        s.tags.push(new Tags()); s.count() ==> 1
        s.tags.push({}) ==> threw TypeError: the value does not implement interface Tags
        [s.tags.length, s.count(), new Shelf().count()].join() ==> 1,1,0
        Object.getOwnPropertyDescriptor(Shelf.prototype, 'numbers').get.call({}) ==> threw TypeError: illegal invocation: this is not an object of interface Shelf
        ",
    );
}

#[test]
fn values_of_rare_types() {
    world(false).check(
        "
        var v = new Values() ==> undefined
        typeof v.whole(5n) + v.whole('12') + v.whole(true) + v.whole({ valueOf: () => 7n }) ==> bigint1217
        v.whole(5) ==> threw TypeError: value: the value cannot be converted to a BigInt
        Object.getOwnPropertyDescriptor(Values, 'MANY').writable + ' ' + Values.MANY + ' ' + typeof Values.prototype.MANY ==> false 9007199254740993 bigint
        v.most() + ' ' + v.most(1n) ==> -170141183460469231731687303715884105727 1
        v.nothing() ==> undefined
        v.maybe() ==> undefined
        v.maybe('a') ==> a
        v.changes({ flag: 1 }).id + ' ' + v.changes().flag + ' ' + v.changes().data ==> 1 false undefined
        v.whole('x') ==> threw SyntaxError: invalid BigInt literal
        v.mark(Symbol.iterator) === Symbol.iterator ==> true
        v.mark('x') ==> threw TypeError: value: the value is not a symbol
        typeof v.either(1n) + typeof v.either(1) + typeof v.either('1') + typeof v.either({ valueOf: () => 1n }) ==> bigintnumbernumberbigint
        var count = 0; v.either({ [Symbol.toPrimitive](hint) { count++; return hint === 'number' ? 4 : 5 } }) + count ==> 5
        v.huge(-1) ==> 18446744073709552000
        v.huge(2 ** 64 + 4096) + v.huge(-(2 ** 64)) ==> 4096
        ",
    );
}

#[test]
fn one_property_under_several_names() {
    world(false).check(
        "
        var m = new Margins(); m['margin-top'] = '1px' ==> 1px
        m.marginTop + (m.marginTop = 2) + m['margin-top'] ==> 1px22
        Object.keys(Margins.prototype).sort().join() ==> margin-top,marginTop
        ",
    );
}

#[test]
fn dictionaries_of_their_own_kind() {
    world(false).check(
        "
        var r = new Router(); JSON.stringify(r.add({ not: { or: [{ method: 'GET' }, { not: {} }] } })) ==> {\"not\":{\"or\":[{\"method\":\"GET\"},{\"not\":{}}]}}
        var own = {}; own.not = own; r.add(own) ==> threw RangeError: dictionaries are nested too deeply
        own = { or: [] }; own.or.push(own); r.add(own) ==> threw RangeError: dictionaries are nested too deeply
        r.add({ not: 5 }) ==> threw TypeError: condition: not: the value is not an object, as a Condition must be
        ",
    );
}

#[test]
fn old_constructs() {
    world(false).check(
        "
        var p = new Picture(7); p.width + p.name + (p instanceof PictureElement) ==> 7nonetrue
        new Picture().width + new Picture(1, 'x').name ==> 300x
        Picture() ==> threw TypeError: must be called with new
        new PictureElement() ==> threw TypeError: illegal constructor
        Picture.prototype === PictureElement.prototype && Picture.name + Picture.length ==> Picture0
        PictureElement.prototype.constructor === PictureElement ==> true
        JSON.stringify(Object.getOwnPropertyDescriptor(Picture, 'prototype'), ['writable', 'enumerable', 'configurable']) ==> {\"writable\":false,\"enumerable\":false,\"configurable\":false}
        class Sub extends Picture {} new Sub(3) instanceof Sub && new Sub(3).width ==> 3
        'Memory' in self || new Assembly.Memory() instanceof Assembly.Memory ==> true
        Object.prototype.toString.call(new Assembly.Memory()) + Assembly.Memory.name ==> [object Assembly.Memory]Memory
        Filter.ACCEPT + Filter.REJECT + typeof Filter + Filter.length + Filter.name ==> 3function0Filter
        new Filter() ==> threw TypeError: illegal constructor
        Filter() ==> threw TypeError: must be called with new
        'prototype' in Filter ==> false
        var f = new Filters() ==> undefined
        f.apply(n => n.length) + f.apply({ acceptNode: n => n === 'node' }) ==> 5
        f.handler + ' ' + f.run() ==> null null
        f.handler = 5; f.handler ==> null
        f.handler = {}; typeof f.handler + f.run() ==> objectundefined
        f.handler = (...a) => JSON.stringify(a); f.run(1, 2) + f.run() + f.run(1) + f.run(undefined, 2) ==> [\"event\",1,2][\"event\"][\"event\",1][\"event\",null,2]
        'Nameless' in self || Object.prototype.toString.call(new Maker().make()) ==> [object Nameless]
        Object.hasOwn(Object.getPrototypeOf(new Maker().make()), 'constructor') ==> false
        ",
    );
}

#[test]
fn inherited_and_static_attributes() {
    world(false).check(
        "
        var d = new Derived() ==> undefined
        d.name = 'given'; d.name + Object.getOwnPropertyDescriptor(Base.prototype, 'name').get.call(d) ==> givengiven
        typeof Object.getOwnPropertyDescriptor(Base.prototype, 'name').set + typeof Object.getOwnPropertyDescriptor(Derived.prototype, 'name').set ==> undefinedfunction
        Derived.count = '8'; Derived.count ==> 8
        [Derived.YES, Derived.NOTHING, 'precise' in d].join() ==> true,NaN,false
        d.other = 'forwarded'; d.name ==> forwarded
        d.answer = 7; d.answer + typeof Object.getOwnPropertyDescriptor(d, 'answer').value ==> 7number
        var e = Object.preventExtensions(new Derived()); e.answer = 7 ==> threw TypeError: object is not extensible
        ",
    );
}

#[test]
fn indices_and_names_that_a_page_sets() {
    world(false).check(
        "
        var i = new Indexed(2) ==> undefined
        i[0] = '5'; i[2] = 7; [i[0], i[1], i[2], i[3], Object.keys(i)].join() ==> 5,0,7,,0,1,2
        Object.getOwnPropertyDescriptor(i, 0).writable ==> true
        Object.defineProperty(i, '1', { value: 9 }); i[1] ==> 9
        Object.defineProperty(i, '1', { get() {} }) ==> threw TypeError: an indexed property of this object cannot be an accessor
        Object.preventExtensions(i) ==> threw TypeError: this object cannot be made non-extensible
        Reflect.preventExtensions(i) + ' ' + Object.isExtensible(i) ==> false true
        i.late = 1; i[Symbol.for('s')] = 2; i.later = 3; Reflect.ownKeys(i).map(String).join() ==> 0,1,2,late,later,Symbol(s)
        Object.getOwnPropertyNames(Object.create(i)).length + [...'01'].map(k => Object.create(i)[k]).join() ==> 05,9
        var ni = new NamedIndexed(); ni[0] = 5; ni[1] = '6'; Reflect.ownKeys(ni) + ' ' + ni[1] + ni.sum ==> 0,1,sum 6the sum
        (() => { 'use strict'; ni.sum = 1 })() ==> threw TypeError: this property cannot be set
        [Symbol.iterator in ni, Object.hasOwn(NamedIndexed.prototype, Symbol.iterator)].join() ==> true,false
        var o = new Overriding() ==> undefined
        o.method = 'mine'; o.method + delete o.method + typeof o.method ==> minetruefunction
        o.sticky = 1; Reflect.deleteProperty(o, 'sticky') + o.sticky ==> false1
        (() => { 'use strict'; delete o.sticky })() ==> threw TypeError: could not delete property
        o[5] = 'five'; Object.keys(o).join() ==> 5,sticky
        var n = new Named() ==> undefined
        n.visible + n[7] + typeof n.toString ==> the visiblethe 7function
        n.visible = 1; n.visible ==> the visible
        (() => { 'use strict'; n.visible = 1 })() ==> threw TypeError: this property cannot be set
        Object.defineProperty(n, 'visible', { value: 1 }) ==> threw TypeError: a named property of this object cannot be set
        n.extra = 1; Reflect.ownKeys(n).join() ==> visible,7,extra
        ['visible' in n, delete n.visible, delete n.extra, delete n.extra].join() ==> true,false,true,true
        Object.defineProperty(n, 'x', { get: () => 4, configurable: true }); n.x = 9; n.x ==> 4
        (() => { 'use strict'; n.x = 9 })() ==> threw TypeError: this property has no setter
        Object.defineProperty(n, 'y', { value: 1 }); n.y = 2; n.y + Reflect.set(n, 'y', 2) ==> 1
        var to = {}; Reflect.set(n, 'fresh', 3, to) + ' ' + to.fresh + n.fresh ==> true 3undefined
        class Secret extends Named { #hidden = 1; get hidden() { return this.#hidden } } new Secret().hidden ==> 1
        ",
    );
}

#[test]
fn overloads_convert_in_order() {
    world(false).check(
        "
        var s = new Socket(); s.send('a', [1, 2]) + '; ' + s.send('a', '5') ==> a data [1, 2]; a number 5
        var log = []; var to = { toString() { log.push('to'); return 'b' } }; var data = { get [Symbol.iterator]() { log.push('iterator'); return [][Symbol.iterator].bind([3]) } } ==> undefined
        s.send(to, data) + log.join() ==> b data [3]to,iterator
        log = []; s.send({ toString() { throw 'first' } }, data) ==> threw first
        log.length ==> 0
        ",
    );
}

#[test]
fn asynchronous_pairs() {
    let world = world(false);
    world.check(
        "
        Directory.prototype.entries === Directory.prototype[Symbol.asyncIterator] ==> true
        Object.keys(Object.getPrototypeOf(new Directory().keys())).join() ==> next
        ",
    );
    world.logged("(async () => { for await (const x of new Directory()) log(x) })()", r#"["a",0] ["b",1]"#);
    world.logged(
        "(async () => { for await (const x of new Directory().keys()) log(x); for await (const x of new Directory().values()) log(x) })()",
        "a b 0 1",
    );
}

#[test]
fn globals_keep_their_prototypes() {
    world(false).check(
        "
        Object.setPrototypeOf(globalThis, {}) ==> threw TypeError: the prototype of this object cannot be changed
        Reflect.setPrototypeOf(globalThis, {}) + ' ' + Reflect.setPrototypeOf(Window.prototype, null) ==> false false
        globalThis.__proto__ = {} ==> threw TypeError: the prototype of this object cannot be changed
        Object.setPrototypeOf(EventTarget.prototype, Object.prototype) === EventTarget.prototype ==> true
        Object.setPrototypeOf(Scores.prototype, null) === Scores.prototype ==> true
        Object.setPrototypeOf(5, {}) + Object.setPrototypeOf.length + Object.setPrototypeOf.name ==> 7setPrototypeOf
        Object.setPrototypeOf(null, {}) ==> threw TypeError: not an object
        Object.setPrototypeOf.toString().includes('[native code]') ==> true
        Error.isError(new TypeError()) + ' ' + Error.isError({}) ==> true false
        Object.isFrozen(Object.freeze({ a: 1 })) && Object.isSealed(Object.seal([1])) ==> true
        ",
    );
}

#[test]
fn objects_are_of_the_realm_of_their_constructor() {
    let world = world(false);
    let other = Realm::new(RealmOptions { exposure: Exposure::WINDOW, ..RealmOptions::default() });
    let other = other.expect("there is memory");
    other.wrap_global(dom::Window::default()).expect("there is memory");
    other.install(bindings::INTERFACES, bindings::NAMESPACES).expect("there is memory");
    world.realm.global().create(&world.realm, "other", other.global().as_value()).expect("a free name");
    world.check(
        "
        var T = new other.Function(); T.prototype = null; var o = Reflect.construct(Numbers, [4], T); o.start ==> 4
        Object.getPrototypeOf(o) === other.Numbers.prototype ==> true
        var bound = Function.prototype.bind.call(T); Object.getPrototypeOf(Reflect.construct(Numbers, [], bound)) === other.Numbers.prototype ==> true
        var gets = 0; var P = new Proxy(function () {}, { get(t, k) { gets++; return k === 'prototype' ? 5 : t[k] } }); Object.getPrototypeOf(Reflect.construct(Numbers, [], P)) === Numbers.prototype && gets ==> 1
        var order = []; var N = new Proxy(function () {}, { get(t, k) { order.push(k); return t[k] } }); Reflect.construct(Numbers, [{ valueOf() { order.push('argument'); return 1 } }], N); order.join() ==> argument,prototype
        try { other.Numbers.prototype.sum.call({}) } catch (e) { e instanceof other.TypeError } ==> true
        other.Numbers.prototype.sum.call(new Numbers(), 1, 2) ==> 3
        try { new other.Numbers.prototype.sum() } catch (e) { e.name } ==> TypeError
        Object.setPrototypeOf(other, null) ==> threw TypeError: the prototype of this object cannot be changed
        delete globalThis.other ==> true
        ",
    );
}
