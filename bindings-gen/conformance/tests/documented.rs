//! The example of `bindings-gen/docs/interface.md`.

mod world;

use crate::world::world;

#[test]
fn the_greeter_greets() {
    world(false).check(
        "
        var g = new Greeter('Ada') ==> undefined
        g.greet() ==> Hello, Ada.
        g.greet({ word: 'Good morning', loud: true }) ==> Good morning, Ada!
        g.name = 'Grace' ==> Grace
        g.greet({ loud: 1 }) ==> Hello, Grace!
        new Greeter() ==> threw TypeError: at least 1 argument required, but only 0 passed
        g.greet(1) ==> threw TypeError: options: the value is not an object, as a Greeting must be
        Greeter.prototype.greet.call({}) ==> threw TypeError: illegal invocation: this is not an object of interface Greeter
        Greeter.length + Greeter.prototype.greet.length ==> 1
        ",
    );
}
